//! Thread pools of reactors, and jobs for them.

use std::fmt;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Instant;

use crochet::{Builder, Label, PoolStats, Remote, ThreadPool};
use crochet_reactor::BlockingError;

use crate::LONG;
use crate::host::Host;

/// A job that is busy, without waiting for a reactor, until it is told to end.
pub struct Busy {
    release: Sender<()>,
    begun: Receiver<()>,
}

impl fmt::Debug for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Busy").finish_non_exhaustive()
    }
}

impl Busy {
    /// Hands the job over.
    ///
    /// # Panics
    ///
    /// When the pool refuses it.
    #[must_use]
    pub fn hand_to(pool: &ThreadPool) -> Self {
        let (release, released) = mpsc::channel();
        let (tell, begun) = mpsc::channel();
        pool.call(move || {
            tell.send(()).expect("the test lives");
            assert!(released.recv().is_err(), "the sender is dropped");
        })
        .expect("the pool takes the job");
        Self { release, begun }
    }

    /// Hands the job over, and waits until it has begun.
    ///
    /// # Panics
    ///
    /// When it does not begin.
    #[must_use]
    pub fn begin_in(pool: &ThreadPool) -> Self {
        let busy = Self::hand_to(pool);
        busy.wait_until_begun();
        busy
    }

    /// Waits until the job has begun.
    ///
    /// # Panics
    ///
    /// When it does not begin.
    pub fn wait_until_begun(&self) {
        self.begun.recv_timeout(LONG).expect("the job begins");
    }

    /// Tells whether the job has begun, once.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.begun.try_recv().is_ok()
    }

    /// Lets the job end.
    pub fn end(self) {
        drop(self.release);
    }
}

/// Starts a reactor whose pool has so many threads.
///
/// # Panics
///
/// When the system refuses it.
#[must_use]
pub fn sized(settings: Builder, size: usize) -> Host {
    Host::with(settings.pool_size(size))
}

/// Returns a reactor's pool.
#[must_use]
pub fn pool_of(host: &Host) -> ThreadPool {
    host.remote().thread_pool()
}

/// Computes until the pool is in such a state.
///
/// # Panics
///
/// When it is not for a long time.
#[track_caller]
pub fn spin_until(pool: &ThreadPool, is_so: impl Fn(PoolStats) -> bool) {
    let begun = Instant::now();
    while !is_so(pool.stats()) {
        assert!(begun.elapsed() < LONG, "still {:?}", pool.stats());
        thread::yield_now();
    }
}

/// Calls an operation of the reactor, from a job.
///
/// # Errors
///
/// Whatever it ended with.
pub fn call<M, F>(remote: &Remote, make: M) -> Result<F::Output, BlockingError>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future<Output: Send> + 'static,
{
    remote.call(Label::here(), LONG, make)
}
