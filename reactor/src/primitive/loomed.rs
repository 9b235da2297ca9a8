//! Loom's, with edges that a model can weaken to show that it would notice.

use std::sync::Arc;
use std::time::Duration;

pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicU8, AtomicU32, Ordering};
pub(crate) use loom::sync::{Mutex, MutexGuard};

pub(crate) use crate::model::Edge;
use crate::model::Signal;

macro_rules! shared_static {
    (static $name:ident: $type:ty = $value:expr;) => {
        loom::lazy_static! {
            static ref $name: $type = $value;
        }
    };
}
pub(crate) use shared_static;

// Loom's takes no constants.
macro_rules! thread_static {
    ($(static $name:ident: $type:ty = const $value:block;)*) => {
        $(loom::thread_local! {
            static $name: $type = $value;
        })*
    };
}
pub(crate) use thread_static;

/// A thread that may park.
///
/// Not loom's own: that would also take a thread that is unparked out of a lock that it waits for,
/// and does not try the orders in which an unpark may come.
#[derive(Clone, Debug)]
pub(crate) struct Thread(Arc<Signal>);

loom::thread_local! {
    static THIS: Thread = Thread(Signal::new());
}

/// Returns the calling thread.
pub(crate) fn current() -> Thread {
    THIS.with(Clone::clone)
}

/// Blocks until the calling thread is unparked; returns early at times, as the real one may.
pub(crate) fn park() {
    current().0.wait();
}

/// As [`park`]: in a model the time stands still.
pub(crate) fn park_timeout(_: Duration) {
    park();
}

impl Thread {
    pub(crate) fn unpark(&self) {
        self.0.notify();
    }
}

impl Edge {
    /// Returns the ordering to use here: `Relaxed` when the model has weakened this edge.
    pub(crate) fn order(self, strong: Ordering) -> Ordering {
        if self.is_weakened() {
            Ordering::Relaxed
        } else {
            strong
        }
    }

    /// Orders what the thread has marked before what it looks at next, unless the model has weakened
    /// this edge.
    pub(crate) fn mark_before_look(self) {
        if !self.is_weakened() {
            loom::sync::atomic::fence(Ordering::SeqCst);
        }
    }
}
