//! What the timer wheel of a reactor holds.

use std::task::Waker;

use crochet_core::driver::Fire;

use crate::caught;
use crate::delayed::Call;
use crate::thread::is_reactor_thread;

/// Something to be done at a deadline.
pub(crate) enum Alarm {
    /// Wake a task.
    Wake(Waker),
    /// Make a delayed call.
    Call(Call),
}

impl Fire for Alarm {
    fn fire(self) {
        if !is_reactor_thread() {
            // A timer forked, and this is the child, on its way out of a loop that is its parent's.
            std::mem::forget(self);
            return;
        }
        match self {
            Self::Wake(waker) => caught::wake(waker),
            Self::Call(call) => caught::contain("a delayed call", || call.make()),
        }
    }
}
