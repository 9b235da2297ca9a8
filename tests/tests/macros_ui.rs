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

#[test]
fn what_rustc_finds_is_reported_at_the_token() {
    trybuild::TestCases::new().compile_fail("tests/ui/fail_in_compiler/*.rs");
}
