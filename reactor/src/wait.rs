//! Waiting for an operation from a thread that may block.

use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crochet_core::eventual::{End, WaitKey};
use crochet_core::scheduler::Scheduler;
use crochet_core::task;

use crate::caught::Outcome;
use crate::panic::Panic;
use crate::spawn::JoinError;
use crate::thread::is_reactor_thread;
use crate::unparker::Unparker;

/// An operation that was submitted to a reactor: its result, and the right to cancel it.
///
/// Dropping it lets the operation go on by itself.
pub struct Operation<T> {
    inner: task::Operation<Scheduler<Unparker>, Outcome<T>>,
}

/// Why waiting for an operation came to nothing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum BlockingError {
    /// The time was up.
    TimedOut,
    /// The calling thread runs a reactor; blocking it would block all of that reactor's work.
    OnReactorThread,
    /// The reactor's queue stayed full until the time was up.
    Full,
    /// The operation has no result.
    Ended(JoinError),
}

impl fmt::Display for BlockingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("the operation did not end in time"),
            Self::OnReactorThread => f.write_str(
                "this thread runs a reactor, which a blocking call would stop: await the operation",
            ),
            Self::Full => f.write_str("the reactor's queue was full"),
            Self::Ended(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BlockingError {}

impl From<End> for JoinError {
    fn from(end: End) -> Self {
        match end {
            End::Stopped => Self::Stopped,
            _ => Self::Cancelled,
        }
    }
}

impl<T> Operation<T> {
    pub(crate) fn new(inner: task::Operation<Scheduler<Unparker>, Outcome<T>>) -> Self {
        Self { inner }
    }

    /// Tells whether the operation has ended.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.inner.is_ended()
    }

    /// Looks at the outcome: `None` while the operation has not ended.
    ///
    /// A panic that was looked at is not logged as unseen.
    #[must_use]
    pub fn peek(&self) -> Option<Result<&T, JoinError>> {
        Some(match self.inner.peek()? {
            Ok(outcome) => outcome
                .as_result()
                .map_err(|panic: &Panic| JoinError::Panicked(panic.clone())),
            Err(end) => Err(end.into()),
        })
    }

    /// Takes the outcome.
    ///
    /// # Errors
    ///
    /// Gives the operation back while it has not ended.
    pub fn take(self) -> Result<Result<T, JoinError>, Self> {
        self.inner
            .take()
            .map(flatten)
            .map_err(|inner| Self { inner })
    }

    /// Polls for the outcome and takes it; `key` keeps the registration between polls.
    pub fn poll_take(
        &mut self,
        key: &mut Option<WaitKey>,
        cx: &TaskContext<'_>,
    ) -> Poll<Result<T, JoinError>> {
        self.inner.poll_take(key, cx).map(flatten)
    }

    /// Cancels the operation.
    ///
    /// # Cancellation
    ///
    /// One that has not begun never will, and its function is dropped here. One that has begun is
    /// dropped by the loop, soon, on the loop's thread. One that has ended keeps its result.
    /// Idempotent.
    pub fn cancel(&self) {
        self.inner.cancel();
    }

    /// Blocks until the operation has ended, at most for `timeout`.
    ///
    /// The result stays where it is, and any number of threads may wait for it.
    ///
    /// # Errors
    ///
    /// [`BlockingError::TimedOut`], or [`BlockingError::OnReactorThread`] when it has not ended
    /// and the calling thread runs a reactor. Either leaves the operation as it was.
    pub fn wait(&self, timeout: Duration) -> Result<(), BlockingError> {
        if self.is_ended() {
            return Ok(());
        }
        if is_reactor_thread() {
            return Err(BlockingError::OnReactorThread);
        }
        if self.park(Some(timeout)) {
            Ok(())
        } else {
            Err(BlockingError::TimedOut)
        }
    }

    /// Blocks until the operation has ended; `false` when the time was up before.
    fn park(&self, timeout: Option<Duration>) -> bool {
        // A deadline too far away to be an instant is too far away to come.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        with_unparker(|waker| {
            let Ok(key) = self.inner.register(waker) else {
                return true;
            };
            let mut left = timeout;
            while !self.is_ended() {
                match (deadline, left) {
                    (Some(_), Some(left)) if left.is_zero() => {
                        self.inner.unregister(key);
                        return self.is_ended();
                    }
                    (Some(_), Some(left)) => thread::park_timeout(left),
                    _ => thread::park(),
                }
                left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            }
            self.inner.unregister(key);
            true
        })
    }
}

/// Ends a borrowing operation and waits until nothing is left of it.
///
/// It cannot be given up: what the operation borrows ends soon after. So this waits without a
/// limit for the loop to drop the operation, which the loop does when it next gets to it.
pub(crate) struct EndOnDrop<'a, T>(pub(crate) &'a Operation<T>);

impl<T> Drop for EndOnDrop<'_, T> {
    fn drop(&mut self) {
        self.0.cancel();
        while !self.0.is_ended() {
            self.0.park(None);
        }
    }
}

struct UnparkThread(Thread);

impl Wake for UnparkThread {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

thread_local! {
    // Made once a thread: waiting allocates nothing after the first time.
    static UNPARKER: OnceCell<Waker> = const { OnceCell::new() };
}

/// Calls `body` with a waker that unparks the calling thread.
fn with_unparker<R>(body: impl FnOnce(&Waker) -> R) -> R {
    let make = || Waker::from(Arc::new(UnparkThread(thread::current())));
    let mut body = Some(body);
    let mut run = |waker: &Waker| body.take().map(|body| body(waker));
    let result = match UNPARKER.try_with(|cell| run(cell.get_or_init(make))) {
        Ok(result) => result,
        // The thread's locals are being destroyed: this wait has a waker of its own.
        Err(_) => run(&make()),
    };
    result.expect("the body is called exactly once")
}

fn flatten<T>(outcome: Result<Outcome<T>, End>) -> Result<T, JoinError> {
    outcome?.into_result().map_err(JoinError::Panicked)
}

impl<T> fmt::Debug for Operation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
