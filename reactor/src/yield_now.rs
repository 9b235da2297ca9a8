//! Letting others have their turn.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Lets every task that is ready now run before the calling one goes on.
///
/// For code that computes for long between two waits. Timers and events have their turn when the
/// [budget](crate::Builder::budget) of the loop's turn is used up, which tasks that only yield do
/// soon. Works on any executor.
///
/// # Cancellation
///
/// Nothing is lost by dropping it.
///
/// # Examples
///
/// ```
/// let mut reactor = crochet_reactor::Reactor::new()?;
/// let sum = reactor.block_on(async {
///     let mut sum = 0_u64;
///     for number in 1..=1_000_000 {
///         sum += number;
///         if number % 10_000 == 0 {
///             crochet_reactor::yield_now().await;
///         }
///     }
///     sum
/// })?;
/// assert_eq!(sum, 500_000_500_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn yield_now() -> YieldNow {
    YieldNow(State::NotYet)
}

/// The future of [`yield_now`].
#[derive(Debug)]
#[must_use = "a future does nothing unless it is polled"]
pub struct YieldNow(State);

#[derive(Debug)]
enum State {
    NotYet,
    Yielded,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.0 {
            State::NotYet => {
                self.0 = State::Yielded;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            State::Yielded => Poll::Ready(()),
        }
    }
}
