//! The caller's handle on an operation.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crochet_reactor::{Label, WaitKey};

use crate::cancel_on_drop::CancelOnDrop;
use crate::error::{EventualError, WaitError};
use crate::failure::Failure;
use crate::setter::{self, ResultSetter};
use crate::source::Source;
use crate::stash::{self, ResultId};
use crate::tracked::{Ended, Tracked};

/// The result that an operation will have: Crochet's `EventualResult`.
///
/// It is returned by [`run_in_reactor`](fn@crate::run_in_reactor), by functions with that
/// attribute and by [`operation`](crate::operation), at once, while the operation goes on;
/// [`pair`](Self::pair) makes one before there is an operation. Any number of threads may
/// [`wait`](Self::wait) for it, as often as they like; [`take`](Self::take) moves the result out.
/// It is also a [`Future`], for any executor. [`stash`](Self::stash) keeps it under an id.
///
/// Dropping it lets the operation go on by itself; if it fails then, or has failed and nobody
/// asked, that is logged once, as an error with the target `crochet`. Asking is a wait that returns
/// the failure, [`take`](Self::take), awaiting, or [`original_failure`](Self::original_failure). A
/// timeout, a cancellation, a deadline that passes and a stop of the reactor are not failures of
/// the operation, and nothing is logged for them.
#[must_use = "dropping it lets the operation go on by itself"]
pub struct EventualResult<T, E = Infallible> {
    // There until the result is taken, which consumes the handle.
    source: Option<Source<T, E>>,
    label: Label,
    key: Option<WaitKey>,
}

