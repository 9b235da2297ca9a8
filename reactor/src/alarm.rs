//! What the timer wheel of a reactor holds.

use std::task::Waker;

use crochet_core::driver::Fire;

use crate::caught;
use crate::thread::is_reactor_thread;

/// Something to be done at a deadline.
pub(crate) enum Alarm {
    /// Wake a task.
    Wake(Waker),
    /// Call a function.
    Call(Box<dyn FnOnce()>),
}

impl Fire for Alarm {
    fn fire(self) {
        if !is_reactor_thread() {
            // A timer forked, and this is the child, on its way out of a loop that is its parent's.
            std::mem::forget(self);
            return;
        }
        match self {
            Self::Wake(waker) => caught::contain("a waker", || waker.wake()),
            Self::Call(call) => caught::contain("a delayed call", call),
        }
    }
}
