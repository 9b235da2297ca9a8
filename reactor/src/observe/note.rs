//! What the scheduler keeps with each task.

use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Context as TaskContext;

use crochet_core::task::note_of;
use crochet_core::time::Tick;

use crate::context;
use crate::fork::Generation;
use crate::label::Label;

/// The scheduler of a reactor: its tasks are noted for whoever lists them.
pub(crate) type Scheduler<U> = crochet_core::scheduler::Scheduler<U, Note>;

/// What is known about a task besides what it is doing.
#[derive(Debug)]
pub(crate) struct Note {
    // The label, but for the process, which is the reactor's.
    name: Option<&'static str>,
    site: &'static Location<'static>,
    // Of the turn in which it was first suspended: those that end at once, which are most, cost no
    // look at the clock. Used on the loop only; atomic, so that a waker may lead to the note.
    since: AtomicU64,
}

/// As good as never: the clock gets there after centuries.
const NEVER: Tick = Tick::MAX;

impl Note {
    pub(crate) fn new(label: Label) -> Self {
        Self {
            name: label.name(),
            site: label.site(),
            since: AtomicU64::new(NEVER.get()),
        }
    }

    /// Returns the label of the task that is being polled.
    #[cold]
    pub(crate) fn label_of(cx: &TaskContext<'_>) -> Label {
        note_of::<Self>(cx.waker())
            .expect("a task is polled with its own waker")
            .label(context::generation())
    }

    /// Returns the label of a task of a reactor that belongs to `process`.
    pub(crate) fn label(&self, process: Generation) -> Label {
        Label::again(self.name, self.site, process)
    }

    pub(super) fn since(&self) -> Option<Tick> {
        Some(Tick::new(self.since.load(Ordering::Relaxed))).filter(|since| *since != NEVER)
    }

    /// Takes note that the task was suspended, for the first time.
    pub(crate) fn suspended(&self, now: Tick) {
        self.since.store(now.get(), Ordering::Relaxed);
    }
}
