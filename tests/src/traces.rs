//! Values that leave a trace when they are dropped.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

/// Notes the thread that drops it.
#[derive(Debug)]
pub struct Traced(Trace);

/// Where a [`Traced`] value was dropped.
#[derive(Clone, Debug, Default)]
pub struct Trace(Arc<Mutex<Vec<ThreadId>>>);

impl Trace {
    /// Makes a trace without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a value that leaves this trace.
    #[must_use]
    pub fn value(&self) -> Traced {
        Traced(self.clone())
    }

    /// Returns the threads that dropped values, in the order in which they did.
    #[must_use]
    pub fn threads(&self) -> Vec<ThreadId> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns how many values have been dropped.
    #[must_use]
    pub fn count(&self) -> usize {
        self.threads().len()
    }
}

impl Traced {
    /// Makes another value that leaves the same trace.
    #[must_use]
    pub fn another(&self) -> Self {
        self.0.value()
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        let mut threads = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        threads.push(thread::current().id());
    }
}
