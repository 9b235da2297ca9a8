//! Why a reactor does not run.

use std::fmt;
use std::io;

use crate::spawn::JoinError;

/// Why a reactor could not run, or stopped running.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError {
    /// The calling thread is running a reactor already.
    Nested,
    /// The system's poller failed.
    Poll(io::Error),
    /// The reactor has stopped.
    Stopped,
    /// The process is a forked child of the one that made the reactor.
    Forked,
    /// The operation that [`Reactor::block_on`](crate::Reactor::block_on) ran has no result.
    Ended(JoinError),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nested => f.write_str("this thread is running a reactor already"),
            Self::Poll(error) => write!(f, "the system's poller failed: {error}"),
            Self::Stopped => f.write_str("the reactor has stopped"),
            Self::Forked => f.write_str("the reactor belongs to the process that forked this one"),
            Self::Ended(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Poll(error) => Some(error),
            Self::Ended(error) => Some(error),
            Self::Nested | Self::Stopped | Self::Forked => None,
        }
    }
}
