//! What is known about an operation that failed.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crochet_reactor::{Label, Panic};

use crate::error::EventualError;

/// Why an operation has no value and where it came from, as
/// [`EventualResult::original_failure`](crate::EventualResult::original_failure) tells.
///
/// Its `Display` takes several lines: what was submitted where, what happened, and the backtrace of
/// a panic when `RUST_BACKTRACE` asked for one.
#[derive(Clone)]
pub struct Failure {
    inner: Arc<Inner>,
}

struct Inner {
    label: Label,
    cause: EventualError<String>,
}

impl Failure {
    pub(crate) fn new(label: Label, cause: EventualError<String>) -> Self {
        Self {
            inner: Arc::new(Inner { label, cause }),
        }
    }

    /// Returns where the operation was submitted.
    #[must_use]
    pub fn site(&self) -> &'static Location<'static> {
        self.inner.label.site()
    }

    /// Returns the operation's name, if it has one: the path of the function that was decorated, or
    /// what [`OperationBuilder::name`](crate::OperationBuilder::name) set.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        self.inner.label.name()
    }

    /// Returns how the operation ended; [`Failed`](EventualError::Failed) has the `Debug` text of
    /// its error.
    #[must_use]
    pub fn cause(&self) -> &EventualError<String> {
        &self.inner.cause
    }

    /// Returns the `Debug` text of the operation's own error, if that is how it ended.
    ///
    /// The error itself stays where it is, to be waited for or taken.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        match &self.inner.cause {
            EventualError::Failed(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the panic, if that is how the operation ended.
    #[must_use]
    pub fn panic(&self) -> Option<&Panic> {
        match &self.inner.cause {
            EventualError::Panicked(panic) => Some(panic),
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.inner.label)?;
        match &self.inner.cause {
            EventualError::Failed(text) => write!(f, "failed: {text}"),
            EventualError::Panicked(panic) => {
                write!(f, "panicked: {panic}")?;
                match panic.backtrace() {
                    Some(trace) => write!(f, "\n{trace}"),
                    None => Ok(()),
                }
            }
            other => write!(f, "has no result: {other}"),
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("name", &self.name())
            .field("site", &format_args!("{}", self.site()))
            .field("cause", self.cause())
            .finish()
    }
}
