//! Calls into the reactor, for closures.

use std::convert;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use crochet_reactor::glue::Mapped;
use crochet_reactor::{
    BlockingError, Elapsed, Label, Operation, Remote, SubmitError, is_reactor_thread, timeout,
};

use crate::error::WaitError;
use crate::eventual_result::EventualResult;
use crate::global;
use crate::source::Source;
use crate::tracked::Tracked;

/// Runs an operation on the reactor and blocks until it has ended, at most for `timeout`.
///
/// `make` is called on the reactor's thread and returns the future to run there. Only `make` and
/// the output are sent between threads.
///
/// ```
/// use std::time::Duration;
///
/// crochet::setup()?;
/// let sum = crochet::wait_for(Duration::from_secs(5), || async { 2 + 2 });
/// assert_eq!(sum.unwrap(), 4);
/// # Ok::<(), crochet::SetupError>(())
/// ```
///
/// # Errors
///
/// [`WaitError`]. Called on a thread that runs a reactor, it fails before anything is submitted.
///
/// # Cancellation
///
/// When the time is up, the operation is cancelled and the call returns at once, without waiting
/// for the loop: an operation that has not begun never will, one that has is dropped by the loop.
#[track_caller]
pub fn wait_for<M, F>(timeout: Duration, make: M) -> Result<F::Output, WaitError>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future + 'static,
    F::Output: Send + 'static,
{
    wait_owned(Label::here(), timeout, make)
}

/// Runs an operation that may fail, and blocks until it has ended, as [`wait_for`].
///
/// # Errors
///
/// The operation's own error, or a [`WaitError`] converted into it.
#[track_caller]
pub fn try_wait_for<M, F, T, E>(timeout: Duration, make: M) -> Result<T, E>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future<Output = Result<T, E>> + 'static,
    T: Send + 'static,
    E: From<WaitError> + Send + 'static,
{
    wait_owned(Label::here(), timeout, make)?
}

/// Runs an operation that borrows from the caller, and blocks until it has ended, at most for
/// `timeout`.
///
/// ```
/// use std::time::Duration;
///
/// crochet::setup()?;
/// let name = String::from("crochet");
/// let mut seen = 0;
/// crochet::wait_for_borrowed(Duration::from_secs(5), || async { seen = name.len() }).unwrap();
/// assert_eq!(seen, 7);
/// # Ok::<(), crochet::SetupError>(())
/// ```
///
/// # Errors
///
/// [`WaitError`]. Called on a thread that runs a reactor, it fails before anything is submitted.
///
/// # Cancellation
///
/// When the time is up, an operation that has not begun is revoked and the call returns at once.
/// One that has begun is cancelled, and the call returns when the loop has dropped it, because
/// until then it may use what it borrows. So a loop that is blocked holds such a call back;
/// [`wait_for`] does not have that.
#[track_caller]
pub fn wait_for_borrowed<'a, M, F>(timeout: Duration, make: M) -> Result<F::Output, WaitError>
where
    M: FnOnce() -> F + Send + 'a,
    F: Future + 'a,
    F::Output: Send + 'a,
{
    wait_borrowed(Label::here(), timeout, make)
}

/// Runs an operation on the reactor in the background.
///
/// Never blocks and never fails: what stands in the way, such as that there is no reactor, is the
/// returned result's error.
///
/// ```
/// use std::time::Duration;
///
/// crochet::setup()?;
/// let sum = crochet::run_in_reactor(|| async { 2 + 2 });
/// assert_eq!(sum.wait(Duration::from_secs(5)).unwrap(), 4);
/// # Ok::<(), crochet::SetupError>(())
/// ```
#[track_caller]
pub fn run_in_reactor<M, F>(make: M) -> EventualResult<F::Output>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future + 'static,
    F::Output: Send + 'static,
{
    run(Label::here(), None, make)
}

