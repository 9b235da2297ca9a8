//! The settings of a reactor.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use super::Reactor;
use crate::context::TimeSource;
use crate::fork;
use crate::panic;
use crate::platform::Platform;
use crate::pool::Settings;
use crate::registry::Registry;
use crate::shared::{Bell, Shared};
use crate::timeline::{LoopEnd, Timeline};

/// Settings of a [`Reactor`] to be made. It can be sent to the thread that is to run it.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    queue_limit: Option<usize>,
    pool: Settings,
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

    /// Makes the reactor, on the thread that is to run it.
    ///
    /// # Errors
    ///
    /// Whatever the system reports, such as that there are no more file descriptors.
    pub fn build(&self) -> io::Result<Reactor> {
        panic::note_places();
        fork::watch();
        let (platform, bell, registry) = Platform::system()?;
        let time = TimeSource::Monotonic(Instant::now());
        let shared = Shared::new(bell, self.queue_limit, self.pool);
        Ok(Reactor::of(platform, shared, registry, time))
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
        let shared = Shared::new(bell, self.queue_limit, self.pool);
        let time = TimeSource::Virtual(Arc::clone(timeline));
        Reactor::of(platform, shared, Registry::without_sockets(), time)
    }
}
