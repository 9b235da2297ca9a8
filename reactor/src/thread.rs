//! Which thread this is, and whether it is running a reactor.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::fork::Generation;
use crate::primitive::thread_static;

mod service;

pub use service::ServiceThread;

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
        let mut token = TOKEN.with(Cell::get);
        if token == 0 {
            // 2^64 threads take longer than any process runs.
            token = NEXT.fetch_add(1, Ordering::Relaxed);
            TOKEN.with(|own| own.set(token));
        }
        Self(token)
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

/// Joins a thread, at most for `limit`; `None` when it has not ended by then, and is let go of.
///
/// A join has no time limit of its own, and the destructors of a thread's locals, which are an
/// application's, may take any time. So another thread joins it, unless it has ended already.
pub fn join_within(thread: ServiceThread, limit: Duration) -> Option<thread::Result<()>> {
    if thread.is_finished() {
        return Some(thread.join());
    }
    let (tell, told) = mpsc::sync_channel(1);
    let joiner = ServiceThread::start("crochet-joiner", move || match tell.send(thread.join()) {
        // Nobody hears it when the time was up before.
        Ok(()) | Err(_) => {}
    });
    joiner
        .ok()
        .and_then(|_detached| told.recv_timeout(limit).ok())
}
