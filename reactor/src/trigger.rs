//! What is to be done when a reactor stops.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::label::Label;

/// When, on the way to its end, a reactor runs a shutdown trigger.
///
/// By then it takes no more operations, and whoever waited for one has been told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Phase {
    /// While everything still runs: say good-bye to peers, cancel what others wait for.
    Before,
    /// When all triggers of the phase before have ended; tasks still run. The thread pool takes no
    /// more jobs, and its threads end. After this phase the tasks are dropped, with their sockets
    /// and timers.
    During,
    /// When nothing of the reactor's work is left: release what the tasks used.
    After,
}

/// Names a trigger, so that it can be taken back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TriggerId(u64);

impl TriggerId {
    /// Names no trigger.
    pub(crate) const NONE: Self = Self(0);
}

pub(crate) type Body = Pin<Box<dyn Future<Output = ()>>>;

/// The triggers of one reactor that have not run.
#[derive(Debug, Default)]
pub(crate) struct Triggers {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    last_id: u64,
    waiting: Vec<Trigger>,
    /// Set when the reactor is gone, and nobody is left to run a trigger.
    is_closed: bool,
}

pub(crate) struct Trigger {
    id: TriggerId,
    phase: Phase,
    timeout: Duration,
    label: Label,
    make: Box<dyn FnOnce() -> Body + Send>,
}

impl Triggers {
    /// Adds a trigger, unless there is no reactor any more: then it is dropped.
    pub(crate) fn add<M, F>(
        &self,
        label: Label,
        phase: Phase,
        timeout: Duration,
        make: M,
    ) -> TriggerId
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future<Output = ()> + 'static,
    {
        let mut inner = self.lock();
        if inner.is_closed {
            // Out of the lock before `make`, which is foreign, is dropped.
            drop(inner);
            return TriggerId::NONE;
        }
        inner.last_id += 1;
        let id = TriggerId(inner.last_id);
        inner.waiting.push(Trigger {
            id,
            phase,
            timeout,
            label,
            make: Box::new(|| Box::pin(make())),
        });
        id
    }

    /// Takes a trigger back; `None` when it has run, is running, or was taken back.
    pub(crate) fn remove(&self, id: TriggerId) -> Option<Trigger> {
        let mut inner = self.lock();
        let at = inner.waiting.iter().position(|trigger| trigger.id == id)?;
        Some(inner.waiting.remove(at))
    }

    /// Takes all triggers, and lets none be added any more.
    pub(crate) fn close(&self) -> impl Iterator<Item = Trigger> + use<> {
        let mut inner = self.lock();
        inner.is_closed = true;
        std::mem::take(&mut inner.waiting).into_iter()
    }

    /// Returns how many triggers of this phase wait.
    pub(crate) fn count(&self, phase: Phase) -> usize {
        let inner = self.lock();
        inner
            .waiting
            .iter()
            .filter(|trigger| trigger.phase == phase)
            .count()
    }

    /// Takes the trigger of this phase that was added last.
    pub(crate) fn pop(&self, phase: Phase) -> Option<Trigger> {
        let mut inner = self.lock();
        let at = inner
            .waiting
            .iter()
            .rposition(|trigger| trigger.phase == phase)?;
        Some(inner.waiting.remove(at))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing foreign runs while the lock is held, so nothing panics.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Trigger {
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(crate) fn label(&self) -> Label {
        self.label
    }

    pub(crate) fn into_body(self) -> Body {
        (self.make)()
    }
}

impl fmt::Debug for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trigger")
            .field("phase", &self.phase)
            .field("timeout", &self.timeout)
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}
