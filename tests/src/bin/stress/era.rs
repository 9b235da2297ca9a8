//! When a reactor was stopped, as far as those know who stop it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

/// Counts a reactor's stops, and the times that it was there again after one.
#[derive(Clone, Debug)]
pub(crate) struct Era(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    stops: AtomicU64,
    restarts: AtomicU64,
    queue: Queue,
}

/// Returns the era of the process's reactor.
pub(crate) fn of_process() -> &'static Era {
    static PROCESS: LazyLock<Era> = LazyLock::new(|| Era::new(Queue::Unbounded));
    &PROCESS
}

/// Whether a reactor's queue has a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Queue {
    Bounded,
    Unbounded,
}

/// A moment in an era.
#[derive(Clone, Debug)]
pub(crate) struct Since {
    era: Era,
    restarts: u64,
}

impl Era {
    pub(crate) fn new(queue: Queue) -> Self {
        Self(Arc::new(Counts {
            stops: AtomicU64::new(0),
            restarts: AtomicU64::new(0),
            queue,
        }))
    }

    /// Notes that somebody is about to stop the reactor.
    pub(crate) fn stop_begins(&self) {
        self.0.stops.fetch_add(1, Ordering::SeqCst);
    }

    /// Notes that whoever has stopped the reactor has seen another take its place.
    pub(crate) fn is_restarted(&self) {
        self.0.restarts.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> Since {
        Since {
            era: self.clone(),
            restarts: self.0.restarts.load(Ordering::SeqCst),
        }
    }

    pub(crate) fn restarts(&self) -> u64 {
        self.0.restarts.load(Ordering::SeqCst)
    }
}

impl Since {
    /// Tells whether the reactor may have been stopped at that moment or since: were the counters equal then and
    /// the stops are still as many, it has not been.
    pub(crate) fn may_be_stopped(&self) -> bool {
        self.era.0.stops.load(Ordering::SeqCst) > self.restarts
    }

    pub(crate) fn may_be_full(&self) -> bool {
        self.era.0.queue == Queue::Bounded
    }
}
