//! Counts the connections that a server has open.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How many connections are open, to be waited for.
#[derive(Debug, Default)]
pub struct Gauge {
    open: Mutex<usize>,
    changed: Condvar,
}

impl Gauge {
    /// Counts a connection until the returned value is dropped.
    pub fn enter(self: &Arc<Self>) -> Entered {
        *self.lock() += 1;
        self.changed.notify_one();
        Entered(Arc::clone(self))
    }

    /// Blocks until `count` connections are open.
    ///
    /// # Errors
    ///
    /// [`Unsettled`] if that takes more than 10 seconds.
    pub fn wait_for(&self, count: usize) -> Result<(), Unsettled> {
        let (open, _) = self
            .changed
            .wait_timeout_while(self.lock(), PATIENCE, |open| *open != count)
            .unwrap_or_else(PoisonError::into_inner);
        match *open {
            open if open == count => Ok(()),
            open => Err(Unsettled {
                open,
                expected: count,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        // A count is right or not; no panic leaves it half changed.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const PATIENCE: Duration = Duration::from_secs(10);

/// One open connection.
#[derive(Debug)]
pub struct Entered(Arc<Gauge>);

impl Drop for Entered {
    fn drop(&mut self) {
        *self.0.lock() -= 1;
        self.0.changed.notify_one();
    }
}

/// A server has not opened or closed its connections in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsettled {
    open: usize,
    expected: usize,
}

impl fmt::Display for Unsettled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { open, expected } = self;
        write!(f, "the server has {open} connections instead of {expected}")
    }
}

impl core::error::Error for Unsettled {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_entered_counts_until_it_is_dropped() {
        let gauge = Arc::new(Gauge::default());
        let connections = [gauge.enter(), gauge.enter()];
        assert_eq!(gauge.wait_for(2), Ok(()));
        drop(connections);
        assert_eq!(gauge.wait_for(0), Ok(()));
    }
}
