//! Results that are kept under an id.

use std::any::{self, Any};
use std::fmt;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crochet_reactor::glue::{self, PerProcess};
use crochet_reactor::{spawn, timeout};

use crate::eventual_result::EventualResult;
use crate::{exit, global};

mod ids;
mod store;

pub use ids::{ParseResultIdError, ResultId};

use store::{Store, Sweep};

// A forked child has a stash of its own: the results in its parent's are its parent's.
static STASH: PerProcess<Mutex<Store>> = PerProcess::new(Mutex::new(Store::new()));

/// How much the stash keeps, and for how long. See [`configure_stash`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StashLimits {
    max_results: usize,
    max_age: Duration,
}

impl StashLimits {
    const DEFAULT: Self = Self {
        max_results: 65_536,
        max_age: Duration::from_secs(60 * 60),
    };

    /// Limits how many results are kept: one more drives the oldest out. 65,536 by default.
    #[must_use]
    pub fn max_results(mut self, results: usize) -> Self {
        self.max_results = results;
        self
    }

    /// Limits how long a result is kept. An hour by default.
    ///
    /// An older one is not retrieved any more. It is dropped when the stash is used next, and by
    /// the reactor, if it runs, before it has reached twice this age. Ages are real time, but a
    /// reactor on virtual time also drops what is too old by its own clock.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }
}

impl Default for StashLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Counters of the stash, since the process began.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct StashStats {
    /// How many results there are now.
    pub kept: usize,
    /// How many have been stashed.
    pub stashed: u64,
    /// How many have been retrieved.
    pub retrieved: u64,
    /// How many were driven out by others.
    pub evicted: u64,
    /// How many became too old.
    pub expired: u64,
}

impl StashStats {
    const ZERO: Self = Self {
        kept: 0,
        stashed: 0,
        retrieved: 0,
        evicted: 0,
        expired: 0,
    };
}

/// Why no result was retrieved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RetrieveError {
    /// There is no result with this id: it has been retrieved, was given up, or never was in this
    /// process's stash.
    Unknown,
    /// The result has another type, and stays in the stash.
    WrongType {
        /// The type to retrieve it as.
        stored: &'static str,
    },
}

impl fmt::Display for RetrieveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str(
                "there is no stashed result with this id: it was retrieved or is too old",
            ),
            Self::WrongType { stored } => {
                write!(
                    f,
                    "the stashed result has another type: retrieve it as {stored}"
                )
            }
        }
    }
}

impl std::error::Error for RetrieveError {}

/// Takes a result out of the process's stash, where [`EventualResult::stash`] has put it.
///
/// It is the very handle that was stashed; an operation that had not ended has gone on meanwhile.
///
/// ```
/// use std::time::Duration;
///
/// crochet::setup()?;
/// let id = crochet::run_in_reactor(|| async { 2 + 2 }).stash();
/// let session = id.to_string();
///
/// let sum = crochet::retrieve_result::<i32, _>(session.parse()?)?;
/// assert_eq!(sum.wait(Duration::from_secs(5))?, 4);
/// # let _: crochet::EventualResult<i32> = sum;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`RetrieveError`]. A result is retrieved once.
pub fn retrieve_result<T, E>(id: ResultId) -> Result<EventualResult<T, E>, RetrieveError>
where
    T: Send + 'static,
    E: Send + 'static,
{
    let (aged, removed) = {
        let mut store = lock();
        let aged = store.give_up(Instant::now());
        (
            aged,
            store.remove(id, |result| result.is::<EventualResult<T, E>>()),
        )
    };
    drop(aged);
    match removed?.downcast::<EventualResult<T, E>>() {
        Ok(result) => Ok(*result),
        Err(_) => unreachable!("the type was looked at before it was removed"),
    }
}

/// Sets how much the process's stash keeps. Results beyond the new limits are given up at once.
///
/// What is given up is dropped as any [`EventualResult`] is: a pending operation goes on by itself,
/// and a failure that nobody asked for is logged.
pub fn configure_stash(limits: StashLimits) {
    let (given_up, sweeper) = lock().configure(limits, Instant::now());
    // It may have begun to sleep for longer than the new limit.
    if let Some(sweeper) = sweeper {
        sweeper.wake();
    }
    drop(given_up);
}

/// Returns the counters of the process's stash.
#[must_use]
pub fn stash_stats() -> StashStats {
    lock().stats()
}

pub(crate) fn keep<T, E>(result: EventualResult<T, E>) -> ResultId
where
    T: Send + 'static,
    E: Send + 'static,
{
    // Also without a reactor: what is kept is looked through at exit, and not shared with children.
    glue::watch();
    exit::stop_at_exit();
    let type_name = any::type_name::<EventualResult<T, E>>();
    let result: Box<dyn Any + Send> = Box::new(result);
    let (id, given_up, begins) = {
        let mut store = lock();
        let (id, given_up) = store.insert(result, type_name, Instant::now());
        (id, given_up, store.begin_to_sweep())
    };
    drop(given_up);
    if begins {
        begin_to_sweep();
    }
    id
}

/// Gives up everything, at the end of the process: failures are logged, the rest is dropped.
#[cfg(unix)]
pub(crate) fn clear() {
    let given_up = lock().clear();
    drop(given_up);
}

/// Lets the reactor give up what is too old, for as long as there is something in the stash.
fn begin_to_sweep() {
    let mut sweeper = Sweeper { has_ended: false };
    // Without a reactor, and when this comes to nothing, the stash is looked through when it is used.
    let Ok(remote) = global::of_process() else {
        return;
    };
    let submitted = remote.submit(move || async move {
        // A task, because a reactor that is drained waits for operations.
        let task = spawn(async move {
            while let Some(sweep) = sweeper.next() {
                let changed = poll_fn(|cx| lock().poll_changed(&sweep, cx.waker()));
                if timeout(sweep.max_age(), changed).await.is_err() {
                    let aged = lock().give_up_before(&sweep);
                    drop(aged);
                }
            }
        });
        drop(task);
    });
    drop(submitted);
}

/// The right to sweep. However it ends, the next result that is stashed begins another.
struct Sweeper {
    has_ended: bool,
}

impl Sweeper {
    /// Returns what to do next; `None` at the end.
    fn next(&mut self) -> Option<Sweep> {
        let next = lock().next_sweep();
        self.has_ended = next.is_none();
        next
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        if !self.has_ended {
            lock().end_to_sweep();
        }
    }
}

fn lock() -> MutexGuard<'static, Store> {
    let stash = STASH.get(|| Mutex::new(Store::new()));
    // Nothing foreign runs while the lock is held, so nothing panics.
    stash.lock().unwrap_or_else(PoisonError::into_inner)
}
