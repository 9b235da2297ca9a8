//! Why a pool does not do a job.

use std::{fmt, io};

use crate::spawn::JoinError;

/// Why the thread pool does not do a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PoolError {
    /// The reactor has stopped, or is in a late phase of that.
    Stopped,
    /// As many jobs wait as the [limit](crate::Builder::pool_queue_limit) allows.
    Full,
    /// The system refused to start a thread, and the pool has no other, or none whose job does not
    /// wait for an operation itself.
    Thread(io::ErrorKind),
    /// The calling thread neither runs a reactor nor works for one, and there is no other.
    NoReactor,
    /// The process is a forked child of the one that has the pool's threads.
    Forked,
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => f.write_str("the reactor of the thread pool has stopped"),
            Self::Full => f.write_str("the queue of the thread pool is full"),
            Self::Thread(kind) => {
                write!(f, "the system refused the thread pool a thread: {kind}")
            }
            Self::NoReactor => f.write_str("there is no reactor whose thread pool could do it"),
            Self::Forked => {
                f.write_str("the thread pool belongs to the process that forked this one")
            }
        }
    }
}

impl std::error::Error for PoolError {}

impl From<PoolError> for JoinError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Stopped => Self::Stopped,
            PoolError::Forked => Self::Forked,
            _ => Self::Refused(error),
        }
    }
}
