//! What the scheduler keeps with each task.

use std::cell::Cell;

use crochet_core::time::Tick;

use crate::label::Label;

/// The scheduler of a reactor: its tasks are noted for whoever lists them.
pub(crate) type Scheduler<U> = crochet_core::scheduler::Scheduler<U, Note>;

/// What is known about a task besides what it is doing.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    label: Label,
    // Of the turn in which it was first suspended: those that end at once, which are most, cost no
    // look at the clock.
    since: Cell<Tick>,
}

/// As good as never: the clock gets there after centuries.
const NEVER: Tick = Tick::MAX;

impl Note {
    pub(crate) fn new(label: Label) -> Self {
        Self {
            label,
            since: Cell::new(NEVER),
        }
    }

    pub(crate) fn label(&self) -> Label {
        self.label
    }

    pub(super) fn since(&self) -> Option<Tick> {
        Some(self.since.get()).filter(|since| *since != NEVER)
    }

    /// Takes note that the task was suspended, for the first time.
    pub(crate) fn suspended(&self, now: Tick) {
        self.since.set(now);
    }
}
