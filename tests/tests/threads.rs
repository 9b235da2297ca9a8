//! The library's own threads: how long they are waited for when they end, and what they find in a forked child.
//!
//! The destructors of a thread's locals are a program's. They take any time, so whoever waits for the thread has a limit.
#![cfg(target_os = "linux")]

use std::process::Command;
use std::time::{Duration, Instant};

use crochet_tests::backends::for_every_backend;
use crochet_tests::child;
use crochet_tests::executor::block_on;
use crochet_tests::host::Host;
use crochet_tests::locals::slow_local;
use crochet_tests::program::{End, Program};

const PROGRAM: &str = env!("CARGO_BIN_EXE_threads");

#[track_caller]
fn assert_does(name: &str, lines: &[&str]) {
    let mut command = Command::new(PROGRAM);
    // Without a backtrace of what a program does wrong: it takes longer than everything else.
    let ran = child::run(command.arg(name).env("RUST_BACKTRACE", "0"));
    ran.assert_printed(lines);
}

#[test]
fn a_stop_waits_for_the_locals_of_the_reactors_thread_no_longer_than_it_may() {
    assert_does("stop-limit", &["timed out"]);
}

#[test]
fn every_stop_waits_for_the_end_of_the_thread() {
    assert_does("stop-again", &["stopped"]);
}

#[test]
fn a_stop_needs_no_further_thread() {
    assert_does("stop-refused", &["stopped"]);
}

#[test]
fn a_reactor_that_has_ended_can_be_followed_by_another_before_its_thread_has() {
    assert_does("setup-again", &["set up"]);
}

#[test]
fn a_stop_does_not_mind_a_logger_that_panicked_on_the_reactors_thread() {
    assert_does("logger-panics", &["stopped"]);
}

#[test]
fn the_end_of_a_reactor_waits_for_the_locals_of_its_pool_no_longer_than_it_may() {
    for_every_backend(|settings| {
        let host = Host::with(settings.pool_keep_alive(Duration::ZERO));
        let (local, gate) = slow_local();
        let (second, second_gate) = slow_local();
        let pool = host.remote().thread_pool();
        block_on(pool.defer(|| local.keep())).expect("it is kept");
        gate.wait_until_reached();
        // The next one that ends is to join the one before.
        block_on(pool.defer(|| second.keep())).expect("it is kept");
        second_gate.wait_until_reached();
        let begun = Instant::now();
        drop(host);
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "{:?}",
            begun.elapsed()
        );
        assert!(!gate.is_passed() && !second_gate.is_passed());
        gate.pass();
        second_gate.pass();
    });
}

#[test]
fn dropping_a_logger_waits_for_the_locals_of_its_thread_no_longer_than_it_may() {
    assert_does("drop-logger", &["dropped"]);
}

#[test]
fn dropping_a_logger_in_a_child_waits_for_the_locals_of_its_thread_no_longer_than_it_may() {
    assert_does("drop-logger-child", &["dropped"]);
}

#[test]
fn the_end_of_a_child_waits_for_the_locals_of_its_log_thread_no_longer_than_it_may() {
    assert_does("exit-logger-child", &["exited"]);
}

/// Runs jobs that use much of their stack, where the system's own limit for stacks is low.
#[track_caller]
fn assert_uses_stack(kilobytes: &str, environment: &[(&str, &str)]) {
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "ulimit -s 512 && exec \"$0\" stack \"$1\"",
        PROGRAM,
        kilobytes,
    ]);
    command
        .env_remove("RUST_MIN_STACK")
        .envs(environment.iter().copied());
    let mut program = Program::start(&mut command);
    program.assert_prints(&["used"]);
    assert_eq!(program.end(), End::Exit(0));
}

#[test]
fn a_forked_childs_threads_have_the_standard_librarys_stack() {
    assert_uses_stack("600", &[]);
}

#[test]
fn a_forked_childs_threads_have_the_stack_that_the_environment_says() {
    assert_uses_stack("2000", &[("RUST_MIN_STACK", "10000000")]);
}

#[test]
fn a_child_that_returns_into_the_loop_ends_without_a_word() {
    assert_does("loop-child", &["left the loop"]);
}

#[test]
fn a_child_that_returns_into_the_loop_ends_whatever_its_parents_threads_are_doing() {
    assert_does("loop-storm", &["100 forks"]);
}

#[test]
fn a_child_of_a_process_that_decided_on_children_knows_that_it_is_one() {
    assert_does("fork-first", &["forked"]);
}

#[test]
fn a_child_lets_go_of_no_thread_of_its_own_in_the_place_of_one_of_its_parents() {
    assert_does("fork-thread", &["dropped"]);
}
