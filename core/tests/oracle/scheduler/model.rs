//! What a scheduler is to do, told with numbers and lists.

use std::collections::VecDeque;

use crochet_core::eventual::Phase;

use super::{Event, From, Op, Outcome, Script, View};

#[path = "model/on_loop.rs"]
mod on_loop;

/// A panic on its way up.
struct Panicked;

type Unwinding<T = ()> = Result<T, Panicked>;

#[derive(Clone, Copy, PartialEq)]
enum Body {
    Make,
    Poll(usize),
    Gone,
}

struct Task {
    script: Script,
    body: Body,
    phase: Phase,
    /// Neither run nor woken: it is being revoked, or could not be spawned.
    is_revoked: bool,
    has_waker: bool,
    has_handle: bool,
    is_scheduled: bool,
    is_cancel_requested: bool,
    is_inside: bool,
    is_asked_again: bool,
}

pub(super) struct World {
    tasks: Vec<Task>,
    ready: VecDeque<usize>,
    /// What came through the inbox, in order; it takes turns with what is ready.
    sent: VecDeque<usize>,
    is_sent_next: bool,
    /// The loop has looked into the inbox.
    has_begun: bool,
    /// How many are left of those that were ready before that, which go before what it found there.
    ahead: usize,
    inbox: VecDeque<usize>,
    is_notified: bool,
    is_asleep: bool,
    is_closed: bool,
    suspended: VecDeque<usize>,
    closings: usize,
    unparks: usize,
    from: From,
    events: Vec<Event>,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            tasks: Vec::new(),
            ready: VecDeque::new(),
            sent: VecDeque::new(),
            is_sent_next: false,
            has_begun: false,
            ahead: 0,
            inbox: VecDeque::new(),
            is_notified: false,
            is_asleep: false,
            is_closed: false,
            suspended: VecDeque::new(),
            closings: 0,
            unparks: 0,
            from: From::Loop,
            events: Vec::new(),
        }
    }

    pub(super) fn apply(&mut self, op: Op) -> Outcome {
        let outcome = match op {
            Op::Submit(from, script) => self.by(from, |world| world.submit(script)),
            Op::Spawn(from, script) => self.by(from, |world| world.spawn(script)),
            Op::Wake(from, pick) => self.by(from, |world| {
                world.wake_picked(pick);
                Ok(())
            }),
            Op::Cancel(from, pick) => self.by(from, |world| world.cancel(pick)),
            Op::Close(from) => self.by(from, Self::close),
            Op::Run(from) => {
                self.from = from;
                let ran = self.run_one();
                self.from = From::Loop;
                return ran.map_or(Outcome::Panicked, Outcome::Told);
            }
            Op::TrySleep => return Outcome::Told(self.try_sleep()),
            Op::Detach(pick) => {
                if let Some(task) = self.pick(pick) {
                    self.tasks[task].has_handle = false;
                }
                Ok(())
            }
            Op::DropWaker(pick) => {
                if let Some(task) = self.pick(pick) {
                    self.tasks[task].has_waker = false;
                }
                Ok(())
            }
            Op::Notify => {
                if !self.is_closed && self.inbox.is_empty() {
                    self.end_sleep();
                    self.is_notified = true;
                }
                Ok(())
            }
            Op::Collect => {
                if !self.inbox.is_empty() || self.is_notified || self.is_closed {
                    self.drain();
                }
                Ok(())
            }
            Op::Awake => {
                self.drain();
                Ok(())
            }
            Op::Reopen => {
                self.reopen();
                Ok(())
            }
        };
        outcome.map_or(Outcome::Panicked, |()| Outcome::Done)
    }

    pub(super) fn view(&mut self) -> View {
        View {
            events: core::mem::take(&mut self.events),
            phases: self
                .tasks
                .iter()
                .map(|task| task.has_handle.then_some(task.phase))
                .collect(),
            suspended: self.suspended.len(),
            is_ready: !self.ready.is_empty() || !self.sent.is_empty(),
            is_closed: self.is_closed,
            unparks: self.unparks,
        }
    }

    fn by<R>(&mut self, from: From, act: impl FnOnce(&mut Self) -> R) -> R {
        self.from = from;
        let result = act(self);
        self.from = From::Loop;
        result
    }

    fn is_on_loop(&self) -> bool {
        self.from == From::Loop
    }

    fn pick(&self, pick: u8) -> Option<usize> {
        usize::from(pick).checked_rem(self.tasks.len())
    }

    fn add(&mut self, script: Script, body: Body, phase: Phase) -> usize {
        self.tasks.push(Task {
            script,
            body,
            phase,
            is_revoked: false,
            has_waker: false,
            has_handle: true,
            is_scheduled: true,
            is_cancel_requested: false,
            is_inside: false,
            is_asked_again: false,
        });
        self.tasks.len() - 1
    }

    fn submit(&mut self, script: Script) -> Unwinding {
        let task = self.add(script, Body::Make, Phase::Queued);
        if self.is_closed {
            // A panic keeps the caller from getting the handle.
            let outcome = self.revoke(task, Phase::Stopped);
            self.tasks[task].has_handle = outcome.is_ok();
            return outcome;
        }
        self.schedule(task);
        Ok(())
    }

    fn spawn(&mut self, script: Script) -> Unwinding {
        let task = self.add(script, Body::Poll(0), Phase::Running);
        if !self.is_on_loop() {
            self.tasks[task].has_handle = false;
            self.tasks[task].is_revoked = true;
            return self.drop_body(task);
        }
        if self.is_closed {
            let outcome = self.stop(task);
            self.tasks[task].has_handle = outcome.is_ok();
            return outcome;
        }
        self.schedule(task);
        Ok(())
    }

    fn schedule(&mut self, task: usize) {
        if self.is_on_loop() {
            self.ready.push_back(task);
        } else if !self.is_closed {
            self.inbox.push_back(task);
            self.end_sleep();
            self.is_notified = false;
        }
    }

    fn reopen(&mut self) {
        self.has_begun &= !(self.is_closed && self.is_on_loop());
        self.is_closed = false;
    }

    fn end_sleep(&mut self) {
        self.unparks += usize::from(self.is_asleep);
        self.is_asleep = false;
    }

    fn wake_picked(&mut self, pick: u8) {
        match self.pick(pick) {
            Some(task) if self.tasks[task].has_waker => self.wake(task),
            _ => {}
        }
    }

    fn wake(&mut self, task: usize) {
        if !core::mem::replace(&mut self.tasks[task].is_scheduled, true) {
            self.schedule(task);
        }
    }

    fn cancel(&mut self, pick: u8) -> Unwinding {
        let Some(task) = self.pick(pick) else {
            return Ok(());
        };
        if !self.tasks[task].has_handle {
            return Ok(());
        }
        match self.tasks[task].phase {
            Phase::Queued => self.revoke(task, Phase::Cancelled)?,
            Phase::Running => {
                self.tasks[task].is_cancel_requested = true;
                self.wake(task);
            }
            _ => {}
        }
        Ok(())
    }

    /// Ends a task that has not begun.
    fn revoke(&mut self, task: usize, phase: Phase) -> Unwinding {
        self.tasks[task].phase = Phase::Running;
        self.tasks[task].is_revoked = true;
        let outcome = self.drop_body(task);
        self.tasks[task].phase = phase;
        outcome
    }

    fn drain(&mut self) {
        let ready = self.ready.len();
        self.sent.append(&mut self.inbox);
        if !core::mem::replace(&mut self.has_begun, true) {
            self.ahead = if self.sent.is_empty() { 0 } else { ready };
            self.is_sent_next = false;
        }
        self.is_asleep = false;
        self.is_notified = false;
    }

    /// Takes the next task to be run.
    fn next(&mut self) -> Option<usize> {
        let is_sent = match (self.ready.is_empty(), self.sent.is_empty()) {
            (false, false) => self.is_sent_next,
            (_, is_none_sent) => !is_none_sent,
        };
        let list = if is_sent {
            &mut self.sent
        } else {
            &mut self.ready
        };
        let task = list.pop_front()?;
        if is_sent {
            self.is_sent_next = false;
        } else {
            self.ahead = self.ahead.saturating_sub(1);
            self.is_sent_next |= self.ahead == 0;
        }
        Some(task)
    }

    fn try_sleep(&mut self) -> bool {
        let is_idle = self.inbox.is_empty() && !self.is_notified;
        let may = is_idle && !self.is_asleep && !self.is_closed;
        self.is_asleep |= may;
        may
    }
}
