//! An operation's own result, which answers for an error that nobody asked for.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use crochet_reactor::Label;
use crochet_reactor::messages::OneLine;

use crate::error::EventualError;

/// A value or what came instead; an error that nobody has looked at is logged once, when it is
/// dropped.
pub(crate) struct Tracked<T, E> {
    result: Option<Result<T, Ended<E>>>,
    seen: AtomicBool,
    label: Label,
    // The type's way to show its errors, found where the bound is known.
    show: fn(&E, &mut fmt::Formatter<'_>) -> fmt::Result,
}

/// How an operation ended without a value.
pub(crate) enum Ended<E> {
    /// With an error of its own.
    Failed(E),
    /// By its deadline, which its submitter wanted: not a failure to be logged.
    Late,
}

impl<E> From<Ended<E>> for EventualError<E> {
    fn from(ended: Ended<E>) -> Self {
        match ended {
            Ended::Failed(error) => Self::Failed(error),
            Ended::Late => Self::DeadlineExceeded,
        }
    }
}

impl<T, E: fmt::Debug> Tracked<T, E> {
    /// Keeps what an operation returned.
    pub(crate) fn new(result: Result<T, E>, label: Label) -> Self {
        Self::of(result.map_err(Ended::Failed), label)
    }

    /// Stands for the result of an operation that its deadline ended.
    pub(crate) fn late(label: Label) -> Self {
        Self::of(Err(Ended::Late), label)
    }

    fn of(result: Result<T, Ended<E>>, label: Label) -> Self {
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
    pub(crate) fn as_result(&self) -> Result<&T, Ended<&E>> {
        self.seen.store(true, Ordering::Relaxed);
        match self.result.as_ref().expect(TAKEN_ONCE) {
            Ok(value) => Ok(value),
            Err(Ended::Failed(error)) => Err(Ended::Failed(error)),
            Err(Ended::Late) => Err(Ended::Late),
        }
    }

    /// Takes the result; from here on the caller answers for an error.
    pub(crate) fn into_result(mut self) -> Result<T, Ended<E>> {
        self.result.take().expect(TAKEN_ONCE)
    }

    /// Takes back what nobody is going to see.
    ///
    /// A result that was made by [`new`](Self::new) is none that a deadline ended.
    pub(crate) fn into_own_result(self) -> Result<T, E> {
        self.into_result().map_err(|ended| match ended {
            Ended::Failed(error) => error,
            Ended::Late => unreachable!("only an operation has a deadline"),
        })
    }

    /// Returns the text of an error, as `Debug` has it.
    pub(crate) fn describe(&self, error: &E) -> String {
        Shown(error, self.show).to_string()
    }
}

const TAKEN_ONCE: &str = "only consuming a result takes it";

impl<T, E> Drop for Tracked<T, E> {
    fn drop(&mut self) {
        if self.label.is_forked() {
            // The parent has it as well, and answers for it.
            return;
        }
        if let (Some(Err(Ended::Failed(error))), false) = (&self.result, *self.seen.get_mut()) {
            let error = OneLine(Shown(error, self.show));
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
