//! A handle that takes its operation with it.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::error::EventualError;
use crate::eventual_result::EventualResult;

/// An [`EventualResult`] that cancels its operation when it is dropped, made by
/// [`cancel_on_drop`](EventualResult::cancel_on_drop).
///
/// ```
/// use std::future;
/// use std::time::Duration;
///
/// crochet::setup()?;
/// let result = crochet::run_in_reactor(future::pending::<()>).cancel_on_drop();
/// assert!(result.wait(Duration::ZERO).is_err());
/// drop(result); // The operation ends here, although it has no end of its own.
/// # Ok::<(), crochet::SetupError>(())
/// ```
///
/// # Cancellation
///
/// As by [`cancel`](EventualResult::cancel): an operation that has ended keeps its result, so a
/// failure that nobody asked for is still logged.
#[must_use = "dropping it cancels the operation"]
pub struct CancelOnDrop<T, E = Infallible> {
    // There until the handle is taken out, which consumes this.
    result: Option<EventualResult<T, E>>,
}

const KEPT: &str = "only consuming it takes the handle out";

impl<T, E> CancelOnDrop<T, E> {
    pub(crate) fn new(result: EventualResult<T, E>) -> Self {
        Self {
            result: Some(result),
        }
    }

    /// Returns the handle, whose drop lets the operation go on by itself again.
    pub fn into_inner(mut self) -> EventualResult<T, E> {
        self.result.take().expect(KEPT)
    }

    /// Waits for the result and moves it out, as [`EventualResult::take`].
    ///
    /// # Errors
    ///
    /// As [`EventualResult::take`]: the outer `Err` gives this back.
    pub fn take(self, timeout: Duration) -> Result<Result<T, EventualError<E>>, Self> {
        self.into_inner().take(timeout).map_err(Self::new)
    }
}

impl<T, E> Deref for CancelOnDrop<T, E> {
    type Target = EventualResult<T, E>;

    fn deref(&self) -> &EventualResult<T, E> {
        self.result.as_ref().expect(KEPT)
    }
}

impl<T, E> Drop for CancelOnDrop<T, E> {
    fn drop(&mut self) {
        if let Some(result) = &self.result {
            result.cancel();
        }
    }
}

impl<T, E> Future for CancelOnDrop<T, E> {
    type Output = Result<T, EventualError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(self.result.as_mut().expect(KEPT)).poll(cx)
    }
}

impl<T, E> fmt::Debug for CancelOnDrop<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CancelOnDrop").field(&**self).finish()
    }
}
