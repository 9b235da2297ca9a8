//! Wakers in static memory.

use core::{
    ptr,
    sync::atomic::{AtomicBool, Ordering},
    task::{RawWaker, RawWakerVTable, Waker},
};

use crate::inbox;

/// A flag that its wakers raise, for the loop to look at.
///
/// A wake-up takes no place in the inbox, so a full one cannot refuse it.
#[derive(Debug)]
pub struct WakeFlag {
    raised: AtomicBool,
}

impl WakeFlag {
    /// Makes a flag that is not raised.
    pub const fn new() -> Self {
        Self {
            raised: AtomicBool::new(false),
        }
    }

    /// Raises the flag and has the loop look at it. Any context may call this.
    pub fn raise(&self) {
        self.raised.store(true, Ordering::Release);
        inbox::notify();
    }

    /// Lowers the flag and tells whether it was raised.
    pub fn take(&self) -> bool {
        self.raised.swap(false, Ordering::Acquire)
    }

    /// Makes a waker that raises the flag.
    pub fn waker(&'static self) -> Waker {
        // SAFETY: each function of the table serves a pointer of `raw`, from any context, and they own nothing.
        unsafe { Waker::from_raw(raw(self)) }
    }
}

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake, forget);

fn raw(flag: &'static WakeFlag) -> RawWaker {
    RawWaker::new(ptr::from_ref(flag).cast(), &VTABLE)
}

/// Returns the flag that a waker points to.
///
/// # Safety
///
/// `data` is the pointer of a [`raw`] waker.
unsafe fn flag_at(data: *const ()) -> &'static WakeFlag {
    // SAFETY: `raw` made the pointer from a reference that is valid for ever.
    unsafe { &*data.cast() }
}

/// # Safety
///
/// As [`flag_at`].
unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: the caller's promise.
    raw(unsafe { flag_at(data) })
}

/// # Safety
///
/// As [`flag_at`].
unsafe fn wake(data: *const ()) {
    // SAFETY: the caller's promise.
    unsafe { flag_at(data) }.raise();
}

/// # Safety
///
/// None: the flag stays for ever.
unsafe fn forget(_: *const ()) {}