/// Runs an operation that may fail on the reactor in the background, as [`run_in_reactor`].
///
/// The error type is `Debug` so that an error that nobody asks for can be logged.
#[track_caller]
pub fn try_run_in_reactor<M, F, T, E>(make: M) -> EventualResult<T, E>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future<Output = Result<T, E>> + 'static,
    T: Send + 'static,
    E: fmt::Debug + Send + 'static,
{
    try_run(Label::here(), None, make)
}

pub(crate) fn wait_owned<M, F>(
    label: Label,
    timeout: Duration,
    make: M,
) -> Result<F::Output, WaitError>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future + 'static,
    F::Output: Send + 'static,
{
    if is_reactor_thread() {
        return Err(WaitError::OnReactorThread);
    }
    Ok(global::submitter()?.call(label, timeout, make)?)
}

pub(crate) fn wait_borrowed<'a, M, F>(
    label: Label,
    timeout: Duration,
    make: M,
) -> Result<F::Output, WaitError>
where
    M: FnOnce() -> F + Send + 'a,
    F: Future + 'a,
    F::Output: Send + 'a,
{
    if is_reactor_thread() {
        return Err(WaitError::OnReactorThread);
    }
    Ok(global::submitter()?.call_borrowed(label, timeout, make)?)
}

pub(crate) fn run<M, F>(
    label: Label,
    deadline: Option<Duration>,
    make: M,
) -> EventualResult<F::Output>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future + 'static,
    F::Output: Send + 'static,
{
    run_with(label, deadline, make, Ok)
}

pub(crate) fn try_run<M, F, T, E>(
    label: Label,
    deadline: Option<Duration>,
    make: M,
) -> EventualResult<T, E>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future<Output = Result<T, E>> + 'static,
    T: Send + 'static,
    E: fmt::Debug + Send + 'static,
{
    run_with(label, deadline, make, convert::identity)
}

fn run_with<M, F, T, E>(
    label: Label,
    deadline: Option<Duration>,
    make: M,
    into_result: fn(F::Output) -> Result<T, E>,
) -> EventualResult<T, E>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future + 'static,
    T: Send + 'static,
    E: fmt::Debug + Send + 'static,
{
    let keep = move |output: Option<F::Output>| match output.map(into_result) {
        Some(result) => Tracked::new(result, label),
        None => Tracked::late(label),
    };
    let submitted = global::submitter().and_then(|remote| match deadline {
        None => submit(&remote, label, move || Mapped::new(Some(make()), keep)),
        Some(delay) => {
            let deadline = remote.deadline(delay);
            submit(&remote, label, move || {
                let left = deadline.left();
                let future = (!left.is_zero()).then(|| timeout(left, make()));
                Mapped::new(future, move |ended: Option<Result<_, Elapsed>>| {
                    keep(ended.and_then(Result::ok))
                })
            })
        }
    });
    let source = submitted.map_or_else(Source::Refused, Source::Operation);
    EventualResult::new(source, label)
}

fn submit<M, F>(remote: &Remote, label: Label, make: M) -> Result<Operation<F::Output>, WaitError>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future + 'static,
    F::Output: Send + 'static,
{
    remote.submit_labelled(label, make).map_err(WaitError::from)
}

impl<M> From<SubmitError<M>> for WaitError {
    fn from(error: SubmitError<M>) -> Self {
        match error {
            SubmitError::Forked(_) => Self::Forked,
            SubmitError::Interrupted(_) => Self::Interrupted,
            _ => Self::QueueFull,
        }
    }
}

impl From<BlockingError> for WaitError {
    fn from(error: BlockingError) -> Self {
        match error {
            BlockingError::OnReactorThread => Self::OnReactorThread,
            BlockingError::Full => Self::QueueFull,
            BlockingError::Stopped => Self::Stopped,
            BlockingError::Interrupted => Self::Interrupted,
            BlockingError::Forked => Self::Forked,
            BlockingError::Ended(error) => error.into(),
            _ => Self::Timeout,
        }
    }
}
