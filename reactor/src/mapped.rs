//! A future with its output changed.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::project::{Pinned, project};

/// Applies a function to the output of a future, if there is a future.
///
/// The new output is complete before the future is dropped. An `async` block that awaits the future
/// drops it between the two, and when that panics, the output is lost.
pub struct Mapped<F, G> {
    future: Pinned<F>,
    map: Option<G>,
}

project!(Mapped<F, G>.future: Pinned<F>, rest: map: Option<G>);

impl<F, G> Mapped<F, G> {
    /// Wraps a future; without one, `map` gets `None` at the first poll.
    pub fn new(future: Option<F>, map: G) -> Self {
        let future = future.map_or_else(Pinned::empty, Pinned::new);
        Self {
            future,
            map: Some(map),
        }
    }
}

impl<F, G, R> Future for Mapped<F, G>
where
    F: Future,
    G: FnOnce(Option<F::Output>) -> R,
{
    type Output = R;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let (future, (map,)) = self.project();
        let output = match future.get() {
            Ok(future) => Some(ready!(future.poll(cx))),
            Err(()) => None,
        };
        let map = map.take().expect("it is polled only until it is ready");
        Poll::Ready(map(output))
    }
}

impl<F, G> fmt::Debug for Mapped<F, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapped").finish_non_exhaustive()
    }
}
