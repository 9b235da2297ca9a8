//! Keeps a loop from doing anything.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crochet::Remote;

/// A flag that one thread sets and others wait for.
#[derive(Clone, Debug, Default)]
pub struct Flag(Arc<AtomicBool>);

impl Flag {
    /// Makes a flag that is not set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the flag.
    pub fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Tells whether the flag is set.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Computes until the flag is set.
    pub fn spin(&self) {
        while !self.is_set() {
            thread::yield_now();
        }
    }
}

/// A loop that is awake and busy until this is dropped.
pub struct Held {
    release: Flag,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").finish_non_exhaustive()
    }
}

impl Held {
    /// Holds the process's reactor.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use = "the loop is free again when this is dropped"]
    pub fn hold() -> Self {
        Self::hold_this(&crochet::remote().expect("there is a reactor"))
    }

    /// Holds a reactor.
    ///
    /// # Panics
    ///
    /// When its queue is full.
    #[must_use = "the loop is free again when this is dropped"]
    pub fn hold_this(remote: &Remote) -> Self {
        let (begun, release) = (Flag::new(), Flag::new());
        let (tell, told) = (begun.clone(), release.clone());
        let submitted = remote.submit(move || async move {
            tell.set();
            told.spin();
        });
        drop(submitted.expect("the queue has room"));
        begun.spin();
        Self { release }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.release.set();
    }
}
