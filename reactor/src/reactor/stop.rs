//! The end of a reactor: triggers, pool, tasks, timers.

use std::future::Future;

use crochet_core::driver::Sleep;

use super::work::Course;
use super::{NotifyOnDrop, Reactor, RunError};
use crate::caught;
use crate::context::{self, TimeSource};
use crate::observe::Scheduler;
use crate::panic;
use crate::shared::{Shared, Stage};
use crate::sleep::timeout;
use crate::spawn::JoinHandle;
use crate::trigger::Phase;

impl Reactor {
    /// Stops in an orderly way: waiters, triggers, tasks, timers.
    pub(super) fn stop(&mut self) {
        if self.is_forked() {
            return;
        }
        // Whoever waits is told before anything else runs, which may wait for them in turn.
        self.context.scheduler.shared().advance_to(Stage::Stopping);
        self.run_triggers(Phase::Before, None);
        let leaving = self.close_pool();
        self.run_triggers(Phase::During, leaving);
        // Closed meanwhile, so that destructors cannot go on spawning without end.
        self.drop_all(Scheduler::close);
        self.context.pool().end();
        self.context.scheduler.reopen();
        self.run_triggers(Phase::After, None);
        self.drop_all(Scheduler::close);
    }

    /// Spawns a task whose end keeps the loop from sleeping, so that the caller comes to see it.
    #[track_caller]
    pub(super) fn spawn_noticed<F: Future + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        let end = NotifyOnDrop(self.remote());
        self.spawn(async move {
            let _end = end;
            future.await
        })
    }

    /// Sends the thread pool's workers away. Returns the task that waits for them while the loop
    /// turns.
    fn close_pool(&self) -> Option<JoinHandle<()>> {
        let leaving = self.context.pool().close()?;
        match self.context.time {
            TimeSource::Monotonic(_) => Some(self.spawn_noticed(leaving.wait())),
            // The workers are real, and the time may stand still: ending the pool waits for them.
            TimeSource::Virtual(_) => None,
        }
    }

    /// Runs the triggers of one phase, until all, and `also`, have ended or taken too long.
    fn run_triggers(&mut self, phase: Phase, also: Option<JoinHandle<()>>) {
        let mut running: Vec<JoinHandle<()>> = also.into_iter().collect();
        loop {
            if self.is_forked() {
                // A trigger forked: the others are for the parent to run.
                std::mem::forget(running);
                return;
            }
            // As many tasks as triggers, each of which takes one when it begins: a trigger may
            // take back, or add, others.
            let waiting = self.context.scheduler.shared().triggers().count(phase);
            running.extend((0..waiting).map(|_| self.spawn_noticed(run_trigger(phase))));
            running.retain(|task| !task.is_finished());
            if running.is_empty() {
                return;
            }
            let turned = self.turn_once(self.context.budget, Sleep::Allowed, Course::Ending);
            match turned {
                Ok(_) | Err(RunError::Forked) => {}
                Err(error) => {
                    caught::contain("the logger", || {
                        log::error!(
                            target: "crochet::reactor",
                            "shutdown triggers are given up: {error}",
                        );
                    });
                    return;
                }
            }
        }
    }

    /// Ends and drops all tasks, and then all timers, whatever their destructors do. Children that
    /// the tasks had have died after that.
    pub(super) fn drop_all(&self, end: fn(&Scheduler<Shared>)) {
        if self.is_forked() {
            return;
        }
        while panic::catch(|| end(&self.context.scheduler))
            .inspect_err(|panic| caught::report(&"the destructor of a task", panic))
            .is_err()
        {}
        self.context.keeper.end();
        // Out of the borrow before they are dropped: a dropped call may hold other timers.
        let alarms: Vec<_> = self.context.timers.borrow_mut().drain().collect();
        for alarm in alarms {
            caught::contain("the destructor of a delayed call", || drop(alarm));
        }
        self.context.children.end();
    }
}

/// Runs the trigger of this phase that was added last, if there is one left.
async fn run_trigger(phase: Phase) {
    let context = context::expect_current();
    let Some(trigger) = context.scheduler.shared().triggers().pop(phase) else {
        return;
    };
    let label = trigger.label();
    if timeout(trigger.timeout(), trigger.into_body())
        .await
        .is_err()
    {
        log::warn!(
            target: "crochet::reactor",
            "the shutdown trigger added at {}:{} took too long and was dropped",
            label.site().file(),
            label.site().line(),
        );
    }
}
