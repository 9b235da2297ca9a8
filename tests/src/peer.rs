//! Programs of others that tests run, where they are installed.

use std::env;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Finds an installed program; without it the test is to be skipped, which this says.
///
/// # Panics
///
/// Without it, where `CROCHET_REQUIRE_PEERS` is 1.
#[must_use]
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
pub fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").expect("PATH is set");
    let found = env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file());
    if found.is_none() {
        let required = env::var_os("CROCHET_REQUIRE_PEERS");
        assert!(
            required.is_none_or(|value| value != "1"),
            "{name} is not installed, and is required"
        );
        eprintln!("skipped: {name} is not installed");
    }
    found
}

/// Starts an installed program with a text as all its input, and its output piped.
///
/// # Panics
///
/// When it cannot be started, and as [`find`].
#[must_use]
pub fn start(name: &str, args: &[&str], text: &str) -> Option<Child> {
    let mut command = Command::new(find(name)?);
    command.args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut input = child.stdin.take().expect("a pipe");
    // A pipe holds that, whether it is read or not.
    input.write_all(text.as_bytes()).expect("there is room");
    Some(child)
}
