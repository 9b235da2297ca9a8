//! The system's pollers, each behind three traits: one for the loop, which waits; one for its
//! sources, which are registered; one for other threads, which wake it.

use std::fmt;
use std::io;
use std::time::Duration;

use rustix::fd::BorrowedFd;

#[cfg(all(unix, feature = "mio"))]
mod mio;
#[cfg(any(windows, feature = "polling"))]
mod polling;

#[cfg(not(any(windows, feature = "mio", feature = "polling")))]
compile_error!("crochet-reactor needs a back end: enable its feature `mio` or `polling`");

/// The library that a reactor hears of events through.
///
/// There are those whose features are enabled. Reactors behave the same on each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Backend {
    /// The crate `mio`, on Unix: the fewest system calls. The feature `mio`, a default one.
    #[cfg(all(unix, feature = "mio"))]
    Mio,
    /// The crate `polling`: more systems, Windows among them. The feature `polling`; on Windows
    /// always there.
    #[cfg(any(windows, feature = "polling"))]
    Polling,
}

/// The parts of a poller that has been opened.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) poller: Box<dyn Poller>,
    pub(crate) sources: Box<dyn Sources>,
    pub(crate) waker: Box<dyn Waker>,
}

/// The part that the loop waits in.
pub(crate) trait Poller: fmt::Debug {
    /// Returns which back end this is.
    fn backend(&self) -> Backend;

    /// Waits until there are events, the waker is used, or `timeout` has passed, rounded up to
    /// what the system can tell; hands each event of a source to `handle`. Takes in [`EVENTS`] at a
    /// time, where the system's poller can be told how many.
    ///
    /// A signal may end it early.
    fn wait(&mut self, timeout: Option<Duration>, handle: &mut dyn FnMut(Event)) -> io::Result<()>;

    /// Tells whether the last wait may have left events.
    fn may_have_more(&self) -> bool;

    /// Returns what is readable when a wait would return at once, where the system's poller is a
    /// file. Whoever has heard of that by an edge does not hear again of events that a wait has left.
    #[cfg(unix)]
    fn pollable_fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

/// The part that sources are registered with.
///
/// A source is deregistered before it is closed, as long as the poller is open and this process's.
pub(crate) trait Sources: fmt::Debug {
    /// Tells what becomes of a registration when it has been reported.
    fn trigger(&self) -> Trigger;

    /// Registers a source. With [`Trigger::Oneshot`] nothing is reported before it is armed.
    fn register(&self, source: BorrowedFd<'_>, token: usize, interest: Interest) -> io::Result<()>;

    /// Has the next event of a source reported, with [`Trigger::Oneshot`]; an event that there is
    /// already counts.
    fn arm(&self, source: BorrowedFd<'_>, token: usize, interest: Interest) -> io::Result<()>;

    /// Ends a registration.
    fn deregister(&self, source: BorrowedFd<'_>) -> io::Result<()>;
}

/// The part that other threads end the loop's sleep with.
pub(crate) trait Waker: Send + Sync + fmt::Debug {
    /// Makes the current or the next wait return.
    fn wake(&self) -> io::Result<()>;
}

/// When a poller reports a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Trigger {
    /// Each time that it becomes ready.
    Edge,
    /// Once, and then not before it has been armed again.
    #[cfg_attr(
        not(any(windows, feature = "polling")),
        allow(dead_code, reason = "mio is edge-triggered everywhere")
    )]
    Oneshot,
}

/// Which events of a source are to be reported.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Interest {
    Read,
    Write,
    Both,
}

/// What a poller reports of a source. An error or a hang-up counts as both.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Event {
    pub(crate) token: usize,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    /// It may be told of something behind the bytes to be read: their end, an error, urgent data. Reading
    /// what there is does not bring another event for that.
    pub(crate) is_more: bool,
}

/// The tokens above this one are the back ends' own.
pub(crate) const MAX_TOKEN: usize = usize::MAX - 2;

/// How many events one wait takes in. What they wake runs before the next wait, unless that is not to sleep: few enough
/// that what both the system and the loop have touched of each source for its event is still in the processor's caches
/// then, and enough for the wait to cost little by the event.
pub(crate) const EVENTS: usize = 32;

impl Backend {
    /// All there are in this build, the default first.
    pub const ALL: &'static [Self] = &[
        #[cfg(all(unix, feature = "mio"))]
        Self::Mio,
        #[cfg(any(windows, feature = "polling"))]
        Self::Polling,
    ];

    /// Opens the poller.
    pub(crate) fn open(self) -> io::Result<Parts> {
        match self {
            #[cfg(all(unix, feature = "mio"))]
            Self::Mio => mio::open(),
            #[cfg(any(windows, feature = "polling"))]
            Self::Polling => polling::open(),
        }
    }
}

impl Default for Backend {
    fn default() -> Self {
        Self::ALL[0]
    }
}
