//! How a process with a reactor ends: with the right status, soon, and silently.

use std::process::Command;
use std::time::Duration;

use crochet_tests::child::{self, LEAVING, Ran};

/// How long a process may take to end, from the end of `main`, when nothing holds it up. It takes a fraction of a
/// millisecond on a machine that has nothing else to do.
const SOON: Duration = Duration::from_millis(500);

fn run(name: &str) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scenario"));
    // Writing a backtrace may take longer than everything else.
    child::run(command.arg(name).env("RUST_BACKTRACE", "0"))
}

#[track_caller]
fn assert_ended_soon(ran: &Ran, status: i32, lines: &[&str]) {
    assert_eq!(ran.status, Some(status), "{ran:?}");
    assert_eq!(ran.out, lines, "{ran:?}");
    assert!(ran.leaving < SOON, "{ran:?}");
}

#[test]
fn main_returns_with_an_idle_reactor() {
    let ran = run("exit-idle");
    assert_ended_soon(&ran, 0, &[LEAVING]);
    assert_eq!(ran.err, "");
}

#[test]
fn main_returns_without_a_reactor() {
    let ran = run("exit-without-setup");
    assert_ended_soon(&ran, 0, &[LEAVING]);
    assert_eq!(ran.err, "");
}

#[test]
fn main_returns_with_pending_operations_which_are_dropped_on_the_reactor() {
    let ran = run("exit-pending");
    assert_ended_soon(&ran, 0, &[LEAVING, "dropped on the reactor"]);
    assert_eq!(ran.err, "");
}

/// The program counts from the first to the last exit hook, so that only the library's counts.
#[test]
#[cfg(unix)]
fn an_exit_with_ten_thousand_pending_results_is_silent_and_soon() {
    let mut hooks: Vec<u64> = Vec::new();
    while hooks.len() < 64 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_process"));
        let ran = child::run(command.arg("exit-with-pending"));
        assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""), "{ran:?}");
        assert_eq!(ran.out.len(), 1, "{ran:?}");
        hooks.push(ran.out[0].parse().expect("a number of microseconds"));
        // The quickest of eight or more, because the machine may have much else to do.
        if hooks.len() >= 8 && hooks.iter().any(|hook| *hook < 10_000) {
            return;
        }
    }
    panic!("the exit hook took {hooks:?} us");
}

#[test]
fn a_blocked_operation_holds_the_exit_up_for_a_bounded_time() {
    let ran = run("exit-blocked");
    assert_eq!(ran.status, Some(0), "{ran:?}");
    // The hook's patience is one second; the rest is for a busy machine.
    assert!(ran.leaving < Duration::from_secs(5), "{ran:?}");
    assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
    assert!(
        ran.err
            .starts_with("WARN: at exit: the reactor did not stop"),
        "{ran:?}"
    );
}

#[test]
fn exit_in_main_keeps_its_status() {
    let ran = run("exit-from-main");
    assert_ended_soon(&ran, 7, &[LEAVING, "dropped on the reactor"]);
    assert_eq!(ran.err, "");
}

#[test]
fn exit_in_an_operation_keeps_its_status() {
    let ran = run("exit-from-operation");
    assert_ended_soon(&ran, 8, &[LEAVING]);
    assert_eq!(ran.err, "");
}

#[test]
fn a_panic_in_main_ends_the_process_as_without_a_reactor() {
    let ran = run("exit-panic");
    assert_ended_soon(&ran, 101, &[LEAVING, "dropped on the reactor"]);
    assert!(ran.err.contains("on purpose"), "{ran:?}");
    assert!(
        !ran.err.contains("WARN") && !ran.err.contains("ERROR"),
        "{ran:?}"
    );
}

#[test]
fn main_returns_while_another_thread_waits() {
    let ran = run("exit-with-waiter");
    assert_ended_soon(&ran, 0, &[LEAVING]);
    assert_eq!(ran.err, "");
}

#[test]
fn main_returns_while_another_thread_is_in_a_borrowed_call() {
    let ran = run("exit-with-borrower");
    assert_ended_soon(&ran, 0, &[LEAVING, "what was borrowed is intact: true"]);
    assert_eq!(ran.err, "");
}

#[test]
#[cfg(unix)]
fn an_abort_ends_the_process_at_once_with_nothing_done() {
    let ran = run("exit-abort");
    assert_eq!(ran.status, None, "a signal ended it: {ran:?}");
    assert_eq!(ran.out, [LEAVING]);
    assert_eq!(ran.err, "");
    // The system may write a core file first.
    assert!(ran.leaving < Duration::from_secs(5), "{ran:?}");
}

#[test]
fn main_returns_after_stop() {
    let ran = run("exit-after-stop");
    assert_ended_soon(&ran, 0, &["dropped on the reactor", LEAVING]);
    assert_eq!(ran.err, "");
}

#[test]
fn main_returns_with_a_reactor_that_never_ran() {
    let ran = run("exit-no-setup");
    assert_ended_soon(&ran, 0, &[LEAVING]);
    assert_eq!(ran.err, "");
}

#[test]
fn main_returns_after_panics_in_whatever_the_reactor_calls() {
    let ran = run("crash-panics");
    assert_ended_soon(&ran, 0, &[LEAVING]);
    for place in [
        "an operation",
        "a timer",
        "a task",
        "a destructor",
        "a trigger",
    ] {
        let panic = format!("{place}'s panic");
        assert!(ran.err.contains(&panic), "{panic:?} is to be told: {ran:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_reactor_whose_poller_fails_tells_all_who_wait_and_lets_the_process_end() {
    let ran = run("crash-poller");
    assert_ended_soon(&ran, 0, &["all were told", LEAVING]);
    assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
    assert!(
        ran.err
            .starts_with("ERROR: the reactor stopped: the system's poller failed"),
        "{ran:?}"
    );
}
