//! The standard library's own.

pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicU32, Ordering};
pub(crate) use std::sync::{Mutex, MutexGuard};
pub(crate) use std::thread::{Thread, current, park, park_timeout};
pub(crate) use std::thread_local as thread_static;

/// Declares a static that is made anew for each run of a model.
macro_rules! shared_static {
    (static $name:ident: $type:ty = $value:expr;) => {
        static $name: $type = $value;
    };
}
pub(crate) use shared_static;

/// A cross-thread edge that a loom model depends on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Edge {
    WaitAnnounced,
    StageMarked,
    StageSeen,
    InterruptMarked,
    InterruptSeen,
}

impl Edge {
    /// Returns the ordering to use here.
    #[inline(always)]
    pub(crate) const fn order(self, strong: Ordering) -> Ordering {
        strong
    }

    /// Orders what the thread has marked before what it looks at next: of two threads that each
    /// mark, then do this, then look at the other's mark, at least one sees it.
    #[inline(always)]
    pub(crate) fn mark_before_look(self) {
        std::sync::atomic::fence(Ordering::SeqCst);
    }
}
