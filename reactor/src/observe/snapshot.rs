//! A look at a reactor as a whole.

use std::time::Duration;

use super::{Stats, TaskInfo, Times};
use crate::context::{self, Context};
use crate::label::Label;
use crate::reactor::Reactor;
use crate::remote::Remote;
use crate::wait::BlockingError;

/// What a reactor had, and had done, at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// The counters.
    pub stats: Stats,
    /// The tasks that had not ended, oldest first, but for one that was being polled for the first
    /// time. What other threads had submitted and the loop had not taken over is not among them.
    pub tasks: Vec<TaskInfo>,
    /// How many timers were set.
    pub timers: usize,
    /// How many sockets and other sources were registered.
    pub sources: usize,
    /// How long turns and polls took, if that is [measured](crate::Timing).
    pub times: Option<Times>,
}

impl Snapshot {
    fn of(context: &Context) -> Self {
        let shared = context.scheduler.shared();
        Self {
            stats: shared.stats(),
            tasks: context.tasks(),
            timers: context.timers.borrow().len(),
            sources: context.registry.len(),
            times: shared.recorders().map(|recorders| recorders.read()),
        }
    }
}

impl Reactor {
    /// Looks at what the reactor has and has done, between turns.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(self.context())
    }
}

impl Remote {
    /// Returns the reactor's counters. Cheap, and does not disturb the loop.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared().stats()
    }

    /// Returns how long turns and polls took, if that is [measured](crate::Timing). Does not
    /// disturb the loop.
    #[must_use]
    pub fn times(&self) -> Option<Times> {
        self.shared().recorders().map(|recorders| recorders.read())
    }

    /// Asks the loop for its tasks, oldest first, and waits for the answer, at most for `timeout`.
    ///
    /// A loop that does not answer is kept busy by one of them: see
    /// [`Builder::slow_poll`](crate::Builder::slow_poll).
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    #[track_caller]
    pub fn tasks(&self, timeout: Duration) -> Result<Vec<TaskInfo>, BlockingError> {
        let label = Label::named("Remote::tasks");
        self.call(label, timeout, || async {
            context::expect_current().tasks()
        })
    }

    /// Asks the loop for a look at all that it has, and waits for the answer, at most for
    /// `timeout`. The question itself is an operation that has begun.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    #[track_caller]
    pub fn snapshot(&self, timeout: Duration) -> Result<Snapshot, BlockingError> {
        let label = Label::named("Remote::snapshot");
        self.call(label, timeout, || async {
            Snapshot::of(&context::expect_current())
        })
    }
}
