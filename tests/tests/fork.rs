//! What a forked child finds, and what its parent does not notice.
#![cfg(target_os = "linux")]

use std::process::Command;

use crochet_tests::program::{End, Program};

fn start(name: &str) -> Program {
    Program::start_silent(Command::new(env!("CARGO_BIN_EXE_process")).arg(name))
}

#[track_caller]
fn assert_does(name: &str, lines: &[&str]) {
    let mut program = start(name);
    program.assert_prints(lines);
    assert_eq!(program.end(), End::Exit(0));
}

#[test]
fn every_entry_point_refuses_at_once_in_a_child() {
    assert_does("fork-entry-points", &["refused"]);
}

#[test]
fn results_of_the_parents_are_refused_in_a_child_and_go_on_in_the_parent() {
    assert_does("fork-inherited", &["refused"]);
}

#[test]
fn reactors_of_the_parents_are_refused_in_a_child_and_go_on_in_the_parent() {
    assert_does("fork-values", &["refused"]);
}

#[test]
fn channels_of_the_parents_are_refused_in_a_child_and_lose_nothing_in_the_parent() {
    assert_does("fork-channels", &["refused"]);
}

#[test]
fn results_that_the_parent_sets_are_refused_in_a_child_on_both_sides() {
    assert_does("fork-pairs", &["refused"]);
}

#[test]
fn handles_on_the_parents_operations_are_refused_in_a_child() {
    assert_does("fork-operations", &["refused"]);
}

#[test]
fn a_reactor_on_virtual_time_is_refused_in_a_child() {
    assert_does("fork-virtual", &["refused"]);
}

#[test]
fn children_of_the_parents_are_neither_signalled_nor_killed_by_a_forked_child() {
    assert_does("fork-children", &["left alone"]);
}

#[test]
fn a_child_can_set_up_a_reactor_of_its_own() {
    assert_does("fork-setup", &["set up"]);
}

#[test]
fn a_child_that_may_restart_starts_a_reactor_at_its_first_call() {
    assert_does("fork-restart", &["restarted"]);
}

#[test]
fn children_of_children_are_told_apart() {
    assert_does("fork-grandchild", &["done"]);
}

#[test]
fn a_child_that_is_forked_on_the_reactor_is_no_reactor_thread() {
    assert_does("fork-on-the-reactor", &["forked"]);
}

#[test]
fn a_child_that_returns_into_the_loop_leaves_it_with_nothing_done() {
    assert_does("fork-into-the-loop", &["left the loop"]);
}

#[test]
fn events_that_a_wait_has_left_are_not_taken_by_a_child_that_a_waker_forks() {
    assert_does("fork-amid-events", &["told of all"]);
}

#[test]
fn a_panic_that_nobody_asks_for_is_told_by_the_process_that_the_task_belongs_to() {
    assert_does("fork-panics", &["panicked"]);
}

#[test]
fn a_child_that_drops_a_socket_takes_no_event_from_its_parent() {
    assert_does("fork-sockets", &["accepted"]);
}

#[test]
fn no_child_hangs_whatever_its_parents_threads_are_doing() {
    assert_does("fork-storm", &["200 forks"]);
}

#[test]
fn a_child_that_is_forked_during_the_first_setup_can_set_up() {
    assert_does("fork-first-setup", &["set up"]);
}

#[test]
fn a_fork_before_setup_is_as_if_it_had_not_been() {
    let mut program = start("fork-daemon");
    program.assert_prints(&["the daemon works"]);
    program.go_on();
    assert_eq!(program.end(), End::Exit(0));
}

#[test]
fn a_child_that_exits_stops_its_own_reactor_only() {
    let lines = ["the child's operation was dropped", "exited"];
    assert_does("fork-exit", &lines);
}
