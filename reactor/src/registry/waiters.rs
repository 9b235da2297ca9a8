//! Tasks that wait by a future.

use std::cell::RefCell;
use std::task::{Context, Waker};

use slab::Slab;

use crate::caught;

/// The wakers of futures, each of which takes its own away when it is dropped. One that has been
/// woken has a waker that does nothing in its place until it is polled again.
#[derive(Debug)]
pub(crate) struct Waiters {
    wakers: RefCell<Slab<Waker>>,
}

impl Waiters {
    pub(crate) fn new() -> Self {
        Self {
            wakers: RefCell::new(Slab::new()),
        }
    }

    /// Keeps the waker of the task that polls a future, in the future's own place.
    pub(crate) fn wait_at(&self, key: &mut Option<usize>, cx: &Context<'_>) {
        let waker = cx.waker().clone();
        let mut wakers = self.wakers.borrow_mut();
        let old = match key.and_then(|key| wakers.get_mut(key)) {
            Some(place) => Some(std::mem::replace(place, waker)),
            None => {
                *key = Some(wakers.insert(waker));
                None
            }
        };
        // Dropped after the borrow: a waker may free a task, hence other futures.
        drop(wakers);
        drop(old);
    }

    /// Takes a future's waker away.
    pub(crate) fn forget(&self, key: usize) {
        let waker = self.wakers.borrow_mut().try_remove(key);
        drop(waker);
    }

    /// Wakes everybody.
    pub(crate) fn wake_all(&self) {
        // By index, so that nothing is borrowed while wakers, which are foreign code, run.
        let mut key = 0;
        while key < self.wakers.borrow().capacity() {
            let waker = self.wakers.borrow_mut().get_mut(key).map(take);
            if let Some(waker) = waker {
                caught::contain("a waker", || waker.wake());
            }
            key += 1;
        }
    }
}

/// Takes a waker out of its place, and leaves one there that does nothing.
fn take(place: &mut Waker) -> Waker {
    std::mem::replace(place, Waker::noop().clone())
}
