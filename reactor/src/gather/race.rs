//! The first of several futures.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use super::Outputs;
use super::children::Children;

/// Waits for the first future to end, whatever its output, and returns its place and output.
///
/// The others have been dropped by then, which cancels deferreds. Of those that are ready at the
/// first poll, the first in their order wins.
///
/// # Panics
///
/// When there is no future: nobody can win.
///
/// # Cancellation
///
/// Dropping the returned future drops all of them.
pub fn race<I>(futures: I) -> Race<I::Item>
where
    I: IntoIterator,
    I::Item: Future,
{
    let children = Children::new(futures);
    assert!(children.len() > 0, "a race needs at least one future");
    Race { children }
}

/// Waits for the first future to succeed, and returns its place and value: Twisted's `race`.
///
/// The others have been dropped by then, which cancels deferreds. When all fail, so does this, with
/// their errors in the order of the futures; with no future at all, at once.
///
/// ```
/// use crochet_reactor::{Deferred, Reactor, race_ok};
///
/// let mut reactor = Reactor::new()?;
/// let (_resolver, slow) = Deferred::new();
/// let ended = reactor.block_on(race_ok([Deferred::fired(Err("refused")), Deferred::fired(Ok(7)), slow]))?;
/// assert_eq!(ended, Ok((1, 7)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Cancellation
///
/// As [`race`].
pub fn race_ok<I, T, E>(futures: I) -> RaceOk<I::Item, E>
where
    I: IntoIterator,
    I::Item: Future<Output = Result<T, E>>,
{
    let children = Children::new(futures);
    RaceOk {
        errors: Outputs::new(children.len()),
        children,
    }
}

/// The future of [`race`].
#[must_use = "a future does nothing unless it is polled"]
pub struct Race<F> {
    children: Children<F>,
}

/// The future of [`race_ok`].
#[must_use = "a future does nothing unless it is polled"]
pub struct RaceOk<F, E> {
    children: Children<F>,
    errors: Outputs<E>,
}

impl<F: Future> Future for Race<F> {
    type Output = (usize, F::Output);

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let Some(winner) = ready!(self.children.poll_next(cx)) else {
            panic!("a race was polled after it was ready");
        };
        self.children.drop_all();
        Poll::Ready(winner)
    }
}

impl<F, T, E> Future for RaceOk<F, E>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<(usize, T), Vec<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        while let Some((index, result)) = ready!(this.children.poll_next(cx)) {
            match result {
                Ok(value) => {
                    this.children.drop_all();
                    this.errors.drop_all();
                    return Poll::Ready(Ok((index, value)));
                }
                Err(error) => this.errors.put(index, error),
            }
        }
        Poll::Ready(Err(this.errors.take()))
    }
}

impl<F> fmt::Debug for Race<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Race")
            .field("left", &self.children.left())
            .finish_non_exhaustive()
    }
}

impl<F, E> fmt::Debug for RaceOk<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RaceOk")
            .field("left", &self.children.left())
            .finish_non_exhaustive()
    }
}
