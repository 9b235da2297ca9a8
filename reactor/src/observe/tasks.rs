//! The tasks of a reactor, for whoever asks.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use crochet_core::driver::Clock as _;
use crochet_core::task::TaskState;

use crate::context::{Context, RESOLUTION};
use crate::label::Label;

/// A task that had not ended when the reactor was asked.
#[derive(Clone, Debug)]
pub struct TaskInfo {
    label: Label,
    state: TaskState,
    age: Option<Duration>,
}

impl TaskInfo {
    /// Returns the task's name, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        self.label.name()
    }

    /// Returns where the task was spawned or submitted.
    #[must_use]
    pub fn site(&self) -> &'static Location<'static> {
        self.label.site()
    }

    /// Returns what the task was doing.
    #[must_use]
    pub fn state(&self) -> TaskState {
        self.state
    }

    /// Returns how long it was since the turn in which the task was first suspended, in the
    /// reactor's time. `None` when it had not been.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.age
    }
}

impl fmt::Display for TaskInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            TaskState::Queued => "queued",
            TaskState::Running => "running",
            TaskState::Ready => "ready",
            TaskState::Suspended => "suspended",
            _ => "alive",
        };
        write!(f, "{}: {state}", self.label)?;
        match self.age {
            Some(age) => write!(f, ", {age:?} old"),
            None => Ok(()),
        }
    }
}

impl Context {
    /// Lists the tasks that have not ended, oldest first, those that have not been suspended last.
    pub(crate) fn tasks(&self) -> Vec<TaskInfo> {
        let views = self.scheduler.tasks();
        if views.is_empty() {
            return Vec::new();
        }
        let now = self.time.now();
        let process = self.scheduler.shared().generation();
        let mut tasks: Vec<_> = views
            .iter()
            .map(|view| TaskInfo {
                label: view.note().label(process),
                state: view.state(),
                age: view
                    .note()
                    .since()
                    .map(|since| RESOLUTION.duration(now.saturating_since(since))),
            })
            .collect();
        // The suspended ones are listed latest first. Stable, so those of one turn keep their order.
        tasks.reverse();
        tasks.sort_by_key(|task| std::cmp::Reverse(task.age));
        tasks
    }
}
