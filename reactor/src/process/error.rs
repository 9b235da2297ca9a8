//! What can go wrong with a child.

use std::{error, fmt, io};

/// Why it is not known how a child ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ExitError {
    /// It has ended, and other code of this program took its status: something that waits for all
    /// children, or a program that ignores `SIGCHLD`.
    Reaped,
    /// It did not end in time, and was killed.
    TimedOut,
    /// It did not end in time, and could not be killed: it may be another user's by now.
    NotKilled(SignalError),
    /// Its reactor stopped first.
    Stopped,
    /// The system refused to tell.
    System(io::ErrorKind),
}

impl fmt::Display for ExitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reaped => f.write_str("other code of this program took the child's exit status"),
            Self::TimedOut => f.write_str("the child did not end in time and was killed"),
            Self::NotKilled(error) => {
                write!(
                    f,
                    "the child did not end in time and was not killed: {error}"
                )
            }
            Self::Stopped => f.write_str("the reactor stopped before the child ended"),
            Self::System(kind) => write!(f, "the child's exit status could not be had: {kind}"),
        }
    }
}

impl error::Error for ExitError {}

/// Why a signal was not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SignalError {
    /// The child has ended. As Twisted's `ProcessExitedAlready`.
    Exited,
    /// The child has no process group of its own: see [`Command::own_group`](super::Command::own_group).
    NoGroup,
    /// The child is one of the process that this one has forked off from.
    Forked,
    /// The system refused: there is no such signal, or the child has become another user's.
    System(io::ErrorKind),
}

impl fmt::Display for SignalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited => f.write_str("the child has ended already"),
            Self::NoGroup => f.write_str("the child has no process group of its own"),
            Self::Forked => f.write_str("the child belongs to the process that forked this one"),
            Self::System(kind) => write!(f, "the signal could not be sent: {kind}"),
        }
    }
}

impl error::Error for SignalError {}

/// Why there is no collected output of a child. The child was killed, unless it had ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum OutputError {
    /// It could not be started.
    Spawn(io::Error),
    /// Its output could not be read.
    Read(io::Error),
    /// It wrote more than this many bytes.
    TooMuch(usize),
    /// It is not known how it ended.
    Exit(ExitError),
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spawn(error) => write!(f, "the child could not be started: {error}"),
            Self::Read(error) => write!(f, "the child's output could not be read: {error}"),
            Self::TooMuch(limit) => write!(f, "the child wrote more than {limit} bytes"),
            Self::Exit(error) => error.fmt(f),
        }
    }
}

impl error::Error for OutputError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Spawn(error) | Self::Read(error) => Some(error),
            Self::TooMuch(_) | Self::Exit(_) => None,
        }
    }
}

impl From<ExitError> for OutputError {
    fn from(error: ExitError) -> Self {
        Self::Exit(error)
    }
}
