//! What destructors and the loop's own code find wrong, where a panic would be contained or end the process.

use std::sync::{Mutex, PoisonError};

static FAULTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Notes something that must not be.
pub(crate) fn note(fault: String) {
    let mut faults = FAULTS.lock().unwrap_or_else(PoisonError::into_inner);
    faults.push(fault);
}

/// Notes something that must not be, unless it is not.
pub(crate) fn expect(holds: bool, otherwise: impl FnOnce() -> String) {
    if !holds {
        note(otherwise());
    }
}

/// Returns what has been noted.
pub(crate) fn take() -> Vec<String> {
    std::mem::take(&mut *FAULTS.lock().unwrap_or_else(PoisonError::into_inner))
}
