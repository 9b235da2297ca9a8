//! The errors that callers meet.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::io;

use crochet_reactor::{JoinError, Panic, PoolError};

/// Why an operation of [`wait_for`](fn@crate::wait_for) gave no result.
///
/// Functions that are decorated and return a `Result` convert it into their own error by `From`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WaitError {
    /// The time was up; the operation has been cancelled.
    Timeout,
    /// Somebody else cancelled the operation.
    Cancelled,
    /// The reactor has stopped, or stopped before the operation ended.
    Stopped,
    /// The operation panicked.
    Panicked(Panic),
    /// The calling thread runs a reactor, and blocking it would block everything on it. Nothing
    /// was submitted.
    OnReactorThread,
    /// Neither [`setup`](crate::setup) nor [`no_setup`](crate::no_setup) has been called.
    NotSetUp,
    /// The reactor's queue limit was reached.
    QueueFull,
    /// All waits of the process were interrupted, by a signal or by
    /// [`interrupt_waits`](crate::interrupt_waits); the operation has been cancelled.
    Interrupted,
    /// The process is a forked child, and the reactor belongs to its parent.
    Forked,
}

/// Why an [`EventualResult`](crate::EventualResult) gave no value.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum EventualError<E = Infallible> {
    /// The operation has not ended yet. Waiting again may give a result.
    Timeout,
    /// The operation was cancelled.
    Cancelled,
    /// The reactor has stopped, or stopped before the operation ended.
    Stopped,
    /// The operation panicked.
    Panicked(Panic),
    /// The operation has not ended, and the calling thread runs a reactor, which blocking would
    /// stop. Waiting elsewhere, or awaiting, may give a result.
    OnReactorThread,
    /// Neither [`setup`](crate::setup) nor [`no_setup`](crate::no_setup) had been called.
    NotSetUp,
    /// The reactor's queue limit was reached; the operation was not submitted.
    QueueFull,
    /// All waits of the process were interrupted, by a signal or by
    /// [`interrupt_waits`](crate::interrupt_waits). The operation goes on; waiting again may give a
    /// result.
    Interrupted,
    /// The process is a forked child, and the operation belongs to its parent's reactor.
    Forked,
    /// The handle was awaited, which has moved the result out.
    Taken,
    /// The deadline that the operation was submitted with has passed, and it has been cancelled.
    /// Unlike a [`Timeout`](Self::Timeout) of a wait, this is the operation's end.
    DeadlineExceeded,
    /// The operation failed with an error of its own.
    Failed(E),
}

const TIMEOUT: &str = "the operation did not end in time";
const CANCELLED: &str = "the operation was cancelled";
const STOPPED: &str = "the reactor stopped before the operation ended";
const ON_REACTOR: &str =
    "this thread runs a reactor, which a blocking call would stop: await the operation instead";
const NOT_SET_UP: &str = "there is no reactor: call crochet::setup() first";
const QUEUE_FULL: &str = "the reactor's queue is full";
const INTERRUPTED: &str = "the wait was interrupted";
const DEADLINE_EXCEEDED: &str = "the operation was cancelled at its deadline";
const TAKEN: &str = "the result was taken when its handle was awaited";
const FORKED: &str =
    "this process was forked from the one that runs the reactor: call crochet::setup() here";

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timeout => TIMEOUT,
            Self::Cancelled => CANCELLED,
            Self::Stopped => STOPPED,
            Self::Panicked(panic) => return write!(f, "the operation panicked: {panic}"),
            Self::OnReactorThread => ON_REACTOR,
            Self::NotSetUp => NOT_SET_UP,
            Self::QueueFull => QUEUE_FULL,
            Self::Interrupted => INTERRUPTED,
            Self::Forked => FORKED,
        })
    }
}

impl Error for WaitError {}

impl<E: fmt::Display> fmt::Display for EventualError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Timeout => f.write_str(TIMEOUT),
            Self::Cancelled => f.write_str(CANCELLED),
            Self::Stopped => f.write_str(STOPPED),
            Self::Panicked(panic) => write!(f, "the operation panicked: {panic}"),
            Self::OnReactorThread => f.write_str(ON_REACTOR),
            Self::NotSetUp => f.write_str(NOT_SET_UP),
            Self::QueueFull => f.write_str(QUEUE_FULL),
            Self::Interrupted => f.write_str(INTERRUPTED),
            Self::Forked => f.write_str(FORKED),
            Self::Taken => f.write_str(TAKEN),
            Self::DeadlineExceeded => f.write_str(DEADLINE_EXCEEDED),
        }
    }
}

