//! Scenarios that need a process of their own. The argument names one; the tests know what it is to print.

use std::env;

mod crash;
#[cfg(unix)]
mod elision;
mod exit;
mod setup;
mod stop;

type Scenario = fn();

const SCENARIOS: &[(&str, Scenario)] = &[
    ("crash-panics", crash::panics_everywhere),
    ("crash-poller", crash::loses_its_poller),
    #[cfg(unix)]
    ("elision", elision::submits_to_a_busy_and_a_sleeping_loop),
    ("exit-idle", exit::returns_with_an_idle_reactor),
    ("exit-without-setup", exit::returns_without_a_reactor),
    ("exit-pending", exit::returns_with_pending_operations),
    ("exit-blocked", exit::returns_with_a_blocked_operation),
    ("exit-from-main", exit::exits_from_main),
    ("exit-from-operation", exit::exits_from_an_operation),
    ("exit-panic", exit::panics_in_main),
    ("exit-with-waiter", exit::returns_while_a_thread_waits),
    ("exit-with-borrower", exit::returns_during_a_borrowed_call),
    ("exit-abort", exit::aborts_while_a_thread_waits),
    ("exit-after-stop", exit::returns_after_stop),
    ("exit-no-setup", exit::returns_with_a_reactor_that_never_ran),
    ("setup-nothing-before", setup::nothing_happens_before),
    ("setup-many-threads", setup::many_threads),
    ("setup-no-setup", setup::no_setup_runs_here),
    ("setup-no-setup-refused", setup::no_setup_is_refused),
    ("setup-then-no-setup", setup::no_setup_after_setup),
    ("setup-no-setup-with", setup::no_setup_takes_settings),
    ("setup-signals", setup::leaves_signals_alone),
    ("stop-refuses-calls", stop::refuses_calls),
    ("stop-wakes-waiters", stop::wakes_waiters),
    ("stop-keeps-results", stop::keeps_results),
    ("stop-on-the-reactor", stop::on_the_reactor),
    ("stop-blocked", stop::blocked),
];

fn main() {
    let name = env::args().nth(1).expect("an argument names the scenario");
    let found = SCENARIOS.iter().find(|(known, _)| *known == name);
    let (_, scenario) = found.expect("the scenario exists");
    scenario();
}
