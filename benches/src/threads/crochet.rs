//! Crochet: a reactor that a thread of its own runs, and the process's reactor.

use core::time::Duration;
use std::io;
use std::sync::mpsc;

use ::crochet::{Builder, Remote, SetupError};

use crate::threads::loop_thread::LoopThread;

/// A reactor that runs until this is dropped.
#[derive(Debug)]
pub struct ReactorThread {
    remote: Remote,
    _thread: LoopThread,
}

impl ReactorThread {
    /// Starts a reactor with the default settings in a thread called `name`.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a thread or of what a reactor needs.
    pub fn start(name: &str) -> io::Result<Self> {
        Self::with(name, Builder::default())
    }

    /// Starts a reactor with `settings` in a thread called `name`.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a thread or of what a reactor needs.
    pub fn with(name: &str, settings: Builder) -> io::Result<Self> {
        let (tell, told) = mpsc::channel();
        let thread = LoopThread::start(name, move || {
            let mut reactor = match settings.build() {
                Ok(reactor) => reactor,
                Err(refused) => return tell.send(Err(refused)).expect("the starter waits"),
            };
            tell.send(Ok(reactor.remote())).expect("the starter waits");
            reactor.run().expect("the poller of a running system works");
        })?;
        let remote = told.recv().expect("the thread tells before it ends")?;
        Ok(Self {
            remote,
            _thread: thread,
        })
    }

    /// Returns the handle that work is submitted with.
    pub fn remote(&self) -> &Remote {
        &self.remote
    }
}

impl Drop for ReactorThread {
    fn drop(&mut self) {
        self.remote.stop();
    }
}

/// The reactor of `setup`, which is stopped when this is dropped: the next one counts the cores anew.
#[derive(Debug)]
pub struct ProcessReactor(());

impl ProcessReactor {
    /// Starts the reactor.
    ///
    /// # Errors
    ///
    /// Returns Crochet's refusal.
    pub fn start() -> Result<Self, SetupError> {
        ::crochet::setup()?;
        Ok(Self(()))
    }
}

impl Drop for ProcessReactor {
    fn drop(&mut self) {
        if let Err(error) = ::crochet::stop(PATIENCE) {
            eprintln!("crochet's reactor has not stopped: {error}");
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(10);
