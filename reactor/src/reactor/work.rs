//! What one turn runs, with the loop protected from it.

use crochet_core::driver::{Turn, Work};

use crate::caught;
use crate::context::Context;
use crate::panic;

/// The scheduler's work, with panics contained and requests to stop heard.
pub(super) struct Guarded<'a> {
    pub(super) context: &'a Context,
    pub(super) course: Course,
}

/// Whether a turn is part of the reactor's life or of its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Course {
    Running,
    /// Operations that have not begun are refused.
    Ending,
}

impl Guarded<'_> {
    /// Collects wake-ups and refuses operations. Waiters' wakers are foreign; what one that panics
    /// leaves is collected again.
    fn collect_wakes(&self) {
        while panic::catch(|| self.context.scheduler.collect_wakes())
            .inspect_err(|panic| caught::report(&"a waker", panic))
            .is_err()
        {}
    }
}

impl Work for Guarded<'_> {
    fn collect(&self) {
        let scheduler = &self.context.scheduler;
        match self.course {
            Course::Running => scheduler.collect(),
            Course::Ending => self.collect_wakes(),
        }
        self.context.keeper.sweep();
        self.context.give_back_room();
    }

    fn run_one(&self) -> bool {
        // Every turn ends with this: what is below would find out as well, in many more steps.
        if !self.is_ready() || self.context.scheduler.shared().is_forked() {
            return false;
        }
        if self.context.out_of_patience.get() {
            // It is ready again, and would go on with hundreds of system calls before the timers.
            return false;
        }
        self.context.renew_patience();
        let context = self.context;
        let run = || panic::catch(|| context.run_one());
        let ran = match &context.watch {
            None => run(),
            Some(watch) => watch.around_poll(&context.scheduler, run),
        };
        // Also for what was found revoked, before the loop may sleep.
        self.context.give_back_room();
        match ran {
            Ok(ran) => ran,
            Err(panic) => {
                // Tasks contain their panics themselves; this one came from a waiter's waker.
                caught::report(&"a waker", &panic);
                true
            }
        }
    }

    fn is_ready(&self) -> bool {
        self.context.scheduler.is_ready()
    }

    #[inline]
    fn try_sleep(&self) -> bool {
        // The request is made before its notification: a turn that has swallowed the notification
        // sees the request here.
        let scheduler = &self.context.scheduler;
        if self.course == Course::Running {
            let stays_awake = || self.context.idle.stays_awake(|| scheduler.has_news());
            if self.context.is_to_stop() || stays_awake() {
                return false;
            }
        }
        scheduler.try_sleep()
    }

    fn account(&self, done: &Turn) {
        // Now, and not when the turn has ended: whoever looks at a loop that sleeps is to find them.
        let counters = self.context.counters();
        counters.turns.add(1);
        counters.timers_fired.add(done.fired().into());
        counters.tasks_polled.add(done.ran().into());
    }

    fn awake(&self) {
        let scheduler = &self.context.scheduler;
        if scheduler.shared().is_forked() {
            return;
        }
        match self.course {
            // Not `collect`, which does nothing when nothing has been sent: the loop's sleep has to
            // be ended all the same, or it could not go to sleep again.
            Course::Running => scheduler.awake(),
            Course::Ending => self.collect_wakes(),
        }
        // What has been left elsewhere meanwhile was told by the notification that this has taken.
        self.context.keeper.sweep();
        self.context.give_back_room();
    }
}
