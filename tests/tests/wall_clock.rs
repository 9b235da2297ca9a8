//! The wall clock, which may be set at any time, has no part in timers and timeouts.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]

use std::process::Command;

use crochet_tests::child;

fn assert_keeps_time(direction: &str) {
    let ran = child::run(Command::new(env!("CARGO_BIN_EXE_wall_clock")).arg(direction));
    ran.assert_printed(&["the wall clock jumps", "slept", "timed out", "late"]);
}

#[test]
fn a_wall_clock_that_is_set_forward_ends_nothing_early() {
    assert_keeps_time("forward");
}

#[test]
fn a_wall_clock_that_is_set_back_ends_nothing_late() {
    assert_keeps_time("back");
}
