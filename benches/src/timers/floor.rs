//! What a timer takes without a wheel.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::time::Instant;

/// Reads the clock when it is made and keeps the waker when it is polled, as every timer must, and nothing else.
pub struct Bare {
    #[expect(dead_code, reason = "what it is compared with has one")]
    deadline: Instant,
    waker: Option<Waker>,
}

impl Bare {
    /// Makes a timer that is never due.
    pub fn new(delay: Duration) -> Self {
        Self {
            deadline: Instant::now() + delay,
            waker: None,
        }
    }

    /// Wakes who has polled it.
    pub fn fire(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Future for Bare {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}
