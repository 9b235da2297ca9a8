//! The caller's handle on an operation.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crochet_reactor::{BlockingError, JoinError, Operation, WaitKey};

use crate::error::{EventualError, WaitError};
use crate::tracked::Tracked;

/// The result that an operation will have: Crochet's `EventualResult`.
///
/// It is returned by [`run_in_reactor`](fn@crate::run_in_reactor) and by functions with that
/// attribute, at once, while the operation goes on. Any number of threads may
/// [`wait`](Self::wait) for it, as often as they like; [`take`](Self::take) moves the result out.
/// It is also a [`Future`], for any executor.
///
/// Dropping it lets the operation go on by itself; if it fails then, or has failed and nobody asked,
/// that is logged once, as an error with the target `crochet`.
#[must_use = "dropping it lets the operation go on by itself"]
pub struct EventualResult<T, E = Infallible> {
    state: State<T, E>,
}

enum State<T, E> {
    Submitted {
        operation: Operation<Tracked<T, E>>,
        key: Option<WaitKey>,
    },
    Refused(WaitError),
}

// Nothing of the result is in the handle itself.
impl<T, E> Unpin for EventualResult<T, E> {}

/// What [`EventualResult::wait`] can hand out again and again: whatever is `Clone`.
#[diagnostic::on_unimplemented(
    message = "`wait` hands out a copy of the result, and `{Self}` is not `Clone`",
    label = "a result that cannot be cloned",
    note = "use `take`, which moves the result out, or derive `Clone`"
)]
pub trait Repeatable {
    #[doc(hidden)]
    fn repeat(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Repeatable for T {
    fn repeat(&self) -> Self {
        self.clone()
    }
}

impl<T, E> EventualResult<T, E> {
    pub(crate) fn submitted(operation: Operation<Tracked<T, E>>) -> Self {
        let key = None;
        Self {
            state: State::Submitted { operation, key },
        }
    }

    pub(crate) fn refused(error: WaitError) -> Self {
        Self {
            state: State::Refused(error),
        }
    }

    /// Tells whether the operation has ended: waiting would not block.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        match &self.state {
            State::Submitted { operation, .. } => operation.is_ended(),
            State::Refused(_) => true,
        }
    }

    /// Waits for the result, at most for `timeout`, and returns a copy of it.
    ///
    /// It may be called again, from any thread, and gives the same outcome once there is one. A
    /// timeout is not terminal: the operation goes on, and a later wait may give its result.
    ///
    /// # Errors
    ///
    /// [`EventualError::Timeout`] when there is no result in time,
    /// [`EventualError::OnReactorThread`] when there is none yet and the calling thread runs a
    /// reactor, otherwise whatever the operation ended with.
    pub fn wait(&self, timeout: Duration) -> Result<T, EventualError<E>>
    where
        T: Repeatable,
        E: Repeatable,
    {
        let State::Submitted { operation, .. } = &self.state else {
            return Err(self.refusal());
        };
        operation.wait(timeout).map_err(eventual_error)?;
        match operation.peek() {
            Some(Ok(tracked)) => match tracked.as_result() {
                Ok(value) => Ok(value.repeat()),
                Err(error) => Err(EventualError::Failed(error.repeat())),
            },
            Some(Err(error)) => Err(WaitError::from(error).into()),
            None => Err(EventualError::Timeout),
        }
    }

    /// Waits for the result, at most for `timeout`, and moves it out.
    ///
    /// # Errors
    ///
    /// The outer `Err` gives the handle back: there is no result in time, or there is none yet and
    /// the calling thread runs a reactor. The inner one is whatever the operation ended with.
    pub fn take(self, timeout: Duration) -> Result<Result<T, EventualError<E>>, Self> {
        let refusal = self.refusal();
        let State::Submitted { operation, key } = self.state else {
            return Ok(Err(refusal));
        };
        // Whether it has ended is asked of the operation itself, next.
        match operation.wait(timeout) {
            Ok(()) | Err(_) => {}
        }
        match operation.take() {
            Ok(outcome) => Ok(into_result(outcome)),
            Err(operation) => Err(Self {
                state: State::Submitted { operation, key },
            }),
        }
    }

    /// Asks for the operation to be cancelled, and returns at once.
    ///
    /// # Cancellation
    ///
    /// One that has not begun never will. One that has begun is dropped by the reactor, on the
    /// reactor's thread, when it next gets to it. One that has ended keeps its result. Idempotent.
    pub fn cancel(&self) {
        if let State::Submitted { operation, .. } = &self.state {
            operation.cancel();
        }
    }

    fn refusal(&self) -> EventualError<E> {
        match &self.state {
            State::Refused(error) => error.clone().into(),
            State::Submitted { .. } => EventualError::Timeout,
        }
    }
}

fn into_result<T, E>(outcome: Result<Tracked<T, E>, JoinError>) -> Result<T, EventualError<E>> {
    match outcome {
        Ok(tracked) => tracked.into_result().map_err(EventualError::Failed),
        Err(error) => Err(WaitError::from(error).into()),
    }
}

fn eventual_error<E>(error: BlockingError) -> EventualError<E> {
    WaitError::from(error).into()
}

impl<T, E> Future for EventualResult<T, E> {
    type Output = Result<T, EventualError<E>>;

    /// Polls for the result and moves it out.
    ///
    /// After it was ready the result is gone: polling again, as waiting, gives nothing.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.state {
            State::Submitted { operation, key } => operation.poll_take(key, cx).map(into_result),
            State::Refused(error) => Poll::Ready(Err(error.clone().into())),
        }
    }
}

impl<T, E> fmt::Debug for EventualResult<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventualResult")
            .field("ready", &self.is_ready())
            .finish_non_exhaustive()
    }
}
