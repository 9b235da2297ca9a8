//! Which thread this is, and whether it is running a reactor.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::fork::Generation;
use crate::primitive::thread_static;

mod latch;
mod service;

pub use latch::{Latch, Opener};
#[cfg(unix)]
pub(crate) use service::note_stack_size;
pub use service::{JoinFailure, ServiceThread};

/// Names a thread; never used again, unlike the address of a thread-local or a system's id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ThreadToken(u64);

static NEXT: AtomicU64 = AtomicU64::new(1);

thread_static! {
    // Neither has a destructor, so both can be used while a thread or the process ends.
    static TOKEN: Cell<u64> = const { Cell::new(0) };
    // The process in which the thread began to run a reactor. A child that is forked there has a
    // copy of the thread, and no reactor.
    static RUNNING: Cell<Option<Generation>> = const { Cell::new(None) };
}

impl ThreadToken {
    /// Returns the calling thread's token.
    #[inline]
    pub(crate) fn current() -> Self {
        let mut token = Self(TOKEN.with(Cell::get));
        if token.0 == 0 {
            token = Self::fresh();
            token.adopt();
        }
        token
    }

    /// Returns a token that no thread has.
    #[inline]
    fn fresh() -> Self {
        // 2^64 threads take longer than any process runs.
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// Makes this the calling thread's token. It must not have used another one.
    #[inline]
    fn adopt(self) {
        TOKEN.with(|own| own.set(self.0));
    }
}

/// Tells whether the calling thread is running a reactor right now.
///
/// Blocking there would block every operation of that reactor, so waiting for a result is refused.
#[must_use]
pub fn is_reactor_thread() -> bool {
    is_present(RUNNING.with(Cell::get))
}

/// Marks the calling thread as running a reactor, or as no longer running one.
pub(crate) fn set_running(running: bool) -> bool {
    let running = running.then(Generation::current);
    is_present(RUNNING.with(|cell| cell.replace(running)))
}

fn is_present(running: Option<Generation>) -> bool {
    running.is_some_and(|generation| !generation.is_past())
}
