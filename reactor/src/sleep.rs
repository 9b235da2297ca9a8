//! Waiting for a time to pass.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use crochet_core::time::Tick;
use crochet_core::wheel::Key;

use crate::alarm::Alarm;
use crate::context::{self, Context};
use crate::project::project;

/// Waits until `duration` has passed, counted from this call.
///
/// The resolution is a microsecond, rounded up: it never ends early. A zero duration still lets
/// the loop do a turn. Setting and cancelling a sleep allocates nothing once the reactor's wheel
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
    Sleep {
        context,
        timer: Timer::Unset(deadline),
    }
}

/// The future of [`sleep`].
#[must_use = "a future does nothing unless it is polled"]
pub struct Sleep {
    context: Rc<Context>,
    timer: Timer,
}

enum Timer {
    Unset(Tick),
    Set(Key, Tick),
    Fired,
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep").finish_non_exhaustive()
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let this = &mut *self;
        match this.timer {
            Timer::Unset(deadline) => {
                this.timer = Timer::set(&this.context, deadline, cx);
                Poll::Pending
            }
            Timer::Set(key, deadline) => match Entry::of(&this.context, key, cx) {
                Entry::Current => Poll::Pending,
                Entry::Outdated => {
                    let waker = cx.waker().clone();
                    let mut wheel = this.context.timers.borrow_mut();
                    let old = wheel
                        .get_mut(key)
                        .map(|alarm| std::mem::replace(alarm, Alarm::Wake(waker)));
                    // Dropped after the borrow: a waker may free a task, hence other timers.
                    drop(wheel);
                    drop(old);
                    Poll::Pending
                }
                // The clock need not be read again: the wheel's time says whether it was due. If
                // not, the reactor was stopped meanwhile, which takes all timers back.
                Entry::Gone if this.context.timers.borrow().now() < deadline => {
                    this.timer = Timer::set(&this.context, deadline, cx);
                    Poll::Pending
                }
                Entry::Gone => {
                    this.timer = Timer::Fired;
                    Poll::Ready(())
                }
            },
            Timer::Fired => Poll::Ready(()),
        }
    }
}

/// What the wheel has for a sleep.
enum Entry {
    /// A waker of the task that polls.
    Current,
    /// A waker of another task.
    Outdated,
    Gone,
}

impl Entry {
    fn of(context: &Context, key: Key, cx: &TaskContext<'_>) -> Self {
        match context.timers.borrow().get(key) {
            None => Self::Gone,
            Some(Alarm::Wake(waker)) if waker.will_wake(cx.waker()) => Self::Current,
            Some(_) => Self::Outdated,
        }
    }
}

impl Timer {
    fn set(context: &Context, deadline: Tick, cx: &TaskContext<'_>) -> Self {
        // Cloned before the borrow: a waker is foreign code.
        let alarm = Alarm::Wake(cx.waker().clone());
        let Ok(key) = context.timers.borrow_mut().insert(deadline, alarm) else {
            panic!("the reactor has four billion timers");
        };
        Self::Set(key, deadline)
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Timer::Set(key, _) = self.timer {
            // A statement of its own: the waker is dropped after the borrow has ended.
            let alarm = self.context.timers.borrow_mut().cancel(key);
            drop(alarm);
        }
    }
}

/// Waits for `future`, but no longer than `duration`, counted from this call.
///
/// A result that is ready when the time is up is returned.
///
/// # Panics
///
/// When the calling thread is not running a reactor.
///
/// # Cancellation
///
/// When the time is up, the future is dropped together with the returned one.
#[track_caller]
pub fn timeout<F: Future>(duration: Duration, future: F) -> Timeout<F> {
    Timeout {
        future,
        sleep: sleep(duration),
    }
}

/// The future of [`timeout`].
#[derive(Debug)]
#[must_use = "a future does nothing unless it is polled"]
pub struct Timeout<F> {
    future: F,
    sleep: Sleep,
}

project!(Timeout<F>.future: F, rest: sleep: Sleep);

/// The time was up before the future was ready.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Elapsed(());

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operation did not end in time")
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for std::io::Error {
    fn from(error: Elapsed) -> Self {
        Self::new(std::io::ErrorKind::TimedOut, error)
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let (future, (sleep,)) = self.project();
        if let Poll::Ready(output) = future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        Pin::new(sleep).poll(cx).map(|()| Err(Elapsed(())))
    }
}
