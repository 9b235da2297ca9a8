//! Errors that operations end with: each is to be asked for or logged, and not both.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use crate::faults;

/// An operation's own error.
#[derive(Clone)]
pub(crate) struct Refusal {
    token: Arc<Token>,
}

/// What became of one error. Its last handle finds out.
struct Token {
    number: u64,
    asked: AtomicBool,
    logged: AtomicU32,
}

static LIVING: AtomicU64 = AtomicU64::new(0);
static LOGGED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static LOGGING: Cell<bool> = const { Cell::new(false) };
}

impl Refusal {
    pub(crate) fn new(number: u64) -> Self {
        LIVING.fetch_add(1, Ordering::Relaxed);
        let token = Token {
            number,
            asked: AtomicBool::new(false),
            logged: AtomicU32::new(0),
        };
        Self {
            token: Arc::new(token),
        }
    }

    pub(crate) fn number(&self) -> u64 {
        self.token.number
    }

    /// Notes that the library has given the error to somebody.
    pub(crate) fn note_asked(&self) {
        self.token.asked.store(true, Ordering::Relaxed);
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if LOGGING.get() {
            self.token.logged.fetch_add(1, Ordering::Relaxed);
            LOGGED.fetch_add(1, Ordering::Relaxed);
        }
        write!(f, "refusal {}", self.token.number)
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        let (asked, logged) = (*self.asked.get_mut(), *self.logged.get_mut());
        faults::expect(u32::from(asked) + logged == 1, || {
            format!(
                "error {} was asked for: {asked}, and logged {logged} times",
                self.number
            )
        });
        LIVING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Makes the text of a record; what it shows of errors counts as logged.
pub(crate) fn as_logged(text: impl fmt::Display) -> String {
    let outer = LOGGING.replace(true);
    let text = text.to_string();
    LOGGING.set(outer);
    text
}

/// How many errors there are, and how many have been logged.
pub(crate) fn counts() -> (u64, u64) {
    let living = LIVING.load(Ordering::Relaxed);
    (living, LOGGED.load(Ordering::Relaxed))
}
