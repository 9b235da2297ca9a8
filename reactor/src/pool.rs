//! Threads for what blocks or computes.

use std::sync::Arc;
use std::{fmt, io};

use crate::context;
use crate::label::Label;
use crate::observe::Scheduler;
use crate::panic;
use crate::remote::Remote;
use crate::shared::{Shared, Stage};
use crate::thread::ServiceThread;

mod common;
mod defer;
mod end;
mod error;
mod job;
mod settings;
mod state;
mod worker;

pub(crate) use common::Pool;
pub use defer::DeferToThread;
pub use error::PoolError;
pub(crate) use settings::Settings;
pub(crate) use worker::Blocked;

use job::{Call, Deferred, Job};
use state::{Hands, JobId, Seat};

/// A reactor's thread pool: a handle that is cheap to clone, for any thread.
///
/// What runs on a reactor must not block it. A reactor's thread pool is where such work goes:
/// [`defer_to_thread`] gives its result back as a future, [`call_in_thread`] wants none.
///
/// ```
/// use crochet_reactor::{Reactor, defer_to_thread};
///
/// let mut reactor = Reactor::new()?;
/// let sum: u64 = reactor.block_on(async {
///     defer_to_thread(|| (1..=1000).sum()).await.expect("the job does not panic")
/// })?;
/// assert_eq!(sum, 500_500);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// As Twisted's: threads are started when there is work for them, up to the pool's
/// [size](crate::Builder::pool_size), and jobs begin in the order in which they were handed over.
/// Unlike Twisted's, jobs that wait for an operation of a reactor do not count: while they wait,
/// others run in their stead, on more threads if need be, up to the
/// [cap](crate::Builder::pool_cap). Threads that have no work end after a
/// [time](crate::Builder::pool_keep_alive).
///
/// When the reactor stops, in the phase [`During`](crate::Phase::During), the pool takes no more
/// jobs and drops those that have not begun. It joins its threads, for which it waits a
/// [limited time](crate::Builder::pool_join_timeout) while the loop goes on. Jobs that wait for an
/// operation of the reactor have been told of the stop by then.
///
/// A forked child has none of the threads: there everything is refused as
/// [`Forked`](PoolError::Forked) at once.
#[derive(Clone)]
pub struct ThreadPool {
    scheduler: Scheduler<Shared>,
}

/// A thread pool at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct PoolStats {
    /// How many threads there are.
    pub workers: usize,
    /// How many of them have no work.
    pub idle: usize,
    /// How many of them do a job that waits for an operation.
    pub blocked: usize,
    /// How many jobs have not begun.
    pub queued: usize,
    /// How many threads were started since the reactor was made.
    pub started: u64,
    /// How many jobs have been done since the reactor was made, however they ended.
    pub completed: u64,
}

/// Whether the system had the thread that was wanted, if one was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Provided {
    AsTold,
    Refused,
}

/// Runs a blocking or computing function in the thread pool of the reactor that the calling thread
/// runs, or works for.
///
/// Only the function and its result are sent between threads. As Twisted's `deferToThread`. What
/// stands in the way, such as that there is no reactor, is the future's error.
///
/// # Cancellation
///
/// Dropping the future revokes a job that has not begun; one that runs goes on. See
/// [`DeferToThread`].
#[track_caller]
pub fn defer_to_thread<F, T>(function: F) -> DeferToThread<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    match ThreadPool::current() {
        Some(pool) => pool.defer(function),
        None => PoolError::NoReactor.into(),
    }
}

/// Calls a blocking or computing function in the thread pool of the reactor that the calling thread
/// runs, or works for.
///
/// Nobody hears of its end; its panic is logged. As Twisted's `callInThread`.
///
/// # Errors
///
/// [`PoolError`]; the function is dropped then.
#[track_caller]
pub fn call_in_thread(function: impl FnOnce() + Send + 'static) -> Result<(), PoolError> {
    ThreadPool::current()
        .ok_or(PoolError::NoReactor)?
        .call(function)
}

impl Remote {
    /// Returns the reactor's thread pool.
    #[must_use]
    pub fn thread_pool(&self) -> ThreadPool {
        ThreadPool::new(self.scheduler().clone())
    }

    /// Runs a function in the reactor's thread pool, as [`ThreadPool::defer`].
    #[track_caller]
    pub fn defer_to_thread<F, T>(&self, function: F) -> DeferToThread<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.thread_pool().defer(function)
    }

    /// Calls a function in the reactor's thread pool, as [`ThreadPool::call`].
    ///
    /// # Errors
    ///
    /// [`PoolError`]; the function is dropped then.
    #[track_caller]
    pub fn call_in_thread(
        &self,
        function: impl FnOnce() + Send + 'static,
    ) -> Result<(), PoolError> {
        self.thread_pool().call(function)
    }
}

impl ThreadPool {
    pub(crate) fn new(scheduler: Scheduler<Shared>) -> Self {
        Self { scheduler }
    }

