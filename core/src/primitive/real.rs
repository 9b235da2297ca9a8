//! Core's own atomics, and a cell with loom's closure interface.

#[cfg(feature = "alloc")]
pub(crate) use core::sync::atomic::AtomicU32;
pub(crate) use core::sync::atomic::{AtomicPtr, AtomicU8, AtomicUsize, Ordering};

/// `core::cell::UnsafeCell` with access by closure, as loom's is.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct UnsafeCell<T>(core::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    #[inline(always)]
    pub(crate) const fn new(value: T) -> Self {
        Self(core::cell::UnsafeCell::new(value))
    }

    #[inline(always)]
    pub(crate) fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        read(self.0.get())
    }

    #[inline(always)]
    pub(crate) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        write(self.0.get())
    }
}

/// A cross-context edge whose memory ordering a loom model depends on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Edge {
    InboxPush,
    InboxNotify,
    InboxDrain,
    InboxSleep,
    InboxRoom,
    EventualFinish,
    EventualRead,
    EventualWaited,
    SlotFill,
    SlotClose,
    #[cfg(feature = "alloc")]
    TaskWake,
    #[cfg(feature = "alloc")]
    TaskFree,
}

impl Edge {
    /// Returns the ordering to use here.
    #[inline(always)]
    pub(crate) const fn order(self, strong: Ordering) -> Ordering {
        strong
    }

    /// Replaces `old` by `new` as one indivisible step that orders nothing else; tells whether it
    /// did.
    #[inline(always)]
    pub(crate) fn replace<T>(self, cell: &AtomicPtr<T>, old: *mut T, new: *mut T) -> bool {
        cell.compare_exchange(old, new, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }
}
