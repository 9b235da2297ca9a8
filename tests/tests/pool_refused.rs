//! A thread pool whose threads the system refuses, as long as there is one: jobs are refused or done, and nobody waits
//! for what nobody would do.
#![cfg(target_os = "linux")]

use std::process::Command;

use crochet_tests::child;

fn assert_does(name: &str) {
    let ran = child::run(Command::new(env!("CARGO_BIN_EXE_pool_refused")).arg(name));
    ran.assert_printed(&["the system refused a thread"]);
}

#[test]
fn a_job_is_refused_when_the_only_thread_waits_for_it() {
    assert_does("later");
}

#[test]
fn a_job_that_waits_is_refused_when_the_only_thread_begins_to_wait_for_it() {
    assert_does("earlier");
}

#[test]
fn a_larger_pool_goes_on_with_the_threads_that_it_has() {
    assert_does("larger");
}
