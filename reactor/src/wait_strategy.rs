//! What a thread does while there is nothing to do: it sleeps, or looks again and again for a while
//! before it does.

use std::thread;
use std::time::Duration;

mod callers;
mod habit;
mod idle;

pub(crate) use callers::{Callers, Spun};
pub(crate) use idle::Idle;

/// How a thread passes the time until there is something for it.
///
/// Both ends of a call wait: the caller for the result, the reactor's thread for the next
/// operation. Sleeping costs no processor time, but waking a thread whose core sleeps too takes tens
/// of microseconds, at each end. Looking again and again instead (*spinning*) hears within a tenth of
/// a microsecond, and takes a core for as long as it goes on.
///
/// | strategy | back-to-back calls | processor time |
/// | --- | --- | --- |
/// | [`Park`](Self::Park) | a wake-up at each end | none while waiting |
/// | [`Adaptive`](Self::Adaptive) | no wake-up, as long as the waits are short | at most 100 microseconds a wait; where spinning does not pay, that once in 256 waits |
/// | [`SpinThenPark`](Self::SpinThenPark) | no wake-up | its limit, each wait |
///
/// Whatever the strategy, a process in which nothing happens sleeps. No thread spins where there is only one
/// core, as [`available_parallelism`](std::thread::available_parallelism) counts them on the thread that makes
/// the reactor; nor on virtual time, nor does the reactor in a [host's loop](crate::Reactor::turn). Threads that
/// are confined to one core afterwards had better [`Park`](Self::Park). At any time, fewer callers of a reactor
/// spin than there are cores; the others park.
///
/// A reactor's thread that spins goes on looking for I/O events, every few microseconds between what it
/// runs, and its timers are no later for it. Each such look is a [turn](crate::Stats::turns).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum WaitStrategy {
    /// Sleeps at once.
    Park,
    /// Spins for so long, then sleeps. A limit of zero is [`Park`](Self::Park).
    SpinThenPark(Duration),
    /// Spins for at most 100 microseconds, then sleeps; and sleeps at once after waits that were
    /// longer, the more often the more of them there were in a row.
    ///
    /// Each calling thread keeps its own account of that, which begins with how first waits of others went.
    /// The reactor's thread counts operations and
    /// wake-ups that other threads send as what it waits for; a loop that is woken by its sockets
    /// only sleeps.
    #[default]
    Adaptive,
}

/// About twice what waking a thread takes: that long is waited for the other end if it sleeps.
const ADAPTIVE_LIMIT: Duration = Duration::from_micros(100);

impl WaitStrategy {
    /// Returns how long to spin at most, where there are so many cores.
    fn limit(self, cores: usize) -> Duration {
        match self {
            _ if cores < 2 => Duration::ZERO,
            Self::Park => Duration::ZERO,
            Self::SpinThenPark(limit) => limit,
            Self::Adaptive => ADAPTIVE_LIMIT,
        }
    }

    fn is_adaptive(self) -> bool {
        self == Self::Adaptive
    }
}

/// Returns on how many cores the process may run; one where that is not known. The system is asked
/// for it, which takes several calls.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
