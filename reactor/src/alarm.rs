//! What the timer wheel of a reactor holds.

use std::task::Waker;

use crochet_core::driver::Fire;

use crate::caught;

/// Something to be done at a deadline.
pub(crate) enum Alarm {
    /// Wake a task.
    Wake(Waker),
    /// Call a function.
    Call(Box<dyn FnOnce()>),
}

impl Fire for Alarm {
    fn fire(self) {
        match self {
            Self::Wake(waker) => caught::contain("a waker", || waker.wake()),
            Self::Call(call) => caught::contain("a delayed call", call),
        }
    }
}
