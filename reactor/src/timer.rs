//! A timer of a future: wakes the task that polled last.

use std::task::{Context as TaskContext, Poll};

use crochet_core::time::Tick;
use crochet_core::wheel::Key;

use crate::alarm::Alarm;
use crate::context::Context;
use crate::sleep::Slack;

/// A deadline, with its place in the wheel of a reactor once it has been polled.
///
/// Plain data that names no reactor: whoever holds it brings the context, the same one every time.
#[derive(Debug)]
pub(crate) struct Timer {
    deadline: Tick,
    slack: Slack,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// It has not been polled since its deadline was set.
    Unset,
    /// The wheel has or had an alarm for it. Keys are not reused, so that one which has gone off is
    /// not mistaken for another.
    Set(Key),
    Fired,
}

impl Timer {
    pub(crate) fn new(deadline: Tick) -> Self {
        Self {
            deadline,
            slack: Slack::NONE,
            stage: Stage::Unset,
        }
    }

    /// Tells whether the deadline has passed; otherwise sees to it that the task is woken then.
    pub(crate) fn poll(&mut self, context: &Context, cx: &TaskContext<'_>) -> Poll<()> {
        match self.stage {
            Stage::Unset => {
                self.set(context, cx);
                Poll::Pending
            }
            Stage::Set(key) => match renew(context, key, cx) {
                Alarmed::Still => Poll::Pending,
                // The clock need not be read again: the wheel's time says whether it was due. If
                // not, the reactor was stopped meanwhile, which takes all timers back.
                Alarmed::NoLonger if context.timers.borrow().now() < self.deadline => {
                    self.set(context, cx);
                    Poll::Pending
                }
                Alarmed::NoLonger => {
                    self.stage = Stage::Fired;
                    Poll::Ready(())
                }
            },
            Stage::Fired => Poll::Ready(()),
        }
    }

    /// Sets another deadline, also when the one before has passed. The task need not poll for that
    /// to take effect, if it had polled before.
    pub(crate) fn reset(&mut self, context: &Context, deadline: Tick) {
        self.deadline = deadline;
        let alarm_at = self.alarm_at();
        let moved = match self.stage {
            Stage::Set(key) => context.timers.borrow_mut().reset(key, alarm_at).is_ok(),
            Stage::Unset | Stage::Fired => false,
        };
        if !moved {
            self.stage = Stage::Unset;
        }
    }

    /// Lets the alarm come later than the deadline, so that it coincides with others.
    pub(crate) fn set_slack(&mut self, context: &Context, slack: Slack) {
        self.slack = slack;
        if let Stage::Set(key) = self.stage {
            match context.timers.borrow_mut().reset(key, self.alarm_at()) {
                // One that has gone off goes on to be looked at.
                Ok(()) | Err(_) => {}
            }
        }
    }

    /// Takes the alarm back, if there is one.
    pub(crate) fn cancel(&mut self, context: &Context) {
        if let Stage::Set(key) = self.stage {
            self.stage = Stage::Unset;
            // A statement of its own: the waker is dropped after the borrow has ended.
            let alarm = context.timers.borrow_mut().cancel(key);
            drop(alarm);
        }
    }

    /// Returns when the wheel is to give the alarm out.
    fn alarm_at(&self) -> Tick {
        self.slack.apply(self.deadline)
    }

    fn set(&mut self, context: &Context, cx: &TaskContext<'_>) {
        // Cloned before the borrow: a waker is foreign code.
        let alarm = Alarm::Wake(cx.waker().clone());
        let inserted = context.timers.borrow_mut().insert(self.alarm_at(), alarm);
        let Ok(key) = inserted else {
            panic!("the reactor has four billion timers");
        };
        self.stage = Stage::Set(key);
    }
}

/// Whether the wheel has an alarm.
enum Alarmed {
    Still,
    NoLonger,
}

/// Lets the alarm wake the task that polls now.
fn renew(context: &Context, key: Key, cx: &TaskContext<'_>) -> Alarmed {
    match context.timers.borrow().get(key) {
        None => return Alarmed::NoLonger,
        Some(Alarm::Wake(waker)) if waker.will_wake(cx.waker()) => return Alarmed::Still,
        Some(_) => {}
    }
    let waker = cx.waker().clone();
    let mut timers = context.timers.borrow_mut();
    let old = timers
        .get_mut(key)
        .map(|alarm| std::mem::replace(alarm, Alarm::Wake(waker)));
    // Dropped after the borrow: a waker may free a task, hence other timers.
    drop(timers);
    drop(old);
    Alarmed::Still
}
