//! A logger that panics while its process ends keeps it neither from ending nor from saying how.
#![cfg(unix)]

use std::process::Command;

use crochet_tests::program::{End, Program};
use libc::SIGTERM;

fn start(name: &str) -> Program {
    Program::start(Command::new(env!("CARGO_BIN_EXE_logger_panics")).arg(name))
}

fn terminate(name: &str) -> Program {
    let mut program = start(name);
    program.assert_prints(&["waiting"]);
    program.signal(SIGTERM);
    program
}

#[test]
fn sigterm_ends_the_process_though_what_it_dropped_cannot_be_told() {
    assert_eq!(terminate("sigterm").end(), End::Signal(SIGTERM));
}

#[test]
fn sigterm_ends_the_process_though_the_logger_cannot_be_flushed() {
    assert_eq!(terminate("sigterm-drained").end(), End::Signal(SIGTERM));
}

#[test]
fn sigterm_lets_a_program_that_goes_on_do_so() {
    let mut program = terminate("sigterm-returns");
    program.assert_prints(&["returned"]);
    assert_eq!(program.end(), End::Exit(0));
}

#[test]
fn exit_keeps_its_status_though_what_it_left_behind_cannot_be_told() {
    assert_eq!(start("exit-blocked").end(), End::Exit(7));
}

#[test]
fn exit_keeps_its_status_though_failures_cannot_be_told() {
    assert_eq!(start("exit-stashed").end(), End::Exit(7));
}
