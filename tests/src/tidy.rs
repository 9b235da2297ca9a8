//! Reactors that have to leave nothing behind.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::thread;

use crochet::{Builder, Reactor};

/// A reactor that, if it has been run and stopped when it is dropped, has nothing left.
pub struct Tidy(Reactor);

impl Tidy {
    /// Makes a reactor with these settings.
    ///
    /// # Panics
    ///
    /// When the system refuses it.
    #[must_use]
    pub fn with(settings: Builder) -> Self {
        Self(settings.build().expect("a reactor can be made"))
    }
}

impl Deref for Tidy {
    type Target = Reactor;

    fn deref(&self) -> &Reactor {
        &self.0
    }
}

impl DerefMut for Tidy {
    fn deref_mut(&mut self) -> &mut Reactor {
        &mut self.0
    }
}

impl fmt::Debug for Tidy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Drop for Tidy {
    fn drop(&mut self) {
        // One that was never run, or whose test has failed, may have something left.
        if self.0.remote().is_stopped() && !thread::panicking() {
            assert_nothing_left(&self.0);
        }
    }
}

/// Asserts that a reactor has no task, no timer and no source.
///
/// # Panics
///
/// When it has.
#[track_caller]
pub fn assert_nothing_left(reactor: &Reactor) {
    let left = reactor.snapshot();
    assert!(
        left.tasks.is_empty() && (left.timers, left.sources) == (0, 0),
        "something is left behind: {left:?}"
    );
}