    /// Returns the thread pool of the reactor that the calling thread runs, or works for.
    #[must_use]
    pub fn current() -> Option<Self> {
        match context::current() {
            Ok(context) => Some(Self::new(context.scheduler.clone())),
            Err(_) => worker::current(),
        }
    }

    /// Returns the handle on the pool's reactor.
    #[must_use]
    pub fn remote(&self) -> Remote {
        Remote::new(self.scheduler.clone())
    }

    /// Runs a function in the pool, as [`defer_to_thread`].
    #[track_caller]
    pub fn defer<F, T>(&self, function: F) -> DeferToThread<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (job, reader) = Deferred::new(function, Label::here());
        match self.put(Box::new(job)) {
            Ok(id) => DeferToThread::handed(reader, self.clone(), id),
            Err(error) => error.into(),
        }
    }

    /// Calls a function in the pool, as [`call_in_thread`].
    ///
    /// # Errors
    ///
    /// [`PoolError`]; the function is dropped then.
    #[track_caller]
    pub fn call(&self, function: impl FnOnce() + Send + 'static) -> Result<(), PoolError> {
        self.put(Box::new(Call::new(function, Label::here())))
            .map(drop)
    }

    /// Sets how many jobs may run at a time, as
    /// [`Builder::pool_size`](crate::Builder::pool_size). Jobs that are running go on.
    ///
    /// As Twisted's `suggestThreadPoolSize`. Does nothing in a forked child.
    pub fn set_size(&self, jobs: usize) {
        if self.shared().is_forked() {
            return;
        }
        loop {
            let hands = self.pool().state().resize(jobs);
            // A system that has refused one thread would refuse the next.
            if matches!(hands, Hands::Enough) || self.provide(hands) == Provided::Refused {
                return;
            }
        }
    }

    /// Returns what the pool is doing at this moment. All zero in a forked child.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        if self.shared().is_forked() {
            return PoolStats::default();
        }
        self.pool().state().stats()
    }

    /// Tells whether no job waits or is being done.
    pub(crate) fn is_quiet(&self) -> bool {
        self.shared().is_forked() || self.pool().state().is_quiet()
    }

    fn pool(&self) -> &Pool {
        self.shared().pool()
    }

    fn shared(&self) -> &Shared {
        self.scheduler.shared()
    }

    /// Tells whether both are of the same reactor.
    fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.shared(), other.shared())
    }

    fn put(&self, job: Box<dyn Job>) -> Result<JobId, PoolError> {
        if self.shared().is_forked() {
            return Err(PoolError::Forked);
        }
        // A statement of its own: what was refused is foreign code, to be dropped after the lock.
        let put = self.pool().state().put(job);
        let (id, hands) = put.map_err(|(_, error)| error)?;
        self.provide(hands);
        Ok(id)
    }

    fn revoke(&self, id: JobId) {
        if self.shared().is_forked() {
            return;
        }
        // A statement of its own, as in `put`.
        let revoked = self.pool().state().revoke(id);
        drop(revoked);
        self.tell_of_a_job_less();
    }

    /// Wakes a reactor that lets its work end before it stops: it may have waited for one job alone.
    fn tell_of_a_job_less(&self) {
        if self.shared().has_reached(Stage::Draining) {
            self.scheduler.notify();
        }
    }

    fn provide(&self, hands: Hands) -> Provided {
        match hands {
            Hands::Enough => {}
            Hands::Summon(seat) => seat.bell().notify_one(),
            Hands::Start(seat) => return self.start(seat),
            Hands::Starved => {
                let logged = panic::catch(|| {
                    log::warn!(
                        target: "crochet::reactor",
                        "every thread that the thread pool may have waits for an operation, and \
                         so do further jobs for a thread: its cap is too low",
                    );
                });
                drop(logged);
            }
        }
        Provided::AsTold
    }

    fn start(&self, seat: Arc<Seat>) -> Provided {
        let (pool, theirs) = (self.clone(), Arc::clone(&seat));
        let entered = self.pool().enter(&seat, || {
            ServiceThread::start("crochet-pool", move || worker::work(pool, theirs))
        });
        match entered {
            Ok(()) => Provided::AsTold,
            Err(error) => {
                self.not_started(&seat, &error);
                Provided::Refused
            }
        }
    }

    #[cold]
    fn not_started(&self, seat: &Seat, error: &io::Error) {
        let refused = self.pool().state().not_started(seat);
        if let Some(seat) = refused.instead {
            seat.bell().notify_one();
        }
        self.pool().tell_empty(refused.empty);
        let logged = panic::catch(|| {
            log::error!(target: "crochet::reactor", "the thread pool has one thread less: {error}");
        });
        drop(logged);
        for job in refused.jobs {
            job.refuse(PoolError::Thread(error.kind()));
        }
    }
}

impl fmt::Debug for ThreadPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPool")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

/// Makes the calling thread, if it works for the pool of this reactor, one that the end of the
/// reactor does not wait for, so that it can wait for that end itself.
pub fn leave_pool(remote: &Remote) {
    worker::resign(&remote.thread_pool());
}
