//! What `SIGINT` and `SIGTERM` do, each program in a process of its own.
#![cfg(unix)]

use std::process::Command;

use crochet_tests::program::{End, Program};
use libc::{SIGINT, SIGTERM};

fn start(name: &str) -> Program {
    Program::start(Command::new(env!("CARGO_BIN_EXE_process")).arg(name))
}

#[track_caller]
fn assert_does(name: &str, lines: &[&str]) {
    let mut program = start(name);
    program.assert_prints(lines);
    assert_eq!(program.end(), End::Exit(0));
}

#[test]
fn sigint_interrupts_wait_for_and_cancels_its_operation() {
    let mut program = start("sigint-wait-for");
    program.assert_prints(&["waiting"]);
    program.signal(SIGINT);
    program.assert_prints(&["interrupted"]);
    assert_eq!(program.end(), End::Exit(0));
}

#[test]
fn sigint_interrupts_a_borrowed_wait_for_which_returns_when_its_operation_has_been_dropped() {
    let mut program = start("sigint-borrowed");
    program.assert_prints(&["waiting"]);
    program.signal(SIGINT);
    program.assert_prints(&["interrupted"]);
    assert_eq!(program.end(), End::Exit(0));
}

#[test]
fn sigint_interrupts_all_threads_and_leaves_background_operations_alone() {
    let mut program = start("sigint-everywhere");
    program.assert_prints(&["waiting"]);
    program.signal(SIGINT);
    program.assert_prints(&["interrupted"]);
    assert_eq!(program.end(), End::Exit(0));
}

#[test]
fn sigint_interrupts_a_wait_within_five_milliseconds() {
    let mut program = start("sigint-soon");
    let median: u64 = program.line().parse().expect("a number of microseconds");
    assert_eq!(program.end(), End::Exit(0));
    println!("median: {median} us");
    assert!(median < 5_000, "{median} us");
}

#[test]
fn sigint_interrupts_a_wait_for_room_in_the_queue() {
    let mut program = start("sigint-room");
    program.assert_prints(&["waiting"]);
    program.signal(SIGINT);
    program.assert_prints(&["interrupted"]);
    assert_eq!(program.end(), End::Exit(0));
}

#[test]
fn a_second_sigint_kills() {
    let mut program = start("sigint-twice");
    program.assert_prints(&["waiting"]);
    program.signal(SIGINT);
    program.assert_prints(&["interrupted"]);
    program.signal(SIGINT);
    assert_eq!(program.end(), End::Signal(SIGINT));
}

#[test]
fn a_rearmed_guard_takes_the_next_sigint_as_a_first_one() {
    let mut program = start("sigint-rearmed");
    for _ in 0..3 {
        program.assert_prints(&["waiting"]);
        program.signal(SIGINT);
        program.assert_prints(&["interrupted"]);
    }
    assert_eq!(program.end(), End::Exit(0));
}

#[test]
fn sigterm_drains_and_then_ends_the_process() {
    let mut program = start("sigterm-drains");
    program.assert_prints(&["waiting"]);
    program.signal(SIGTERM);
    program.assert_prints(&["draining", "the operation has ended"]);
    assert_eq!(program.end(), End::Signal(SIGTERM));
}

#[test]
fn sigterm_drops_operations_that_take_too_long() {
    let mut program = start("sigterm-limit");
    program.assert_prints(&["waiting"]);
    program.signal(SIGTERM);
    program.assert_prints(&["the operation has ended"]);
    assert_eq!(program.end(), End::Signal(SIGTERM));
}

#[test]
fn sigterm_drains_and_lets_the_program_go_on_if_told_so() {
    let mut program = start("sigterm-returns");
    program.assert_prints(&["waiting"]);
    program.signal(SIGTERM);
    program.assert_prints(&["the operation has ended", "returned"]);
    assert_eq!(program.end(), End::Exit(0));
}

#[test]
fn sigterm_drains_a_reactor_that_the_application_runs_and_ends() {
    let mut program = start("sigterm-no-setup");
    program.assert_prints(&["waiting"]);
    program.signal(SIGTERM);
    program.assert_prints(&["the operation has ended", "returned"]);
    assert_eq!(program.end(), End::Exit(0));
}

#[test]
fn sigterm_ends_a_process_without_a_reactor_at_once() {
    let mut program = start("sigterm-no-reactor");
    program.assert_prints(&["waiting"]);
    program.signal(SIGTERM);
    assert_eq!(program.end(), End::Signal(SIGTERM));
}

#[test]
fn sigint_during_a_drain_kills() {
    let mut program = start("sigterm-drain-held");
    program.assert_prints(&["waiting"]);
    program.signal(SIGTERM);
    program.assert_prints(&["draining"]);
    program.signal(SIGINT);
    assert_eq!(program.end(), End::Signal(SIGINT));
}

#[test]
fn a_second_sigterm_kills() {
    let mut program = start("sigterm-drain-held");
    program.assert_prints(&["waiting"]);
    program.signal(SIGTERM);
    program.assert_prints(&["draining"]);
    program.signal(SIGTERM);
    assert_eq!(program.end(), End::Signal(SIGTERM));
}

#[test]
fn without_a_guard_signals_do_what_they_always_do() {
    for signal in [SIGINT, SIGTERM] {
        let mut program = start("signals-without-guard");
        program.assert_prints(&["waiting"]);
        program.signal(signal);
        assert_eq!(program.end(), End::Signal(signal));
    }
}

#[test]
fn after_the_guard_the_default_actions_are_in_force_again() {
    for signal in [SIGINT, SIGTERM] {
        let mut program = start("signals-after-guard");
        program.assert_prints(&["waiting"]);
        program.signal(signal);
        assert_eq!(program.end(), End::Signal(signal));
    }
}

#[test]
fn a_handler_of_the_applications_runs_first_and_alone_after_the_guard() {
    let mut program = start("signals-own-handler");
    program.assert_prints(&["handled"]);
    assert_eq!(program.end(), End::Signal(SIGINT));
}

#[test]
fn an_ignored_signal_stays_ignored() {
    assert_does("signals-ignored", &["ignored"]);
}

#[test]
fn there_is_one_guard_at_a_time() {
    assert_does("signals-one-guard", &["one at a time"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_guard_leaves_no_thread_and_no_file_behind() {
    assert_does("signals-nothing-left", &["nothing is left"]);
}

#[test]
fn a_forked_child_has_the_default_actions_and_does_not_disturb_its_parent() {
    let lines = ["Signal(2)", "Signal(15)", "interrupted"];
    assert_does("signals-forked", &lines);
}

#[test]
fn a_forked_child_can_handle_signals_itself() {
    assert_does("signals-forked-handle", &["Signal(2)"]);
}
