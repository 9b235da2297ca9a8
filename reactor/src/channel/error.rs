//! Why a value was not sent or received.

use std::error::Error;
use std::fmt;

/// Why a value was not sent. Gives it back.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError<T> {
    /// The channel holds as many values as it may.
    Full(T),
    /// The channel stayed full until the time was up.
    TimedOut(T),
    /// There is no receiver any more.
    Closed(T),
    /// The calling thread runs a reactor, and would have had to wait: await the sending.
    OnReactorThread(T),
    /// The channel's reactor is stopping.
    Stopped(T),
    /// All waits of the process were interrupted.
    Interrupted(T),
    /// The process is a forked child of the one whose reactor has the channel.
    Forked(T),
}

/// Why no value was received.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RecvError {
    /// No value is on its way.
    Empty,
    /// No value came until the time was up.
    TimedOut,
    /// No value is on its way, and there is no sender any more.
    Closed,
    /// The calling thread runs a reactor, and would have had to wait: await the receiving.
    OnReactorThread,
    /// The channel's reactor is stopping, and no value is on its way.
    Stopped,
    /// All waits of the process were interrupted.
    Interrupted,
    /// The process is a forked child of the one whose reactor has the channel.
    Forked,
}

impl<T> SendError<T> {
    /// Takes the value.
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(value)
            | Self::TimedOut(value)
            | Self::Closed(value)
            | Self::OnReactorThread(value)
            | Self::Stopped(value)
            | Self::Interrupted(value)
            | Self::Forked(value) => value,
        }
    }
}

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full(..)",
            Self::TimedOut(_) => "TimedOut(..)",
            Self::Closed(_) => "Closed(..)",
            Self::OnReactorThread(_) => "OnReactorThread(..)",
            Self::Stopped(_) => "Stopped(..)",
            Self::Interrupted(_) => "Interrupted(..)",
            Self::Forked(_) => "Forked(..)",
        })
    }
}

const ON_REACTOR_THREAD: &str =
    "this thread runs a reactor, which a blocking call would stop: await the channel";
const STOPPED: &str = "the channel's reactor is stopping";
const INTERRUPTED: &str = "the wait for the channel was interrupted";
const FORKED: &str = "the channel belongs to the process that forked this one";

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the channel is full",
            Self::TimedOut(_) => "the channel stayed full until the time was up",
            Self::Closed(_) => "the channel has no receiver any more",
            Self::OnReactorThread(_) => ON_REACTOR_THREAD,
            Self::Stopped(_) => STOPPED,
            Self::Interrupted(_) => INTERRUPTED,
            Self::Forked(_) => FORKED,
        })
    }
}

impl<T> Error for SendError<T> {}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the channel is empty",
            Self::TimedOut => "the channel stayed empty until the time was up",
            Self::Closed => "the channel is empty and has no sender any more",
            Self::OnReactorThread => ON_REACTOR_THREAD,
            Self::Stopped => STOPPED,
            Self::Interrupted => INTERRUPTED,
            Self::Forked => FORKED,
        })
    }
}

impl Error for RecvError {}