const KEPT: &str = "only consuming the handle takes its source";

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
    pub(crate) fn new(source: Source<T, E>, label: Label) -> Self {
        Self {
            source: Some(source),
            label,
            key: None,
        }
    }

    /// Makes a result whose operation is not there yet, and what sets it: Crochet's
    /// `connect_deferred`.
    ///
    /// It belongs to the process's reactor, as if an operation ran there until it is set: it ends
    /// as stopped when the reactor stops, and [`drain`](crate::drain) waits for it. When there is
    /// no reactor, or it has stopped, the result has failed from the start.
    ///
    /// ```
    /// use std::thread;
    /// use std::time::Duration;
    ///
    /// use crochet::EventualResult;
    ///
    /// crochet::setup()?;
    /// let (setter, result) = EventualResult::<u32, String>::pair();
    /// thread::spawn(move || setter.set(Ok(7)));
    /// assert_eq!(result.wait(Duration::from_secs(5)).unwrap(), 7);
    /// # Ok::<(), crochet::SetupError>(())
    /// ```
    ///
    /// # Cancellation
    ///
    /// Cancelling the result ends it at once; its setter learns of that when it asks or sets.
    #[track_caller]
    pub fn pair() -> (ResultSetter<T, E>, Self)
    where
        T: Send + 'static,
        E: fmt::Debug + Send + 'static,
    {
        setter::pair(Label::here())
    }

    /// Tells whether the operation has ended: waiting would not block.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.source().is_ended()
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
        self.source().wait(timeout)?;
        self.outcome().unwrap_or(Err(EventualError::Taken))
    }

    /// Waits for the result as [`wait`](Self::wait), and cancels the operation when it does not
    /// come in time or the wait is interrupted.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait). After [`EventualError::OnReactorThread`] the operation goes on.
    ///
    /// # Cancellation
    ///
    /// As [`cancel`](Self::cancel): this does not wait for the loop. A result that came at the last
    /// moment is returned.
    pub fn wait_or_cancel(&self, timeout: Duration) -> Result<T, EventualError<E>>
    where
        T: Repeatable,
        E: Repeatable,
    {
        let waited = self.source().wait_or_cancel(timeout);
        match (self.outcome(), waited) {
            (None | Some(Err(EventualError::Cancelled)), Err(given_up)) => Err(given_up.into()),
            (None, Ok(())) => Err(EventualError::Taken),
            (Some(outcome), _) => outcome,
        }
    }

    /// Waits for the result, at most for `timeout`, and moves it out.
    ///
    /// # Errors
    ///
    /// The outer `Err` gives the handle back: there is no result in time, or there is none yet and
    /// the calling thread runs a reactor. The inner one is whatever the operation ended with.
    pub fn take(mut self, timeout: Duration) -> Result<Result<T, EventualError<E>>, Self> {
        // Whether it has ended is asked of the operation itself, next.
        match self.source().wait(timeout) {
            Ok(()) | Err(_) => {}
        }
        match self.source.take().expect(KEPT).take() {
            Ok(outcome) => Ok(into_result(outcome)),
            // It may have ended just now.
            Err(source) if source.is_ended() => Ok(match source.take() {
                Ok(outcome) => into_result(outcome),
                Err(_) => Err(EventualError::Taken),
            }),
            Err(source) => {
                self.source = Some(source);
                Err(self)
            }
        }
    }

    /// Asks for the operation to be cancelled, and returns at once.
    ///
    /// # Cancellation
    ///
    /// One that has not begun never will. One that has begun is dropped by the reactor, on the
    /// reactor's thread, when it next gets to it. One that has ended keeps its result. Idempotent.
    pub fn cancel(&self) {
        self.source().cancel();
    }

    /// Makes dropping the handle cancel the operation, instead of letting it go on by itself.
    pub fn cancel_on_drop(self) -> CancelOnDrop<T, E> {
        CancelOnDrop::new(self)
    }

    /// Tells what went wrong: where the operation was submitted, what it is called, and its error
    /// or where it panicked. `None` while it has not ended, and when it has a value.
    ///
    /// This counts as asking: the failure is not logged as one that nobody asked for.
    #[must_use = "looking at a failure keeps it from being logged"]
    pub fn original_failure(&self) -> Option<Failure> {
        let cause = match self.source().peek()? {
            Err(error) => error.into(),
            Ok(tracked) => match tracked.as_result().err()? {
                Ended::Failed(error) => EventualError::Failed(tracked.describe(error)),
                Ended::Late => EventualError::DeadlineExceeded,
            },
        };
        Some(Failure::new(self.label, cause))
    }

    /// Keeps the result in the process's stash, to be fetched by
    /// [`retrieve_result`](crate::retrieve_result).
    ///
    /// The operation goes on. A failure in the stash that nobody fetches is logged when the stash
    /// gives it up, which is when it is too old or too many came after it, or (on Unix) when the process
    /// ends; see [`StashLimits`](crate::StashLimits).
    ///
    /// As the original, this is made for web programs: begin a download in one request, keep the
    /// id in the visitor's session, and look for the result in the next request.
    #[must_use = "without its id the result cannot be retrieved"]
    pub fn stash(self) -> ResultId
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        stash::keep(self)
    }

    fn source(&self) -> &Source<T, E> {
        self.source.as_ref().expect(KEPT)
    }

    /// Returns a copy of the outcome, if there is one.
    fn outcome(&self) -> Option<Result<T, EventualError<E>>>
    where
        T: Repeatable,
        E: Repeatable,
    {
        Some(match self.source().peek()? {
            Err(error) => Err(error.into()),
            Ok(tracked) => match tracked.as_result() {
                Ok(value) => Ok(value.repeat()),
                Err(Ended::Failed(error)) => Err(EventualError::Failed(error.repeat())),
                Err(Ended::Late) => Err(EventualError::DeadlineExceeded),
            },
        })
    }
}

fn into_result<T, E>(outcome: Result<Tracked<T, E>, WaitError>) -> Result<T, EventualError<E>> {
    match outcome {
        Ok(tracked) => tracked.into_result().map_err(EventualError::from),
        Err(error) => Err(error.into()),
    }
}

impl<T, E> Future for EventualResult<T, E> {
    type Output = Result<T, EventualError<E>>;

    /// Polls for the result and moves it out.
    ///
    /// After it was ready the result is gone: polling again, as waiting, gives
    /// [`EventualError::Taken`].
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { source, key, .. } = &mut *self;
        let source = source.as_mut().expect(KEPT);
        if source.is_taken() {
            return Poll::Ready(Err(EventualError::Taken));
        }
        source.poll_take(key, cx).map(into_result)
    }
}

impl<T, E> Drop for EventualResult<T, E> {
    fn drop(&mut self) {
        // The operation may go on for long, and is not to keep the waker of who awaited it.
        if let (Some(source), Some(key)) = (&self.source, self.key.take()) {
            source.unregister(key);
        }
    }
}

impl<T, E> fmt::Debug for EventualResult<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventualResult")
            .field("operation", &format_args!("{}", self.label))
            .field("ready", &self.is_ready())
            .finish_non_exhaustive()
    }
}
