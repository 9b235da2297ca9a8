//! The thread pool of the reactor at hand.

use std::future::Future;
use std::time::Duration;

use crochet_reactor::{DeferToThread, Label, PoolError, Remote, ThreadPool, is_reactor_thread};

use crate::error::WaitError;
use crate::global;

/// Returns the thread pool of the reactor that the calling thread runs or works for, elsewhere that
/// of the process's reactor.
///
/// It is where what blocks or computes for long is to go: the reactor's thread must do neither.
/// Nothing is started before the first job.
///
/// ```
/// use std::time::Duration;
///
/// crochet::setup()?;
/// let pool = crochet::thread_pool().unwrap();
/// pool.set_size(4);
/// let sum = crochet::wait_for(Duration::from_secs(5), || async {
///     crochet::defer_to_thread(|| (1..=1000).sum::<u64>()).await
/// });
/// assert_eq!(sum.unwrap().unwrap(), 500_500);
/// # Ok::<(), crochet::SetupError>(())
/// ```
///
/// # Errors
///
/// [`WaitError::NotSetUp`] and [`WaitError::Forked`], as [`remote`](crate::remote).
pub fn thread_pool() -> Result<ThreadPool, WaitError> {
    match ThreadPool::current() {
        Some(pool) => Ok(pool),
        None => Ok(global::submitter()?.thread_pool()),
    }
}

/// Runs a blocking or computing function in the [thread pool](thread_pool): Twisted's
/// `deferToThread`.
///
/// Only the function and its result are sent between threads. It never fails itself: what stands
/// in the way, such as that there is no reactor, is the future's error, as is a panic of the
/// function, with its place.
///
/// # Cancellation
///
/// Dropping the future revokes a job that has not begun. One that runs goes on; its result is
/// dropped, and its panic logged once.
#[track_caller]
pub fn defer_to_thread<F, T>(function: F) -> DeferToThread<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    match thread_pool() {
        Ok(pool) => pool.defer(function),
        Err(error) => pool_error(&error).into(),
    }
}

/// Calls a blocking or computing function in the [thread pool](thread_pool), from any thread:
/// Twisted's `callInThread`.
///
/// Nobody hears of its end; its panic is logged.
///
/// # Errors
///
/// [`PoolError`]; the function is dropped then.
#[track_caller]
pub fn call_in_thread(function: impl FnOnce() + Send + 'static) -> Result<(), PoolError> {
    match thread_pool() {
        Ok(pool) => pool.call(function),
        Err(error) => Err(pool_error(&error)),
    }
}

/// Runs an operation on the reactor and blocks until it has ended, at most for `timeout`: Twisted's
/// `blockingCallFromThread`.
///
/// On a thread of a reactor's pool that is this reactor, elsewhere the process's. Otherwise it is
/// [`wait_for`](fn@crate::wait_for). While a job waits here, as while it waits for anything of this
/// library, it does not count among those that the pool may run at a time, so that others can do
/// what it waits for.
///
/// ```
/// use std::time::Duration;
///
/// crochet::setup()?;
/// let job = crochet::defer_to_thread(|| {
///     let second = Duration::from_secs(1);
///     crochet::blocking_call_from_thread(second, || async { "from the loop" })
/// });
/// let said = crochet::wait_for(Duration::from_secs(5), || job).unwrap();
/// assert_eq!(said.unwrap().unwrap(), "from the loop");
/// # Ok::<(), crochet::SetupError>(())
/// ```
///
/// # Errors
///
/// [`WaitError`]. Called on a thread that runs a reactor, it fails before anything is submitted.
///
/// # Cancellation
///
/// As [`wait_for`](fn@crate::wait_for): when the time is up, the operation is cancelled and the
/// call returns at once.
#[track_caller]
pub fn blocking_call_from_thread<M, F>(timeout: Duration, make: M) -> Result<F::Output, WaitError>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future + 'static,
    F::Output: Send + 'static,
{
    let label = Label::here();
    if is_reactor_thread() {
        return Err(WaitError::OnReactorThread);
    }
    Ok(reactor_at_hand()?.call(label, timeout, make)?)
}

fn reactor_at_hand() -> Result<Remote, WaitError> {
    thread_pool().map(|pool| pool.remote())
}

fn pool_error(error: &WaitError) -> PoolError {
    match error {
        WaitError::Forked => PoolError::Forked,
        _ => PoolError::NoReactor,
    }
}
