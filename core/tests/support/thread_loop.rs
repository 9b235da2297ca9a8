//! A loop on the thread that makes it, for tests of tasks and the scheduler.
#![allow(dead_code, reason = "no test uses all of it")]

use core::future::Future;
use core::ops::Deref;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ThreadId};

use crochet_core::driver::{Unpark, Work};
use crochet_core::scheduler::{OnLoop, Scheduler};

/// What a loop needs of its platform; the thread that makes it is the loop's.
#[derive(Debug)]
pub(crate) struct ThreadLoop {
    thread: ThreadId,
    unparks: AtomicUsize,
}

impl ThreadLoop {
    pub(crate) fn new() -> Self {
        Self {
            thread: thread::current().id(),
            unparks: AtomicUsize::new(0),
        }
    }

    pub(crate) fn scheduler() -> ClosedOnDrop {
        ClosedOnDrop(Scheduler::new(Self::new()))
    }

    /// Returns how often the loop was woken.
    pub(crate) fn unparks(&self) -> usize {
        self.unparks.load(Ordering::Relaxed)
    }
}

/// A scheduler that is closed when it is dropped, as a loop's owner must: tasks that have not ended
/// keep their scheduler, and it them.
#[derive(Debug)]
pub(crate) struct ClosedOnDrop(Scheduler<ThreadLoop>);

impl Deref for ClosedOnDrop {
    type Target = Scheduler<ThreadLoop>;

    fn deref(&self) -> &Scheduler<ThreadLoop> {
        &self.0
    }
}

impl Drop for ClosedOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Unpark for ThreadLoop {
    fn unpark(&self) {
        self.unparks.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: one thread is the loop's for as long as the platform lives.
unsafe impl OnLoop for ThreadLoop {
    fn is_on_loop(&self) -> bool {
        thread::current().id() == self.thread
    }
}

/// Runs whatever is ready, or gets ready by that.
pub(crate) fn run_all(scheduler: &Scheduler<ThreadLoop>) -> usize {
    scheduler.collect();
    core::iter::from_fn(|| scheduler.run_one().then_some(())).count()
}

/// Calls a function when it is dropped.
pub(crate) struct OnDrop<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Counts how often it is dropped, by all its clones together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drops(Arc<AtomicUsize>);

impl Drops {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Makes something that is counted when it is dropped.
    pub(crate) fn guard(&self) -> OnDrop<impl FnMut() + Send + 'static> {
        let drops = Arc::clone(&self.0);
        OnDrop(move || {
            drops.fetch_add(1, Ordering::Relaxed);
        })
    }
}

/// Is pending once, and wakes its task meanwhile.
pub(crate) fn yield_once() -> YieldOnce {
    YieldOnce { yielded: false }
}

pub(crate) struct YieldOnce {
    yielded: bool,
}

impl Future for YieldOnce {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
