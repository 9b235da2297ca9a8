//! The programs by name.

use std::env;

use crochet_tests::program;

use crate::{fork, lifecycle, signals, unload};

type Program = fn();

const PROGRAMS: &[(&str, Program)] = &[
    ("sigint-wait-for", signals::interrupts_wait_for),
    ("sigint-borrowed", signals::interrupts_a_borrowed_wait_for),
    ("sigint-everywhere", signals::interrupts_all_threads),
    ("sigint-soon", signals::interrupts_soon),
    ("sigint-room", signals::interrupts_a_wait_for_room),
    ("sigint-twice", signals::dies_of_the_second_sigint),
    ("sigint-rearmed", signals::rearms),
    ("sigterm-drains", signals::terminate::drains),
    (
        "sigterm-drain-held",
        signals::terminate::drains_until_it_is_killed,
    ),
    (
        "sigterm-limit",
        signals::terminate::drains_for_a_limited_time,
    ),
    ("sigterm-returns", signals::terminate::drains_and_returns),
    (
        "sigterm-no-setup",
        signals::terminate::drains_the_applications_reactor,
    ),
    (
        "sigterm-no-reactor",
        signals::terminate::terminates_without_a_reactor,
    ),
    (
        "signals-without-guard",
        signals::guard::goes_without_a_guard,
    ),
    ("signals-after-guard", signals::guard::has_had_a_guard),
    ("signals-own-handler", signals::guard::has_a_handler),
    ("signals-ignored", signals::guard::ignores),
    ("signals-one-guard", signals::guard::has_one_guard_at_a_time),
    (
        "signals-nothing-left",
        signals::guard::leaves_nothing_behind,
    ),
    ("signals-forked", signals::guard::forks),
    ("signals-forked-handle", signals::guard::handles_in_a_child),
    (
        "fork-entry-points",
        fork::entry::refuses_at_every_entry_point,
    ),
    ("fork-channels", fork::halves::refuses_inherited_channels),
    ("fork-pairs", fork::halves::refuses_inherited_pairs),
    (
        "fork-operations",
        fork::halves::refuses_inherited_operations,
    ),
    (
        "fork-children",
        fork::inherited::leaves_the_parents_children_alone,
    ),
    ("fork-virtual", fork::halves::refuses_virtual_reactors),
    ("fork-inherited", fork::inherited::refuses_inherited_results),
    ("fork-values", fork::inherited::refuses_inherited_reactors),
    ("fork-setup", fork::sets_up_again),
    ("fork-restart", fork::restarts),
    ("fork-grandchild", fork::goes_on_forking),
    ("fork-on-the-reactor", fork::inside::forks_on_the_reactor),
    ("fork-into-the-loop", fork::inside::returns_into_the_loop),
    ("fork-amid-events", fork::inside::forks_amid_events),
    ("fork-panics", fork::inside::panics_in_both_processes),
    (
        "fork-sockets",
        fork::inherited::leaves_the_parents_sockets_alone,
    ),
    ("fork-storm", fork::storm::forks_whatever_is_locked),
    (
        "fork-first-setup",
        fork::storm::forks_during_the_first_setup,
    ),
    ("fork-daemon", fork::becomes_a_daemon),
    ("fork-exit", fork::exits_in_a_child),
    ("exit-with-pending", lifecycle::exits_with_pending_results),
    ("restart", lifecycle::restarts_often),
    ("many-reactors", lifecycle::runs_many_reactors),
    ("unload", unload::loads_and_unloads),
    ("unload-unused", unload::loads_and_unloads_unused),
    ("unload-together", unload::sets_up_beside_a_plugin),
];

pub(crate) fn run() {
    program::limit();
    let name = env::args().nth(1).expect("an argument names the program");
    let found = PROGRAMS.iter().find(|(known, _)| *known == name);
    let (_, program) = found.expect("the program exists");
    program();
}
