//! Where the outcome of an [`EventualResult`](crate::EventualResult) comes from.

use std::task::{Context, Poll};
use std::time::Duration;

use crochet_reactor::{JoinError, Operation, Promise, WaitKey};

use crate::error::WaitError;
use crate::tracked::Tracked;

/// What will have an outcome, or was refused one from the start.
pub(crate) enum Source<T, E> {
    /// A reactor runs it.
    Operation(Operation<Tracked<T, E>>),
    /// Somebody sets it.
    Promise(Promise<Tracked<T, E>>),
    /// Nothing was submitted.
    Refused(WaitError),
}

impl<T, E> Source<T, E> {
    pub(crate) fn is_ended(&self) -> bool {
        match self {
            Self::Operation(operation) => operation.is_ended(),
            Self::Promise(promise) => promise.is_ended(),
            Self::Refused(_) => true,
        }
    }

    /// Blocks until there is an outcome, at most for `timeout`.
    pub(crate) fn wait(&self, timeout: Duration) -> Result<(), WaitError> {
        match self {
            Self::Operation(operation) => Ok(operation.wait(timeout)?),
            Self::Promise(promise) => Ok(promise.wait(timeout)?),
            Self::Refused(_) => Ok(()),
        }
    }

    /// Blocks as [`wait`](Self::wait), and cancels when the time is up or the wait is interrupted.
    pub(crate) fn wait_or_cancel(&self, timeout: Duration) -> Result<(), WaitError> {
        match self {
            Self::Operation(operation) => Ok(operation.wait_or_cancel(timeout)?),
            Self::Promise(promise) => Ok(promise.wait_or_cancel(timeout)?),
            Self::Refused(_) => Ok(()),
        }
    }

    /// Tells whether there was an outcome that has been polled out.
    pub(crate) fn is_taken(&self) -> bool {
        self.is_ended() && self.peek().is_none()
    }

    /// Looks at the outcome: `None` while there is none, and after it was polled out.
    ///
    /// From here on the caller answers for a panic.
    pub(crate) fn peek(&self) -> Option<Result<&Tracked<T, E>, WaitError>> {
        let outcome = match self {
            Self::Operation(operation) => operation.peek(),
            Self::Promise(promise) => promise.peek(),
            Self::Refused(error) => return Some(Err(error.clone())),
        };
        outcome.map(|outcome| outcome.map_err(WaitError::from))
    }

    /// Takes the outcome, or gives this back while there is none.
    pub(crate) fn take(self) -> Result<Result<Tracked<T, E>, WaitError>, Self> {
        let taken = match self {
            Self::Operation(operation) => operation.take().map_err(Self::Operation),
            Self::Promise(promise) => promise.take().map_err(Self::Promise),
            Self::Refused(error) => return Ok(Err(error)),
        };
        taken.map(|outcome| outcome.map_err(WaitError::from))
    }

    /// Polls for the outcome and takes it; `key` keeps the registration between polls.
    pub(crate) fn poll_take(
        &mut self,
        key: &mut Option<WaitKey>,
        cx: &Context<'_>,
    ) -> Poll<Result<Tracked<T, E>, WaitError>> {
        let polled: Poll<Result<_, JoinError>> = match self {
            Self::Operation(operation) => operation.poll_take(key, cx),
            Self::Promise(promise) => promise.poll_take(key, cx),
            Self::Refused(error) => return Poll::Ready(Err(error.clone())),
        };
        polled.map(|outcome| outcome.map_err(WaitError::from))
    }

    /// Takes back the registration that [`poll_take`](Self::poll_take) has left.
    pub(crate) fn unregister(&self, key: WaitKey) {
        match self {
            Self::Operation(operation) => operation.unregister(key),
            Self::Promise(promise) => promise.unregister(key),
            Self::Refused(_) => {}
        }
    }

    pub(crate) fn cancel(&self) {
        match self {
            Self::Operation(operation) => operation.cancel(),
            Self::Promise(promise) => promise.cancel(),
            Self::Refused(_) => {}
        }
    }
}
