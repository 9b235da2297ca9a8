//! An event that happens once, for which any thread may wait.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::fork::Generation;

/// A gate that is closed at first, and open for good from when its [`Opener`] is dropped.
///
/// It belongs to the process that made it. In a forked child its lock may be one that a thread of the
/// parent's held, so there nobody takes it: the gate stays as it was, and nobody waits.
#[derive(Debug)]
pub struct Latch {
    is_open: AtomicBool,
    // Guards nothing but the step between a look at `is_open` and falling asleep.
    asleep: Mutex<()>,
    opened: Condvar,
    generation: Generation,
}

/// Opens a [`Latch`] when it is dropped, also by a panic.
#[derive(Debug)]
pub struct Opener {
    latch: Arc<Latch>,
}

impl Latch {
    /// Makes a closed latch, and what opens it.
    #[must_use]
    pub fn closed() -> (Arc<Self>, Opener) {
        let latch = Arc::new(Self {
            is_open: AtomicBool::new(false),
            asleep: Mutex::new(()),
            opened: Condvar::new(),
            generation: Generation::current(),
        });
        let opener = Opener {
            latch: Arc::clone(&latch),
        };
        (latch, opener)
    }

    /// Tells whether the latch is open. Takes no lock.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    /// Waits until the latch is open, at most for `limit`; tells whether it is.
    #[must_use]
    pub fn wait_within(&self, limit: Duration) -> bool {
        if !self.is_open() && !self.is_inherited() {
            let waited = self
                .opened
                .wait_timeout_while(self.lock(), limit, |()| !self.is_open());
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
        self.is_open()
    }

    /// Tells whether the latch is one of the parent's, of which this process has a copy.
    #[must_use]
    pub fn is_inherited(&self) -> bool {
        self.generation.is_past()
    }

    fn open(&self) {
        if self.is_inherited() {
            return;
        }
        let asleep = self.lock();
        self.is_open.store(true, Ordering::Release);
        drop(asleep);
        self.opened.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        // There is nothing in it that a panic could leave half-changed.
        self.asleep.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Opener {
    fn drop(&mut self) {
        self.latch.open();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;
    use std::time::Duration;

    use super::Latch;

    #[test]
    fn a_closed_latch_is_waited_for_no_longer_than_said() {
        let (latch, opener) = Latch::closed();
        assert!(!latch.is_open());
        assert!(!latch.wait_within(Duration::ZERO));
        assert!(!latch.wait_within(Duration::from_micros(100)));
        drop(opener);
        assert!(latch.is_open());
        assert!(latch.wait_within(Duration::ZERO));
    }

    #[test]
    fn all_who_wait_are_told() {
        let (latch, opener) = Latch::closed();
        let waiting = [(); 4].map(|()| {
            let latch = Arc::clone(&latch);
            thread::spawn(move || latch.wait_within(Duration::MAX))
        });
        drop(opener);
        for waiter in waiting {
            assert!(waiter.join().expect("no panic"));
        }
    }

    #[test]
    fn a_panic_opens_it_as_well() {
        let (latch, opener) = Latch::closed();
        let panicked = thread::spawn(move || {
            let _opener = opener;
            panic!("on purpose");
        });
        assert!(panicked.join().is_err());
        assert!(latch.is_open());
    }
}
