//! The end of the program's time.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

static OVER: Mutex<bool> = Mutex::new(false);
static CHANGED: Condvar = Condvar::new();

/// Lets every thread come to its end.
pub(crate) fn declare() {
    *OVER.lock().unwrap_or_else(PoisonError::into_inner) = true;
    CHANGED.notify_all();
}

/// Waits for the end, at most for so long; tells whether it has come.
pub(crate) fn within(time: Duration) -> bool {
    let over = OVER.lock().unwrap_or_else(PoisonError::into_inner);
    let waited = CHANGED.wait_timeout_while(over, time, |over| !*over);
    let (over, _) = waited.unwrap_or_else(PoisonError::into_inner);
    *over
}

pub(crate) fn is_declared() -> bool {
    within(Duration::ZERO)
}
