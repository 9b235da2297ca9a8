//! Deferreds with a time limit.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use super::cancel::Awaited;
use super::chain::{Chain, Source};
use super::slot::Slot;
use super::{Deferred, End, Lost};
use crate::label::Label;
use crate::sleep::{Elapsed, Sleep, sleep};

impl<T: 'static, E: From<Elapsed> + 'static> Deferred<T, E> {
    /// Cancels the deferred when `duration` from now has passed: Twisted's `addTimeout`.
    ///
    /// What it waits for then fails with [`Elapsed`], unless a canceller fired that with something else,
    /// and the result takes the usual way, as after [`cancel`](Self::cancel): callbacks that were added
    /// before are called, and may return a deferred, which is waited for without a limit. A cancellation
    /// of another kind stays what it is.
    ///
    /// # Panics
    ///
    /// When the calling thread is not running a reactor.
    #[track_caller]
    pub fn timeout(self, duration: Duration) -> Self {
        let label = Label::here();
        let (describe, _) = self.origin();
        let slot = Rc::new(Slot::new(describe, label));
        let timed = Timed {
            deferred: self,
            slot: Rc::clone(&slot),
            limit: Some(sleep(duration)),
        };
        let chain = Chain::begin(Box::new(timed), label);
        let end = Some(End::Chain(chain, slot));
        Self { end }
    }
}

struct Timed<T, E> {
    deferred: Deferred<T, E>,
    slot: Rc<Slot<T, E>>,
    // None when the time is up.
    limit: Option<Sleep>,
}

impl<T: 'static, E: From<Elapsed> + 'static> Source for Timed<T, E> {
    fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), Lost>> {
        loop {
            if let Poll::Ready(ended) = self.deferred.poll_end(cx) {
                return Poll::Ready(ended.map(|result| self.slot.put(result)));
            }
            let Some(limit) = &mut self.limit else {
                // A canceller has fired it, and the result is on its way through callbacks.
                return Poll::Pending;
            };
            ready!(Pin::new(limit).poll(cx));
            self.limit = None;
            self.deferred.cancel_with(|| E::from(Elapsed::new()));
        }
    }

    fn awaited(&self) -> Awaited {
        self.deferred.awaited()
    }
}
