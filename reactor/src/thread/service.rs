//! The threads that the library starts for itself.

use std::fmt;
use std::io;
use std::thread::{self, JoinHandle};

#[cfg(unix)]
mod bare;

/// A thread of the library's own.
///
/// Dropping this lets the thread go on by itself.
pub struct ServiceThread {
    kind: Kind,
}

/// The standard library takes a lock of its own in each thread that begins or ends. A child that is forked
/// at such a moment has a copy that nobody unlocks, and the threads that it starts by the standard library
/// never begin. So in a forked child threads are started without it.
enum Kind {
    Std(JoinHandle<()>),
    #[cfg(unix)]
    Bare(bare::Thread),
}

impl ServiceThread {
    /// Starts a thread.
    ///
    /// # Errors
    ///
    /// What the system reports.
    pub fn start(name: &'static str, body: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        #[cfg(unix)]
        if !crate::fork::Generation::current().is_first() {
            let thread = bare::Thread::start(name, Box::new(body))?;
            return Ok(Self {
                kind: Kind::Bare(thread),
            });
        }
        let thread = thread::Builder::new().name(name.to_owned()).spawn(body)?;
        Ok(Self {
            kind: Kind::Std(thread),
        })
    }

    /// Tells whether the thread has nothing left to do but the destructors of its locals.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        match &self.kind {
            Kind::Std(thread) => thread.is_finished(),
            #[cfg(unix)]
            Kind::Bare(thread) => thread.is_finished(),
        }
    }

    /// Tells whether this is the calling thread.
    #[must_use]
    pub fn is_current(&self) -> bool {
        match &self.kind {
            Kind::Std(thread) => thread.thread().id() == thread::current().id(),
            #[cfg(unix)]
            Kind::Bare(thread) => thread.is_current(),
        }
    }

    /// Waits until the thread has ended.
    ///
    /// # Errors
    ///
    /// The payload of its panic.
    pub fn join(self) -> thread::Result<()> {
        match self.kind {
            Kind::Std(thread) => thread.join(),
            #[cfg(unix)]
            Kind::Bare(thread) => thread.join(),
        }
    }
}

impl fmt::Debug for ServiceThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceThread")
            .field("finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}