impl<E: Error + 'static> Error for EventualError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // Its message is this error's message, so its source is this error's source.
            Self::Failed(error) => error.source(),
            _ => None,
        }
    }
}

impl<E> From<WaitError> for EventualError<E> {
    fn from(error: WaitError) -> Self {
        match error {
            WaitError::Timeout => Self::Timeout,
            WaitError::Cancelled => Self::Cancelled,
            WaitError::Stopped => Self::Stopped,
            WaitError::Panicked(panic) => Self::Panicked(panic),
            WaitError::OnReactorThread => Self::OnReactorThread,
            WaitError::NotSetUp => Self::NotSetUp,
            WaitError::QueueFull => Self::QueueFull,
            WaitError::Interrupted => Self::Interrupted,
            WaitError::Forked => Self::Forked,
        }
    }
}

impl From<EventualError<Infallible>> for WaitError {
    fn from(error: EventualError<Infallible>) -> Self {
        match error {
            EventualError::Timeout => Self::Timeout,
            EventualError::Cancelled => Self::Cancelled,
            EventualError::Stopped => Self::Stopped,
            EventualError::Panicked(panic) => Self::Panicked(panic),
            EventualError::OnReactorThread => Self::OnReactorThread,
            EventualError::NotSetUp => Self::NotSetUp,
            EventualError::QueueFull => Self::QueueFull,
            EventualError::Interrupted => Self::Interrupted,
            EventualError::Forked => Self::Forked,
            // Gone for good, whoever made it so.
            EventualError::Taken => Self::Cancelled,
            // The same to whoever awaited it: the time was up, and the operation is cancelled.
            EventualError::DeadlineExceeded => Self::Timeout,
            EventualError::Failed(never) => match never {},
        }
    }
}

impl From<JoinError> for WaitError {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::Stopped => Self::Stopped,
            JoinError::Panicked(panic) => Self::Panicked(panic),
            JoinError::Forked => Self::Forked,
            JoinError::Refused(PoolError::Full) => Self::QueueFull,
            JoinError::Refused(PoolError::NoReactor) => Self::NotSetUp,
            _ => Self::Cancelled,
        }
    }
}

/// Lets functions that return [`io::Result`] be decorated.
impl From<WaitError> for io::Error {
    fn from(error: WaitError) -> Self {
        let kind = match error {
            WaitError::Timeout => io::ErrorKind::TimedOut,
            WaitError::Stopped | WaitError::NotSetUp => io::ErrorKind::NotConnected,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

/// Why the reactor was not set up.
#[derive(Debug)]
#[non_exhaustive]
pub enum SetupError {
    /// [`no_setup`](crate::no_setup) was called after `setup` or after itself: the process's
    /// reactor has been decided on already.
    AlreadySetUp,
    /// The system refused a thread.
    Thread(io::Error),
    /// The system refused what a reactor needs, such as file descriptors.
    Reactor(io::Error),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadySetUp => f.write_str(
                "the process has a reactor already: call no_setup() once, before any setup()",
            ),
            Self::Thread(error) => write!(f, "cannot start the reactor's thread: {error}"),
            Self::Reactor(error) => write!(f, "cannot make the reactor: {error}"),
        }
    }
}

impl Error for SetupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::AlreadySetUp => None,
            Self::Thread(error) | Self::Reactor(error) => Some(error),
        }
    }
}

/// Why [`stop`](crate::stop) did not see the reactor's end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum StopError {
    /// There is no reactor.
    NotSetUp,
    /// The calling thread runs the reactor: it has been asked to stop, and cannot be waited for.
    OnReactorThread,
    /// The reactor has been asked to stop, and did not in time: something on its thread computes
    /// or blocks.
    Timeout,
}

impl fmt::Display for StopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSetUp => NOT_SET_UP,
            Self::OnReactorThread => {
                "this thread runs the reactor: it will stop, but not while it is waited for here"
            }
            Self::Timeout => "the reactor did not stop in time: something blocks its thread",
        })
    }
}

impl Error for StopError {}
