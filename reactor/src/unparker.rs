//! What the threads that submit work share with the loop besides its queues.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crochet_core::driver::Unpark;
use crochet_core::inbox::{Capacity, NoRoom, Released};
use crochet_core::scheduler::OnLoop;

use crate::thread::ThreadToken;

/// Wakes the loop, and holds the flags and counters that are shared with it.
#[derive(Debug)]
pub(crate) struct Unparker {
    bell: Bell,
    owner: ThreadToken,
    stop: AtomicBool,
    unparks: AtomicU64,
    room: Option<Room>,
}

/// How a sleeping loop is woken.
#[derive(Debug)]
pub(crate) enum Bell {
    /// A system call makes the poller return.
    Poller(mio::Waker),
    /// Nothing: the virtual platform never sleeps.
    Virtual,
}

/// A bound on the operations that wait to begin.
#[derive(Debug)]
struct Room {
    capacity: Capacity,
    lock: Mutex<()>,
    freed: Condvar,
}

impl Unparker {
    /// Makes the shared part of a loop that belongs to the calling thread.
    pub(crate) fn new(bell: Bell, limit: Option<usize>) -> Self {
        Self {
            bell,
            owner: ThreadToken::current(),
            stop: AtomicBool::new(false),
            unparks: AtomicU64::new(0),
            room: limit.map(|limit| Room {
                capacity: Capacity::new(limit),
                lock: Mutex::new(()),
                freed: Condvar::new(),
            }),
        }
    }

    pub(crate) fn request_stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    pub(crate) fn clear_stop(&self) {
        self.stop.store(false, Ordering::Release);
    }

    pub(crate) fn is_stop_requested(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    pub(crate) fn unparks(&self) -> u64 {
        self.unparks.load(Ordering::Relaxed)
    }

    /// Tells whether the number of waiting operations is bounded.
    pub(crate) fn is_bounded(&self) -> bool {
        self.room.is_some()
    }

    pub(crate) fn take_room(&self) -> Result<(), NoRoom> {
        self.room
            .as_ref()
            .map_or(Ok(()), |room| room.capacity.take())
    }

    /// Takes room for one operation, waiting for it until `deadline`.
    pub(crate) fn wait_for_room(&self, deadline: Option<Instant>) -> Result<(), NoRoom> {
        let Some(room) = &self.room else {
            return Ok(());
        };
        if room.capacity.take().is_ok() {
            return Ok(());
        }
        let mut guard = room.lock();
        loop {
            // The announcement is made under the lock and the loop takes the lock to tell, so it
            // cannot tell between the announcement and the wait.
            if room.capacity.await_room().is_ok() {
                return Ok(());
            }
            guard = match deadline.map(|at| at.saturating_duration_since(Instant::now())) {
                None => room
                    .freed
                    .wait(guard)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => return Err(NoRoom),
                Some(left) => {
                    let waited = room.freed.wait_timeout(guard, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    pub(crate) fn release_room(&self) {
        if let Some(room) = &self.room {
            if room.capacity.release(1) == Released::Awaited {
                drop(room.lock());
                room.freed.notify_all();
            }
        }
    }
}

impl Room {
    fn lock(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unpark for Unparker {
    fn unpark(&self) {
        match &self.bell {
            Bell::Virtual => {}
            Bell::Poller(waker) => {
                self.unparks.fetch_add(1, Ordering::Relaxed);
                if let Err(error) = waker.wake() {
                    // The poller's own end is open as long as the waker is; nothing is known to
                    // make this fail. The loop still looks at its inbox when it wakes up next.
                    log::error!(target: "crochet::reactor", "waking the event loop failed: {error}");
                }
            }
        }
    }
}

// SAFETY: the token names one thread for ever, and a `Reactor` is neither Send nor Sync, so the
// thread that made it is the only one that runs its loop.
unsafe impl OnLoop for Unparker {
    fn is_on_loop(&self) -> bool {
        ThreadToken::current() == self.owner
    }
}
