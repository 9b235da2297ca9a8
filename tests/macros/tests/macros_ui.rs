//! Compiles functions that use `#[wait_for]` and `#[run_in_reactor]`, rightly and wrongly.
//!
//! The cases under `ui/pass` also run. Those under `ui/fail` pin the macros' own messages, which change with
//! the macros only. Those under `ui/fail_in_compiler` pin how rustc reports what only rustc can see; their wording
//! changes with the toolchain too. `TRYBUILD=overwrite` rewrites the expected output of both.

#[test]
fn right_uses_compile_and_run() {
    trybuild::TestCases::new().pass("tests/ui/pass/*.rs");
}

#[test]
fn wrong_uses_are_reported_at_the_token() {
    trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
}

/// The compiler whose wording `ui/fail_in_compiler` holds.
const PINNED: &str = "rustc 1.95.";

#[test]
fn what_rustc_finds_is_reported_at_the_token() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = std::process::Command::new(rustc)
        .arg("--version")
        .output()
        .expect("cargo has just run it");
    let version = String::from_utf8_lossy(&version.stdout);
    if !version.starts_with(PINNED) {
        println!("skipped: the expected messages are those of {PINNED}x, this is {version}");
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/ui/fail_in_compiler/*.rs");
}
