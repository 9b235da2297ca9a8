//! How large a thread pool is, and how long its threads stay.

use std::time::Duration;

use crate::reactor::Builder;

/// The settings of a pool that are decided on when its reactor is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(super) size: usize,
    pub(super) cap: usize,
    pub(super) queue_limit: Option<usize>,
    pub(super) keep_alive: Duration,
    pub(super) join_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            size: 10,
            cap: 256,
            queue_limit: None,
            keep_alive: Duration::from_secs(10),
            join_timeout: Duration::from_secs(5),
        }
    }
}

/// Settings of the reactor's thread pool.
impl Builder {
    /// Sets how many jobs of the thread pool may run at a time: 10 by default, as in Twisted.
    ///
    /// Jobs that wait for an operation of a reactor do not count. With zero no job begins until
    /// [`ThreadPool::set_size`](crate::ThreadPool::set_size) allows some.
    #[must_use]
    pub fn pool_size(self, jobs: usize) -> Self {
        self.with_pool(|pool| pool.size = jobs)
    }

    /// Sets how many threads the pool may have when jobs wait for operations: 256 by default, and
    /// never less than the size.
    #[must_use]
    pub fn pool_cap(self, threads: usize) -> Self {
        self.with_pool(|pool| pool.cap = threads)
    }

    /// Limits how many jobs may wait for a thread; further ones are refused as
    /// [`Full`](crate::PoolError::Full). Without a limit, which is the default, only memory does.
    ///
    /// A job for which there is a thread does not wait: with zero, jobs are taken as long as one
    /// is free or may be started.
    #[must_use]
    pub fn pool_queue_limit(self, jobs: usize) -> Self {
        self.with_pool(|pool| pool.queue_limit = Some(jobs))
    }

    /// Sets how long a thread of the pool stays without work: 10 seconds by default.
    #[must_use]
    pub fn pool_keep_alive(self, time: Duration) -> Self {
        self.with_pool(|pool| pool.keep_alive = time)
    }

    /// Sets how long the reactor, when it stops, waits for the jobs that are running: 5 seconds by
    /// default. Threads that take longer are left behind.
    #[must_use]
    pub fn pool_join_timeout(self, time: Duration) -> Self {
        self.with_pool(|pool| pool.join_timeout = time)
    }
}
