//! What the loop does with tasks, and what tasks do to the loop.

use crochet_core::eventual::Phase;

use super::super::{Act, Event, Next, Script};
use super::{Body, Panicked, Unwinding, World};

impl World {
    pub(super) fn close(&mut self) -> Unwinding {
        if !self.is_on_loop() {
            return Ok(());
        }
        self.drain();
        self.is_closed = true;
        self.closings += 1;
        while let Some(task) = self.next().or_else(|| self.suspended.pop_front()) {
            self.stop(task)?;
        }
        Ok(())
    }

    fn is_live(&mut self, task: usize) -> bool {
        let task = &mut self.tasks[task];
        if task.phase == Phase::Queued {
            task.phase = Phase::Running;
        }
        task.phase == Phase::Running && !task.is_revoked
    }

    pub(super) fn stop(&mut self, task: usize) -> Unwinding {
        if !self.is_live(task) || self.tasks[task].is_inside {
            return Ok(());
        }
        self.tasks[task].is_inside = true;
        let outcome = self.end(task, Phase::Stopped);
        self.tasks[task].is_inside = false;
        outcome
    }

    fn end(&mut self, task: usize, phase: Phase) -> Unwinding {
        let outcome = self.drop_body(task);
        self.retire(task, phase);
        outcome
    }

    fn retire(&mut self, task: usize, phase: Phase) {
        self.suspended.retain(|other| *other != task);
        self.tasks[task].is_scheduled = true;
        self.tasks[task].phase = phase;
    }

    pub(super) fn drop_body(&mut self, task: usize) -> Unwinding {
        let on_drop = self.tasks[task].script.on_drop;
        match core::mem::replace(&mut self.tasks[task].body, Body::Gone) {
            Body::Gone => Ok(()),
            Body::Make | Body::Poll(_) => {
                self.events.push(Event::Dropped(task));
                self.act(task, on_drop)
            }
        }
    }

    pub(super) fn run_one(&mut self) -> Unwinding<bool> {
        if !self.is_on_loop() {
            return Ok(false);
        }
        let Some(task) = self.next() else {
            return Ok(false);
        };
        if !self.is_live(task) {
            return Ok(true);
        }
        if self.tasks[task].is_inside {
            self.tasks[task].is_asked_again = true;
            return Ok(true);
        }
        let closings = self.closings;
        self.tasks[task].is_inside = true;
        let outcome = self.run_inside(task);
        self.tasks[task].is_inside = false;
        let asked_again = core::mem::take(&mut self.tasks[task].is_asked_again);
        if outcome? == Next::Ready {
            return Ok(true);
        }
        if asked_again {
            self.tasks[task].is_scheduled = false;
            self.wake(task);
        }
        if self.closings != closings {
            self.stop(task)?;
        } else if !self.suspended.contains(&task) {
            self.suspended.push_front(task);
        }
        Ok(true)
    }

    /// Runs a task that the loop is inside of; it has ended unless this returns pending.
    fn run_inside(&mut self, task: usize) -> Unwinding<Next> {
        self.tasks[task].is_scheduled = false;
        if self.tasks[task].is_cancel_requested {
            self.end(task, Phase::Cancelled)?;
            return Ok(Next::Ready);
        }
        let polled = self.poll(task);
        match polled {
            Ok(Next::Pending) => {}
            Ok(Next::Ready) => {
                let outcome = self.drop_body(task);
                let has_handle = self.tasks[task].has_handle;
                self.retire(
                    task,
                    if has_handle {
                        Phase::Completed
                    } else {
                        Phase::Taken
                    },
                );
                outcome?;
            }
            Err(Panicked) => {
                // A destructor does nothing while a panic is on its way.
                self.tasks[task].script.on_drop = Act::Nothing;
                self.end(task, Phase::Cancelled)?;
            }
        }
        polled
    }

    fn poll(&mut self, task: usize) -> Unwinding<Next> {
        let script = self.tasks[task].script;
        if self.tasks[task].body == Body::Make {
            self.events.push(Event::Made(task));
            if self.act(task, script.make).is_err() {
                self.tasks[task].script.on_drop = Act::Nothing;
                self.drop_body(task)?;
                return Err(Panicked);
            }
            self.tasks[task].body = Body::Poll(0);
        }
        let Body::Poll(number) = self.tasks[task].body else {
            unreachable!("a live task has a body");
        };
        self.tasks[task].body = Body::Poll(number + 1);
        self.tasks[task].has_waker |= number == 0;
        self.events.push(Event::Polled(task));
        let (act, next) = script.poll(number);
        self.act(task, act)?;
        Ok(next)
    }

    fn act(&mut self, task: usize, act: Act) -> Unwinding {
        match act {
            Act::Nothing => {}
            Act::Panic => return Err(Panicked),
            Act::WakeSelf => {
                if self.tasks[task].has_waker {
                    self.wake(task);
                }
            }
            Act::Wake(pick) => self.wake_picked(pick),
            Act::Cancel(pick) => return self.cancel(pick),
            Act::Submit => return self.submit(Script::CHILD),
            Act::Spawn => return self.spawn(Script::CHILD),
            Act::Run => {
                let ran = self.run_one()?;
                self.events.push(Event::Ran(ran));
            }
            Act::Close => return self.close(),
            Act::Reopen => self.reopen(),
        }
        Ok(())
    }
}
