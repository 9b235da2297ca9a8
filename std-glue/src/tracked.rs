//! An operation's own result, which answers for an error that nobody asked for.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use crochet_reactor::Label;

/// A value or an error; an error that nobody has looked at is logged once, when it is dropped.
pub(crate) struct Tracked<T, E> {
    result: Option<Result<T, E>>,
    seen: AtomicBool,
    label: Label,
    // The type's way to show its errors, found where the bound is known.
    show: fn(&E, &mut fmt::Formatter<'_>) -> fmt::Result,
}

impl<T, E: fmt::Debug> Tracked<T, E> {
    pub(crate) fn new(result: Result<T, E>, label: Label) -> Self {
        Self {
            result: Some(result),
            seen: AtomicBool::new(false),
            label,
            show: E::fmt,
        }
    }
}

impl<T, E> Tracked<T, E> {
    /// Looks at the result; from here on the caller answers for an error.
    pub(crate) fn as_result(&self) -> Result<&T, &E> {
        self.seen.store(true, Ordering::Relaxed);
        self.result.as_ref().expect(TAKEN_ONCE).as_ref()
    }

    /// Takes the result; from here on the caller answers for an error.
    pub(crate) fn into_result(mut self) -> Result<T, E> {
        self.result.take().expect(TAKEN_ONCE)
    }
}

const TAKEN_ONCE: &str = "only consuming a result takes it";

impl<T, E> Drop for Tracked<T, E> {
    fn drop(&mut self) {
        if let (Some(Err(error)), false) = (&self.result, *self.seen.get_mut()) {
            let error = Shown(error, self.show);
            log::error!(target: "crochet", "{} failed, and nobody asked: {error}", self.label);
        }
    }
}

struct Shown<'a, E>(&'a E, fn(&E, &mut fmt::Formatter<'_>) -> fmt::Result);

impl<E> fmt::Display for Shown<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.1)(self.0, f)
    }
}
