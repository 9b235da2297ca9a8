//! Why a looping call does not start, stop or go on.

use std::error::Error;
use std::fmt;

use crate::panic::Panic;

/// Why a looping call could not be started.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum StartError {
    /// It is running, or its last call has not ended.
    AlreadyRunning,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyRunning => f.write_str("the looping call is running already"),
        }
    }
}

impl Error for StartError {}

/// The looping call is not running, so that it can be neither stopped nor reset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotRunning(());

impl NotRunning {
    pub(super) const fn new() -> Self {
        Self(())
    }
}

impl fmt::Display for NotRunning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the looping call is not running")
    }
}

impl Error for NotRunning {}

/// Why a looping call has ended without having been stopped.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LoopingError<E> {
    /// A call failed.
    Failed(E),
    /// A call panicked.
    Panicked(Panic),
    /// The reactor stopped.
    ReactorStopped,
}

impl<E: fmt::Display> fmt::Display for LoopingError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "the looping call failed: {error}"),
            Self::Panicked(panic) => write!(f, "the looping call panicked: {panic}"),
            Self::ReactorStopped => f.write_str("the reactor stopped before the looping call"),
        }
    }
}

impl<E: Error + 'static> Error for LoopingError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Panicked(_) | Self::ReactorStopped => None,
        }
    }
}
