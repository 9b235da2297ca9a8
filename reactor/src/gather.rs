//! Many futures as one.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

mod children;
mod race;

pub use race::{Race, RaceOk, race, race_ok};

use children::Children;

/// Waits for all futures, and returns their outputs in the order of the futures, failures among them:
/// Twisted's `DeferredList`.
///
/// Each future is polled when it has been woken, and not otherwise: waiting for many takes no longer
/// per future than waiting for one.
///
/// # Cancellation
///
/// Dropping the returned future drops those that have not ended, which cancels deferreds.
pub fn join_all<I>(futures: I) -> JoinAll<I::Item>
where
    I: IntoIterator,
    I::Item: Future,
{
    let children = Children::new(futures);
    JoinAll {
        outputs: Outputs::new(children.len()),
        children,
    }
}

/// Waits for all futures to succeed, and returns their values in the order of the futures; or for the
/// first to fail, and returns its error and place: Twisted's `gatherResults`.
///
/// When one has failed, the others have been dropped before that is told, which cancels deferreds.
///
/// ```
/// use crochet_reactor::{Deferred, Reactor, gather};
///
/// let mut reactor = Reactor::new()?;
/// let ended = reactor.block_on(gather([
///     Deferred::fired(Ok("first")),
///     Deferred::fired(Err("the second fails")),
/// ]))?;
/// let failed = ended.unwrap_err();
/// assert_eq!((failed.index(), failed.into_error()), (1, "the second fails"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Cancellation
///
/// As [`join_all`].
pub fn gather<I, T, E>(futures: I) -> Gather<I::Item, T>
where
    I: IntoIterator,
    I::Item: Future<Output = Result<T, E>>,
{
    let children = Children::new(futures);
    Gather {
        values: Outputs::new(children.len()),
        children,
    }
}

/// The future of [`join_all`].
#[must_use = "a future does nothing unless it is polled"]
pub struct JoinAll<F: Future> {
    children: Children<F>,
    outputs: Outputs<F::Output>,
}

/// The future of [`gather`].
#[must_use = "a future does nothing unless it is polled"]
pub struct Gather<F, T> {
    children: Children<F>,
    values: Outputs<T>,
}

/// The first failure of several futures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FirstError<E> {
    index: usize,
    error: E,
}

impl<E> FirstError<E> {
    /// Returns the place, among the futures, of the one that failed, counted from zero.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Returns the error.
    #[must_use]
    pub const fn error(&self) -> &E {
        &self.error
    }

    /// Takes the error out.
    #[must_use]
    pub fn into_error(self) -> E {
        self.error
    }
}

impl<E: fmt::Display> fmt::Display for FirstError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the future at {} failed: {}", self.index, self.error)
    }
}

impl<E: std::error::Error + 'static> std::error::Error for FirstError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Outputs that come in any order, in the order of their futures.
struct Outputs<T> {
    // None when they have been taken, or are not wanted any more.
    outputs: Option<Vec<Option<T>>>,
}

// They are never pinned.
impl<T> Unpin for Outputs<T> {}

impl<T> Outputs<T> {
    fn new(len: usize) -> Self {
        Self {
            outputs: Some((0..len).map(|_| None).collect()),
        }
    }

    fn put(&mut self, index: usize, output: T) {
        if let Some(outputs) = &mut self.outputs {
            outputs[index] = Some(output);
        }
    }

    fn take(&mut self) -> Vec<T> {
        let Some(outputs) = self.outputs.take() else {
            panic!("the future of several futures was polled after it was ready");
        };
        let all = outputs.into_iter().map(|output| output.expect(ALL_ENDED));
        all.collect()
    }

    fn drop_all(&mut self) {
        self.outputs = None;
    }
}

const ALL_ENDED: &str = "no future is left, so each has its output";

impl<F: Future> Future for JoinAll<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        while let Some((index, output)) = ready!(this.children.poll_next(cx)) {
            this.outputs.put(index, output);
        }
        Poll::Ready(this.outputs.take())
    }
}

impl<F, T, E> Future for Gather<F, T>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<Vec<T>, FirstError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        while let Some((index, result)) = ready!(this.children.poll_next(cx)) {
            match result {
                Ok(value) => this.values.put(index, value),
                Err(error) => {
                    this.children.drop_all();
                    this.values.drop_all();
                    return Poll::Ready(Err(FirstError { index, error }));
                }
            }
        }
        Poll::Ready(Ok(this.values.take()))
    }
}

impl<F: Future> fmt::Debug for JoinAll<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinAll")
            .field("left", &self.children.left())
            .finish_non_exhaustive()
    }
}

impl<F, T> fmt::Debug for Gather<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gather")
            .field("left", &self.children.left())
            .finish_non_exhaustive()
    }
}
