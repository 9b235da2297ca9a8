//! Looks at what is logged.

use std::io::{self, Write};
use std::mem;
use std::panic;
use std::sync::{Mutex, Once, PoisonError};

use log::{Level, LevelFilter, Log, Metadata, Record};

/// One message that was logged.
#[derive(Clone, Debug)]
pub struct Message {
    /// How grave it is.
    pub level: Level,
    /// What it is about.
    pub target: String,
    /// What it says.
    pub text: String,
}

struct Capture;

static MESSAGES: Mutex<Vec<Message>> = Mutex::new(Vec::new());

impl Log for Capture {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let message = Message {
            level: record.level(),
            target: record.target().to_owned(),
            text: record.args().to_string(),
        };
        let mut messages = MESSAGES.lock().unwrap_or_else(PoisonError::into_inner);
        messages.push(message);
    }

    fn flush(&self) {}
}

/// Keeps every message from now on, and keeps the panics of reactors' threads, which the tests cause on purpose, off
/// stderr. Once is enough.
///
/// # Panics
///
/// When the process has another logger.
pub fn capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Capture).expect("the tests have no other logger");
        log::set_max_level(LevelFilter::Trace);
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !crochet::is_reactor_thread() {
                previous(info);
            }
        }));
    });
}

struct Stderr;

impl Log for Stderr {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        writeln!(io::stderr(), "{}: {}", record.level(), record.args()).expect("stderr is open");
    }

    fn flush(&self) {}
}

/// Writes warnings and errors to stderr, so that a program of which nobody hears one writes nothing.
///
/// # Panics
///
/// When the process has another logger.
pub fn warn_on_stderr() {
    log::set_logger(&Stderr).expect("the only logger");
    log::set_max_level(LevelFilter::Warn);
}

/// Returns the messages that contain `part`, which no other test of the process uses.
#[must_use]
pub fn containing(part: &str) -> Vec<Message> {
    let messages = MESSAGES.lock().unwrap_or_else(PoisonError::into_inner);
    let found = messages
        .iter()
        .filter(|message| message.text.contains(part));
    found.cloned().collect()
}

/// Takes the messages out that contain `part`, so that a case that is run once more finds its own alone.
#[must_use]
pub fn take(part: &str) -> Vec<Message> {
    let mut messages = MESSAGES.lock().unwrap_or_else(PoisonError::into_inner);
    let (taken, left) = mem::take(&mut *messages)
        .into_iter()
        .partition(|message| message.text.contains(part));
    *messages = left;
    taken
}

/// As [`assert_one_error`], and takes the message out.
///
/// # Panics
///
/// As that.
#[track_caller]
pub fn take_one_error(part: &str) -> Message {
    assert_one_error(part);
    take(part).remove(0)
}

/// Asserts that exactly one message contains `part`, and that it is an error. Returns it.
///
/// # Panics
///
/// Otherwise.
#[track_caller]
pub fn assert_one_error(part: &str) -> Message {
    let found = containing(part);
    assert_eq!(found.len(), 1, "{part:?} is to be logged once: {found:?}");
    assert_eq!(found[0].level, Level::Error, "{found:?}");
    found[0].clone()
}

/// Asserts that no message contains `part`.
///
/// # Panics
///
/// Otherwise.
#[track_caller]
pub fn assert_none(part: &str) {
    let found = containing(part);
    assert!(found.is_empty(), "{part:?} is not to be logged: {found:?}");
}
