//! A reactor of a test's own, in a thread.

use std::fmt;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use crochet::{Builder, Reactor, Remote};

use crate::tidy::Tidy;

/// A thread that runs a reactor until this is dropped. It then has nothing left.
pub struct Host {
    remote: Remote,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}

impl Default for Host {
    fn default() -> Self {
        Self::new()
    }
}

impl Host {
    /// Starts a reactor with the default settings.
    ///
    /// # Panics
    ///
    /// When the system refuses it.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Reactor::builder())
    }

    /// Starts a reactor with these settings.
    ///
    /// # Panics
    ///
    /// When the system refuses it.
    #[must_use]
    pub fn with(settings: Builder) -> Self {
        let (tell, told) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut reactor = Tidy::with(settings);
            tell.send(reactor.remote()).expect("the test waits");
            reactor.run().expect("the reactor runs until it is stopped");
        });
        let remote = told.recv().expect("the thread answers");
        Self {
            remote,
            thread: Some(thread),
        }
    }

    /// Returns the reactor's handle.
    #[must_use]
    pub fn remote(&self) -> &Remote {
        &self.remote
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.remote.stop();
        let ended = self.thread.take().map(JoinHandle::join);
        if !thread::panicking() {
            assert!(
                matches!(ended, Some(Ok(()))),
                "the reactor's thread ends in order"
            );
        }
    }
}
