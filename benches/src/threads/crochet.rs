//! Crochet: a reactor that a thread of its own runs.

use std::io;
use std::sync::mpsc;

use ::crochet::{Reactor, Remote};

use crate::threads::loop_thread::LoopThread;

/// A reactor with the default settings that runs until this is dropped.
#[derive(Debug)]
pub struct ReactorThread {
    remote: Remote,
    _thread: LoopThread,
}

impl ReactorThread {
    /// Starts the reactor in a thread called `name`.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a thread or of what a reactor needs.
    pub fn start(name: &str) -> io::Result<Self> {
        let (tell, told) = mpsc::channel();
        let thread = LoopThread::start(name, move || {
            let mut reactor = match Reactor::new() {
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
