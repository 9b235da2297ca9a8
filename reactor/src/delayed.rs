//! Functions that are called later.

use std::cell::Cell;
use std::fmt;
use std::panic::Location;
use std::rc::Rc;
use std::time::Duration;

use crochet_core::wheel::Key;

use crate::alarm::Alarm;
use crate::context::{self, Context};
use crate::sleep::Slack;

/// Calls `call` on the loop when `delay` has passed. The resolution is that of [`sleep`](crate::sleep()).
///
/// As Twisted's `callLater`: calls with equal deadlines are made in the order in which they were
/// asked for; a call that is asked for while timers are being fired is made in a later turn, even
/// with no delay; a call that panics is logged, and the others are made.
///
/// Dropping the returned handle does not take the call back. While the reactor stops, which is when
/// destructors of its tasks run, the call is cancelled at once.
///
/// # Panics
///
/// When the calling thread is not running a reactor.
#[track_caller]
pub fn call_later(delay: Duration, call: impl FnOnce() + 'static) -> DelayedCall {
    let context = context::expect_current();
    let now = context.time.elapsed();
    let deadline = now.saturating_add(delay);
    let body = Rc::new(Body {
        made: Cell::new(false),
        call: Cell::new(Some(call)),
        watched: context.watch.is_some().then_some(Location::caller()),
    });
    let alarm = Alarm::Call(Call(Rc::clone(&body) as Rc<dyn Delayed>));
    let at = context::RESOLUTION.deadline(now, delay);
    let inserted = context.timers.borrow_mut().insert(at, alarm);
    let Ok(key) = inserted else {
        panic!("the reactor has four billion timers");
    };
    let delayed = DelayedCall {
        context,
        key,
        body,
        deadline: Cell::new(deadline),
        slack: Cell::new(Slack::NONE),
    };
    if delayed.context.scheduler.is_closed() {
        let cancelled = delayed.cancel();
        cancelled.expect("a call that was set just now can be cancelled");
    }
    delayed
}

/// A call that was asked for by [`call_later`].
pub struct DelayedCall {
    context: Rc<Context>,
    key: Key,
    /// The deadline that was asked for, on the reactor's clock. The one in the wheel is rounded, and may be
    /// later by the slack.
    deadline: Cell<Duration>,
    slack: Cell<Slack>,
    body: Rc<dyn Delayed>,
}

/// A delayed call, shared by the wheel, which makes it, and the handle, which knows whether it has.
struct Body<F> {
    made: Cell<bool>,
    /// Gone when the call was made or taken back.
    call: Cell<Option<F>>,
    /// Where it was asked for, if its time is to be measured.
    watched: Option<&'static Location<'static>>,
}

/// A call whose type is not known.
trait Delayed {
    /// Makes the call, unless it was taken back.
    fn make(&self);

    /// Drops the function, if it is still there.
    fn discard(&self);

    /// Tells whether the call was made, or is being made.
    fn is_made(&self) -> bool;
}

impl<F: FnOnce()> Delayed for Body<F> {
    fn make(&self) {
        let Some(call) = self.call.take() else { return };
        self.made.set(true);
        let context = self.watched.and_then(|_| context::current().ok());
        let watch = context.as_ref().and_then(|context| context.watch.as_ref());
        match (&context, watch, self.watched) {
            (Some(context), Some(watch), Some(site)) => {
                watch.around_call(site, context.scheduler.shared(), call);
            }
            _ => call(),
        }
    }

    fn discard(&self) {
        drop(self.call.take());
    }

    fn is_made(&self) -> bool {
        self.made.get()
    }
}

/// The wheel's half of a delayed call. Dropping it takes the call back, whatever handle there is.
pub(crate) struct Call(Rc<dyn Delayed>);

impl Call {
    /// Makes the call.
    pub(crate) fn make(self) {
        self.0.make();
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.discard();
    }
}

/// Why a delayed call could not be changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CallError {
    /// The call has been made, or is being made.
    AlreadyCalled,
    /// The call was cancelled.
    AlreadyCancelled,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlreadyCalled => "the delayed call has been made already",
            Self::AlreadyCancelled => "the delayed call was cancelled already",
        })
    }
}

impl std::error::Error for CallError {}

impl fmt::Debug for DelayedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DelayedCall")
            .field("active", &self.is_active())
            .finish_non_exhaustive()
    }
}

impl DelayedCall {
    /// Lets the call be made later than asked for, by up to `slack`, so that it coincides with other
    /// timers, as [`Sleep::slack`](crate::Sleep::slack). Does nothing when it is no longer to be made.
    ///
    /// Calls that come to coincide are made in the order in which they were given their slack.
    pub fn slack(self, slack: Duration) -> Self {
        self.slack.set(Slack::new(slack));
        match self.move_to(self.now(), self.deadline.get()) {
            Ok(()) | Err(_) => self,
        }
    }

    /// Tells whether the call is still to be made.
    ///
    /// It counts as made from the moment before it is entered.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.context.timers.borrow().contains(self.key)
    }

    /// Returns how long it is until the call, not counting its slack: zero when it is due.
    ///
    /// # Errors
    ///
    /// When it is no longer to be made.
    pub fn remaining(&self) -> Result<Duration, CallError> {
        Ok(self.deadline()?.saturating_sub(self.now()))
    }

    /// Takes the call back; its function is dropped.
    ///
    /// # Errors
    ///
    /// When it is no longer to be made.
    pub fn cancel(&self) -> Result<(), CallError> {
        // A statement of its own: the function is dropped after the borrow has ended.
        let alarm = self.context.timers.borrow_mut().cancel(self.key);
        match alarm {
            None => Err(self.ended()),
            Some(alarm) => {
                drop(alarm);
                Ok(())
            }
        }
    }

    /// Makes the call when `delay` has passed, counted from now.
    ///
    /// # Errors
    ///
    /// When it is no longer to be made.
    pub fn reset(&self, delay: Duration) -> Result<(), CallError> {
        let now = self.now();
        self.move_to(now, now.saturating_add(delay))
    }

    /// Makes the call later by `by`, counted from its present deadline.
    ///
    /// # Errors
    ///
    /// When it is no longer to be made.
    pub fn delay(&self, by: Duration) -> Result<(), CallError> {
        self.move_to(self.now(), self.deadline()?.saturating_add(by))
    }

    /// Makes the call earlier by `by`, counted from its present deadline: Twisted's `delay` with a
    /// negative time. At the earliest it is made in the next turn.
    ///
    /// # Errors
    ///
    /// When it is no longer to be made.
    pub fn hasten(&self, by: Duration) -> Result<(), CallError> {
        self.move_to(self.now(), self.deadline()?.saturating_sub(by))
    }

    fn deadline(&self) -> Result<Duration, CallError> {
        if self.is_active() {
            Ok(self.deadline.get())
        } else {
            Err(self.ended())
        }
    }

    fn now(&self) -> Duration {
        self.context.time.elapsed()
    }

    fn move_to(&self, now: Duration, deadline: Duration) -> Result<(), CallError> {
        let at = context::tick_at(now, deadline);
        let at = self.slack.get().apply(at);
        let moved = self.context.timers.borrow_mut().reset(self.key, at);
        moved.map_err(|_stale| self.ended())?;
        self.deadline.set(deadline);
        Ok(())
    }

    fn ended(&self) -> CallError {
        // Also stopping the reactor cancels what has not been called.
        if self.body.is_made() {
            CallError::AlreadyCalled
        } else {
            CallError::AlreadyCancelled
        }
    }
}
