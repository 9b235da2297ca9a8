//! Getting a reactor for the process, and stopping it; each scenario in a process of its own.
#![cfg(target_os = "linux")]

use std::process::Command;

use crochet::Backend;
use crochet_tests::child;

fn assert_scenario(name: &str, lines: &[&str]) {
    let ran = child::run(Command::new(env!("CARGO_BIN_EXE_scenario")).arg(name));
    ran.assert_printed(lines);
}

#[test]
fn nothing_happens_before_setup() {
    let lines = ["1 thread", "nothing happened", "2 threads"];
    assert_scenario("setup-nothing-before", &lines);
}

#[test]
fn setup_from_many_threads_makes_one_reactor() {
    assert_scenario("setup-many-threads", &["1 reactor"]);
}

#[test]
fn setup_leaves_the_signals_of_the_process_alone() {
    assert_scenario("setup-signals", &["left alone"]);
}

#[test]
fn no_setup_lets_the_application_run_the_reactor_and_setup_do_nothing() {
    assert_scenario("setup-no-setup", &["ran here"]);
}

#[test]
fn no_setup_takes_settings() {
    for backend in Backend::ALL {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scenario"));
        command
            .arg("setup-no-setup-with")
            .arg(format!("{backend:?}"));
        child::run(&mut command).assert_printed(&[&format!("3 on {backend:?}")]);
    }
}

#[test]
fn no_setup_twice_is_refused() {
    assert_scenario("setup-no-setup-refused", &["refused"]);
}

#[test]
fn no_setup_after_setup_is_refused() {
    assert_scenario("setup-then-no-setup", &["refused"]);
}

#[test]
fn stop_refuses_later_calls_and_ends_the_thread() {
    assert_scenario("stop-refuses-calls", &["refused"]);
}

#[test]
fn stop_wakes_whoever_waits() {
    assert_scenario("stop-wakes-waiters", &["woken"]);
}

#[test]
fn stop_never_overwrites_a_result() {
    assert_scenario("stop-keeps-results", &["kept"]);
}

#[test]
fn stop_on_the_reactor_is_asked_for_but_not_waited_for() {
    assert_scenario("stop-on-the-reactor", &["stopped"]);
}

#[test]
fn stop_that_a_blocked_operation_holds_up_times_out_and_can_be_repeated() {
    assert_scenario("stop-blocked", &["stopped"]);
}
