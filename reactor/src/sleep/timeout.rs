//! Futures with a time limit.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use super::{Sleep, sleep, sleep_until};
use crate::deadline::Deadline;
use crate::project::project;

/// Waits for `future`, but no longer than `duration`, counted from this call.
///
/// A result that is ready when the time is up is returned.
///
/// # Panics
///
/// When the calling thread is not running a reactor.
///
/// # Cancellation
///
/// When the time is up, the future is dropped together with the returned one.
#[track_caller]
pub fn timeout<F: Future>(duration: Duration, future: F) -> Timeout<F> {
    Timeout {
        future,
        sleep: sleep(duration),
    }
}

/// Waits for `future`, but no longer than until `deadline`. Otherwise as [`timeout`].
///
/// # Panics
///
/// When the calling thread is not running a reactor.
#[track_caller]
pub fn timeout_at<F: Future>(deadline: &Deadline, future: F) -> Timeout<F> {
    Timeout {
        future,
        sleep: sleep_until(deadline),
    }
}

/// The future of [`timeout`] and [`timeout_at`].
#[derive(Debug)]
#[must_use = "a future does nothing unless it is polled"]
pub struct Timeout<F> {
    future: F,
    sleep: Sleep,
}

project!(Timeout<F>.future: F, rest: sleep: Sleep);

impl<F> Timeout<F> {
    /// Lets the limit be later than asked for, by up to `slack`, as [`Sleep::slack`].
    pub fn slack(mut self, slack: Duration) -> Self {
        self.sleep = self.sleep.slack(slack);
        self
    }
}

/// The time was up before the future was ready.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Elapsed(());

impl Elapsed {
    pub(crate) const fn new() -> Self {
        Self(())
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operation did not end in time")
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for std::io::Error {
    fn from(error: Elapsed) -> Self {
        Self::new(std::io::ErrorKind::TimedOut, error)
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let (future, (sleep,)) = self.project();
        if let Poll::Ready(output) = future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        Pin::new(sleep).poll(cx).map(|()| Err(Elapsed::new()))
    }
}
