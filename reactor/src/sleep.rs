//! Waiting for a time to pass.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use crochet_core::time::Tick;

use crate::context::{self, Context};
use crate::deadline::Deadline;
use crate::timer::Timer;

mod slack;
mod timeout;

pub(crate) use slack::Slack;
pub use timeout::{Elapsed, Timeout, timeout, timeout_at};

/// Waits until `duration` has passed, counted from this call.
///
/// The resolution is a microsecond, rounded up: it never ends early. When the loop keeps waking up for
/// timers less than 50 microseconds apart, it wakes up for those of 50 microseconds together; and for
/// those of 200 microseconds where they are a crowd, of 80,000 a second or more. One that spins
/// ([`Builder::idle_strategy`](crate::Builder::idle_strategy)) does not. A zero duration still lets the
/// loop do a turn, and no more. Setting and cancelling a sleep allocates nothing once the reactor's wheel
/// has grown to the number of timers in use.
///
/// # Panics
///
/// When the calling thread is not running a reactor.
///
/// # Cancellation
///
/// Dropping the future takes the timer back.
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    let context = context::expect_current();
    let deadline = context.deadline(duration);
    Sleep::at(context, deadline)
}

/// Waits until `deadline` has come. Otherwise as [`sleep`].
///
/// # Panics
///
/// When the calling thread is not running a reactor.
#[track_caller]
pub fn sleep_until(deadline: &Deadline) -> Sleep {
    sleep(deadline.left())
}

/// The future of [`sleep`] and [`sleep_until`].
#[must_use = "a future does nothing unless it is polled"]
pub struct Sleep {
    context: Rc<Context>,
    timer: Timer,
}

impl Sleep {
    pub(crate) fn at(context: Rc<Context>, deadline: Tick) -> Self {
        Self {
            context,
            timer: Timer::new(deadline),
        }
    }

    /// Lets the sleep end later than asked for, by up to `slack`, so that it ends together with
    /// others: the loop then wakes up less often.
    ///
    /// It ends at the time between the deadline and the end of the slack that is a multiple of the
    /// greatest power of two, in microseconds, so that sleeps whose slacks overlap there end together,
    /// in the order in which they were begun. Finding it takes a few instructions. Without this there
    /// is no slack; more than 71 minutes count as 71 minutes.
    pub fn slack(mut self, slack: Duration) -> Self {
        self.timer.set_slack(&self.context, Slack::new(slack));
        self
    }

    /// Begins the sleep anew: it ends when `duration` has passed, counted from now. Its slack stays.
    pub fn reset(&mut self, duration: Duration) {
        let deadline = self.context.deadline(duration);
        self.set_deadline(deadline);
    }

    pub(crate) fn set_deadline(&mut self, deadline: Tick) {
        self.timer.reset(&self.context, deadline);
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep").finish_non_exhaustive()
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let Self { context, timer } = &mut *self;
        timer.poll(context, cx)
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.timer.cancel(&self.context);
    }
}
