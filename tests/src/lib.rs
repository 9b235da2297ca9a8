//! What the tests of Crochet for Rust share. The tests are in `tests/`, the programs that some of them start in
//! `src/bin/`.

use std::time::Duration;

pub mod backends;
pub mod child;
#[cfg(target_os = "linux")]
pub mod children;
pub mod copy;
pub mod exchange;
pub mod executor;
pub mod folder;
#[cfg(unix)]
pub mod forked;
pub mod hold;
pub mod host;
pub mod jobs;
pub mod locals;
pub mod logs;
pub mod operations;
pub mod peer;
#[cfg(target_os = "linux")]
pub mod pollers;
#[cfg(unix)]
pub mod program;
pub mod recorder;
pub mod threads;
pub mod tidy;
pub mod traces;

/// A time that no test lasts: a wait that is to succeed has this limit.
pub const LONG: Duration = Duration::from_secs(60);

/// A time that is over soon: a wait that is to time out has this limit.
pub const SHORT: Duration = Duration::from_millis(10);

/// Sets the process's reactor up for tests that share it, and captures the log.
///
/// # Panics
///
/// When there can be no reactor.
pub fn start() {
    logs::capture();
    crochet::setup().expect("a reactor can be started");
}

/// Returns when the process's reactor has done all that was submitted, woken or cancelled before this call.
///
/// # Panics
///
/// When the reactor does not answer.
pub fn barrier() {
    crochet::wait_for(LONG, || async {}).expect("the reactor answers");
}
