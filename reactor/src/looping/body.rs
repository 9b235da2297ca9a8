//! What a looping call calls.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use crate::caught::{Contained, Outcome};
use crate::label::Label;
use crate::project::Pinned;

/// A function with the future of its present call. Its panics do not get out.
pub(super) trait Body<E> {
    /// Calls the function.
    fn call(&mut self, count: u64);

    /// Polls what the function returned.
    fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<Outcome<Result<(), E>>>;

    /// Drops what the function returned.
    fn drop_call(&mut self);
}

/// The futures of all calls are put into the same place, so that a call allocates nothing.
pub(super) struct Calls<M, F> {
    make: M,
    present: Pin<Box<Pinned<Contained<F>>>>,
    label: Label,
}

impl<M, F> Calls<M, F> {
    pub(super) fn new(make: M, label: Label) -> Self {
        Self {
            make,
            present: Box::pin(Pinned::empty()),
            label,
        }
    }
}

impl<M, F, E> Body<E> for Calls<M, F>
where
    M: FnMut(u64) -> F,
    F: Future<Output = Result<(), E>>,
{
    fn call(&mut self, count: u64) {
        let call = Contained::make(|| (self.make)(count));
        self.present.set(Pinned::new(call));
    }

    fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<Outcome<Result<(), E>>> {
        match self.present.as_mut().get() {
            Ok(call) => call.poll_as(cx, |_| self.label),
            Err(()) => unreachable!("a call is polled after it was made"),
        }
    }

    fn drop_call(&mut self) {
        self.present.as_mut().clear();
    }
}
