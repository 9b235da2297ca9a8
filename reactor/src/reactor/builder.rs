//! The settings of a reactor.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use crochet_core::driver::Budget;

use super::{Reactor, Tuning};
use crate::backend::Backend;
use crate::context::TimeSource;
use crate::fork;
use crate::observe::{self, Watch};
use crate::panic;
use crate::platform::Platform;
use crate::pool::Settings;
use crate::registry::Registry;
use crate::shared::{Bell, Shared};
use crate::timeline::{LoopEnd, Timeline};
use crate::wait_strategy::{self, Callers, Idle, WaitStrategy};

/// Settings of a [`Reactor`] to be made. It can be sent to the thread that is to run it.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    queue_limit: Option<usize>,
    pool: Settings,
    backend: Backend,
    budget: Budget,
    watch: observe::Settings,
    waiting: WaitStrategy,
    idling: WaitStrategy,
}

impl Builder {
    /// Limits how many submitted operations may wait to begin, at least one. Without a limit,
    /// which is the default, only memory does.
    ///
    /// A limit costs each submission two more atomic steps.
    #[must_use]
    pub fn queue_limit(mut self, operations: usize) -> Self {
        self.queue_limit = Some(operations.max(1));
        self
    }

    /// Chooses the library that the reactor hears of events through; the default is the first of
    /// [`Backend::ALL`]. A reactor on virtual time has none.
    #[must_use]
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// Limits how much the loop does in one turn before it looks for events again; the default is
    /// 256 timers and 128 tasks.
    ///
    /// What is left over is done in the next turns, in order. A smaller budget lets timers and
    /// events come sooner when many tasks are ready, and costs more system calls. A host that does
    /// [turns](Reactor::turn) itself gives each its own budget; this one is for
    /// [`run`](Reactor::run) and [`block_on`](Reactor::block_on).
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// Chooses how threads that block wait for operations of the reactor; the default is
    /// [`WaitStrategy::Adaptive`].
    #[must_use]
    pub fn wait_strategy(mut self, strategy: WaitStrategy) -> Self {
        self.waiting = strategy;
        self
    }

    /// Chooses how the reactor's thread waits when nothing is left to do; the default is
    /// [`WaitStrategy::Adaptive`].
    ///
    /// A host that does [turns](Reactor::turn) itself waits as it likes.
    #[must_use]
    pub fn idle_strategy(mut self, strategy: WaitStrategy) -> Self {
        self.idling = strategy;
        self
    }

    /// Makes the reactor, on the thread that is to run it.
    ///
    /// # Errors
    ///
    /// Whatever the system reports, such as that there are no more file descriptors.
    pub fn build(&self) -> io::Result<Reactor> {
        panic::note_places();
        fork::watch();
        let (platform, bell, registry) = Platform::system(self.backend)?;
        let time = TimeSource::Monotonic(Instant::now());
        let cores = wait_strategy::cores();
        let callers = Callers::following(self.waiting, cores);
        let shared = self.shared(bell).awaited_by(callers);
        let tuning = Tuning {
            idle: Idle::following(self.idling, cores),
            ..self.tuning()
        };
        Ok(Reactor::of(platform, shared, registry, time, tuning))
    }

    /// Changes the settings of the thread pool.
    pub(crate) fn with_pool(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.pool);
        self
    }

    /// Makes a reactor on virtual time.
    pub(crate) fn build_on(&self, timeline: &Arc<Timeline>) -> Reactor {
        panic::note_places();
        fork::watch();
        let platform = Platform::Virtual(LoopEnd::new(Arc::clone(timeline)));
        let bell = Bell::Virtual(Arc::clone(timeline));
        let shared = self.shared(bell);
        let time = TimeSource::Virtual(Arc::clone(timeline));
        Reactor::of(
            platform,
            shared,
            Registry::without_sockets(),
            time,
            self.tuning(),
        )
    }

    /// Changes what is measured.
    pub(crate) fn with_watch(mut self, change: impl FnOnce(&mut observe::Settings)) -> Self {
        change(&mut self.watch);
        self
    }

    fn shared(&self, bell: Bell) -> Shared {
        Shared::new(bell, self.queue_limit, self.pool).recording(&self.watch)
    }

    fn tuning(&self) -> Tuning {
        Tuning {
            budget: self.budget,
            watch: Watch::for_settings(self.watch),
            idle: Idle::default(),
        }
    }
}
