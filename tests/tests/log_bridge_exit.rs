//! A logger behind `NonBlocking` in programs that end and fork.

use std::process::Command;
use std::time::Duration;

use crochet_tests::child::{self, LEAVING, Ran};

/// How long a program may take to end when nothing holds it up. It takes a fraction of a millisecond on a machine that
/// has nothing else to do.
const SOON: Duration = Duration::from_millis(500);

fn run(name: &str) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_log_scenario"));
    // A backtrace would be part of what is logged.
    child::run(command.arg(name).env_remove("RUST_BACKTRACE"))
}

fn a_hundred_and_a_flush() -> Vec<String> {
    let numbers = (0..100).map(|number| number.to_string());
    numbers.chain([String::from("flushed")]).collect()
}

#[test]
fn returning_from_main_writes_and_flushes_what_is_queued() {
    let ran = run("exit-main");
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert_eq!((ran.out, ran.err), (a_hundred_and_a_flush(), String::new()));
}

#[test]
fn exit_writes_and_flushes_what_is_queued() {
    let ran = run("exit-call");
    assert_eq!(ran.status, Some(7), "{ran:?}");
    assert_eq!((ran.out, ran.err), (a_hundred_and_a_flush(), String::new()));
}

#[test]
fn what_the_reactor_logs_while_it_stops_at_exit_is_written() {
    let ran = run("exit-reactor");
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert_eq!(ran.out.len(), 2, "{ran:?}");
    assert!(ran.out[0].contains("dropped at exit"), "{ran:?}");
    assert_eq!(ran.out[1], "flushed");
}

#[test]
fn an_operation_that_exits_waits_for_what_is_queued() {
    let ran = run("exit-operation");
    assert_eq!(ran.status, Some(8), "{ran:?}");
    assert_eq!(ran.out, ["leaving from the reactor", "flushed"]);
}

#[test]
fn a_logger_that_blocks_holds_the_exit_up_no_longer_than_its_limit() {
    let ran = run("exit-blocked");
    ran.assert_printed(&[LEAVING]);
    assert!(ran.leaving < SOON, "{ran:?}");
}

#[test]
fn what_is_logged_after_the_end_is_written_all_the_same() {
    run("exit-late").assert_printed(&["in time", "flushed", "late", "flushed"]);
}

#[test]
fn an_idle_log_thread_does_not_hold_the_exit_up() {
    let ran = run("exit-idle");
    ran.assert_printed(&["said", "flushed", LEAVING]);
    assert!(ran.leaving < SOON, "{ran:?}");
}

#[test]
fn the_thread_comes_with_the_first_record_and_goes_with_the_last_handle() {
    run("thread").assert_printed(&["0", "0", "first", "flushed", "1", "0"]);
}

#[test]
fn a_forked_child_is_not_held_up_by_the_parents_logger() {
    run("fork").assert_printed(&["the child leaves", "hold", "of the parent"]);
}

#[test]
fn a_forked_child_has_a_log_thread_of_its_own() {
    run("fork-unused").assert_printed(&[
        "of the child",
        "flushed",
        "of the grandchild",
        "flushed",
        "of the child again",
        "flushed",
        "of the parent",
        "flushed",
    ]);
}

#[test]
fn children_end_whatever_the_parents_threads_hold() {
    run("fork-storm").assert_printed(&["all ended"]);
}

#[test]
fn loggers_that_a_forked_child_gives_up_take_their_memory_with_them() {
    let ran = child::run(&mut Command::new(env!("CARGO_BIN_EXE_log_memory")));
    ran.assert_printed(&["nothing is left"]);
}
