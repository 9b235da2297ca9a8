//! A library that uses the reactor, in a program that unloads it.
#![cfg(target_os = "linux")]

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crochet_tests::program::{End, Program};

/// Returns the plug-in's path: cargo puts what it builds for a test beside the test.
fn plugin() -> PathBuf {
    let test = env::current_exe().expect("a test is a file");
    let plugin = test.with_file_name("libcrochet_tests_plugin.so");
    assert!(plugin.exists(), "{} is built", plugin.display());
    plugin
}

#[track_caller]
fn assert_does(name: &str, lines: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_process"));
    let mut program = Program::start_silent(command.arg(name).arg(plugin()));
    program.assert_prints(lines);
    assert_eq!(program.end(), End::Exit(0));
}

#[test]
fn a_library_that_has_set_up_a_reactor_stays_loaded() {
    assert_does("unload", &["stayed"]);
}

#[test]
fn a_library_that_has_not_is_unloaded() {
    assert_does("unload-unused", &["unloaded"]);
}

#[test]
fn a_program_and_a_library_that_set_up_at_once_have_one_reactor_each() {
    assert_does("unload-together", &["one reactor each"]);
}
