//! Counts what has been done, for whoever waits for all of it.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Thread};
use std::time::Instant;

/// A countdown that one thread waits for. The pieces of work hold references, so that counting costs no allocation.
#[derive(Debug, Default)]
pub struct Tally {
    left: AtomicUsize,
    waiter: Mutex<Option<Thread>>,
}

impl Tally {
    /// Begins to count down from `pieces`, for the calling thread.
    pub fn begin(&self, pieces: usize) {
        *self.waiter.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current());
        self.left.store(pieces, Ordering::Release);
    }

    /// Counts one piece.
    pub fn done(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            let waiter = self.waiter.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(waiter) = waiter.as_ref() {
                waiter.unpark();
            }
        }
    }

    /// Blocks until all have been counted, or `patience` has passed; returns how many are left.
    pub fn wait(&self, patience: Duration) -> usize {
        let begun = Instant::now();
        loop {
            let left = self.left.load(Ordering::Acquire);
            match patience.checked_sub(begun.elapsed()) {
                Some(rest) if left > 0 => thread::park_timeout(rest),
                _ => return left,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_piece_ends_the_wait() {
        let tally = Tally::default();
        tally.begin(100);
        thread::scope(|scope| {
            scope.spawn(|| (0..100).for_each(|_| tally.done()));
            assert_eq!(tally.wait(Duration::from_secs(60)), 0);
        });
    }

    #[test]
    fn what_is_left_is_told_when_the_time_is_up() {
        let tally = Tally::default();
        tally.begin(3);
        tally.done();
        assert_eq!(tally.wait(Duration::ZERO), 2);
    }
}
