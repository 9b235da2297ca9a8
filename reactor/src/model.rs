//! Controls for the loom models, and a reactor that loom can follow.
//!
//! Exists only under `--cfg crochet_loom`.

use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use crochet_core::driver::Until;
use loom::sync::Notify;
use loom::thread::JoinHandle;

use crate::context::TimeSource;
use crate::platform::Platform;
use crate::pool::Settings;
use crate::reactor::{Reactor, Tuning};
use crate::registry::Registry;
use crate::shared::{Bell, Shared};
use crate::wait;

/// A cross-thread edge that a model depends on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edge {
    /// A waiter's announcement, before its look for a reason not to wait.
    WaitAnnounced,
    /// The mark that a reactor stops, before the look for threads that wait for it.
    StageMarked,
    /// Publication, to whoever sees how far a reactor is, of what came before.
    StageSeen,
    /// The mark that all waits are interrupted, before the look for threads that wait.
    InterruptMarked,
    /// Publication, to whoever is interrupted, of what came before.
    InterruptSeen,
}

thread_local! {
    // Loom runs all threads of a model on the thread that started the model.
    static WEAKENED: Cell<Option<Edge>> = const { Cell::new(None) };
}

impl Edge {
    pub(crate) fn is_weakened(self) -> bool {
        WEAKENED.get() == Some(self)
    }
}

/// Weakens `edge` for every model that this thread runs until [`restore`].
pub fn weaken(edge: Edge) {
    WEAKENED.set(Some(edge));
}

/// Gives every edge its full strength again.
pub fn restore() {
    WEAKENED.set(None);
}

/// Makes a reactor that belongs to the calling thread of a model, with a queue limit or without.
///
/// It sleeps as loom's threads do. Everything else that it does is what ships, as long as nothing
/// uses a timer, a socket or the thread pool.
#[must_use]
pub fn reactor(queue_limit: Option<usize>) -> Reactor {
    let signal = Signal::new();
    let shared = Shared::new(
        Bell::Model(Arc::clone(&signal)),
        queue_limit,
        Settings::default(),
    );
    let time = TimeSource::Monotonic(Instant::now());
    Reactor::of(
        Platform::Model(signal),
        shared,
        Registry::without_sockets(),
        time,
        Tuning::default(),
    )
}

/// Starts a thread of a model that may block.
///
/// It leaves the list of such threads before it can be joined: loom drops a model's statics when the
/// main thread ends, which may be before it drops what is local to the others.
pub fn spawn<R: 'static>(body: impl FnOnce() -> R + 'static) -> JoinHandle<R> {
    loom::thread::spawn(|| {
        let result = body();
        wait::leave();
        result
    })
}

/// What a thread sleeps on: one wake-up is kept for later.
#[derive(Debug)]
pub(crate) struct Signal(Notify);

impl Signal {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Notify::new()))
    }

    pub(crate) fn notify(&self) {
        self.0.notify();
    }

    /// Waits for a wake-up, which may have come before. Returns early at times.
    pub(crate) fn wait(&self) {
        self.0.wait();
    }

    /// Sleeps as a loop does, whose model has no timers.
    pub(crate) fn park(&self, until: Until) -> io::Result<()> {
        match until {
            Until::Now => Ok(()),
            Until::Woken => {
                self.wait();
                Ok(())
            }
            Until::Deadline(_) => Err(io::Error::other("a model has no timers")),
        }
    }
}
