//! The threads that the library starts for itself.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::mem;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::ThreadToken;
use super::latch::{Latch, Opener};
use crate::panic::{Panic, catch};

#[cfg(unix)]
mod bare;
#[cfg(unix)]
pub(crate) use bare::note_stack_size;

/// A thread of the library's own.
///
/// Dropping this lets the thread go on by itself.
pub struct ServiceThread {
    token: ThreadToken,
    // Open when the thread has nothing left: its body and the destructors of its locals have ended.
    gone: Arc<Latch>,
    panic: Arc<OnceLock<Panic>>,
    // Empty when the thread has been joined. Locked for as long as the system takes to join a thread
    // that is gone, so that nobody returns before that.
    handle: Mutex<Option<Handle>>,
}

/// Why a thread was not seen to end well.
#[derive(Debug)]
#[non_exhaustive]
pub enum JoinFailure {
    /// It panicked.
    Panicked(Panic),
    /// It cannot be waited for here, or the system says so.
    Refused(io::Error),
}

/// The standard library takes a lock of its own in each thread that begins or ends. A child that is forked
/// at such a moment has a copy that nobody unlocks, and the threads that it starts by the standard library
/// never begin. So in a forked child threads are started without it.
///
/// Elsewhere they are started with it, as it alone can give a thread the name that panic messages and loggers
/// show, and tells of a stack that overflows.
enum Handle {
    Std(JoinHandle<()>),
    #[cfg(unix)]
    Bare(bare::Thread),
}

/// What a thread does. A [`Handle`] is given one that contains its panics.
type Body = Box<dyn FnOnce() + Send>;

thread_local! {
    // A thread's first local, and so the last to be destroyed: the C library's list of destructors, and the
    // standard library's where it keeps one, are run from the end. Neither promises that. If it were
    // otherwise, joins would take as long as the locals that are destroyed after this one: tests/threads.rs has
    // slow ones. On a thread that calls `exit` all locals go early, and the thread stays: whoever joins it then
    // waits until the process ends, which it is about to.
    static LAST: Cell<Option<Opener>> = const { Cell::new(None) };
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
            return Self::start_by(Handle::bare, name, Box::new(body));
        }
        Self::start_by(Handle::std, name, Box::new(body))
    }

    fn start_by(
        start: fn(&'static str, Body) -> io::Result<Handle>,
        name: &'static str,
        body: Body,
    ) -> io::Result<Self> {
        let token = ThreadToken::fresh();
        let (gone, opener) = Latch::closed();
        let panic = Arc::new(OnceLock::new());
        let theirs = Arc::clone(&panic);
        let body = move || {
            LAST.set(Some(opener));
            token.adopt();
            if let Err(panic) = catch(body) {
                theirs.get_or_init(|| panic);
            }
        };
        let handle = start(name, Box::new(body))?;
        Ok(Self {
            token,
            gone,
            panic,
            handle: Mutex::new(Some(handle)),
        })
    }

    /// Tells whether this is the calling thread.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.token == ThreadToken::current()
    }

    /// Waits until the thread has ended.
    ///
    /// # Errors
    ///
    /// [`JoinFailure`]; refused on the thread itself, and in a forked child, where it is not.
    pub fn join(self) -> Result<(), JoinFailure> {
        self.check()?;
        self.collect()
    }

    /// Waits until the thread has ended, at most for `limit`; `None` when it has not by then.
    ///
    /// The destructors of a thread's locals, which are an application's, may take any time: they count. What
    /// a C library has the system call when a thread ends comes later, and is waited for in any case; and on
    /// systems where that is all locals (Android, OpenBSD, illumos, Solaris, Haiku), so may they be.
    ///
    /// Any number of threads may wait; the first that comes to the end is told how it was, the others that it
    /// was well.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
    pub fn join_within(&self, limit: Duration) -> Option<Result<(), JoinFailure>> {
        match self.check() {
            Ok(()) => self.gone.wait_within(limit).then(|| self.collect()),
            Err(refused) => Some(Err(refused)),
        }
    }

    fn check(&self) -> Result<(), JoinFailure> {
        let reason = if self.is_current() {
            "a thread does not see its own end"
        } else if self.gone.is_inherited() {
            "it is a thread of the parent process"
        } else {
            return Ok(());
        };
        Err(JoinFailure::Refused(io::Error::other(reason)))
    }

    fn collect(&self) -> Result<(), JoinFailure> {
        let mut handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(handle) = handle.take() else {
            return Ok(());
        };
        handle.join().map_err(JoinFailure::Refused)?;
        match self.panic.get() {
            None => Ok(()),
            Some(panic) => Err(JoinFailure::Panicked(panic.clone())),
        }
    }
}

impl Drop for ServiceThread {
    fn drop(&mut self) {
        let handle = self.handle.get_mut();
        let handle = handle.unwrap_or_else(PoisonError::into_inner).take();
        if self.gone.is_inherited() {
            // The system would let go of whichever thread of this process has the same id.
            mem::forget(handle);
        }
    }
}

impl fmt::Debug for ServiceThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceThread")
            .field("token", &self.token)
            .field("gone", &self.gone.is_open())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for JoinFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(panic) => write!(f, "panicked: {panic}"),
            Self::Refused(error) => write!(f, "cannot be waited for: {error}"),
        }
    }
}

impl std::error::Error for JoinFailure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Panicked(_) => None,
            Self::Refused(error) => Some(error),
        }
    }
}

impl Handle {
    fn std(name: &'static str, body: Body) -> io::Result<Self> {
        let thread = thread::Builder::new().name(name.to_owned()).spawn(body)?;
        Ok(Self::Std(thread))
    }

    #[cfg(unix)]
    fn bare(name: &'static str, body: Body) -> io::Result<Self> {
        bare::Thread::start(name, body).map(Self::Bare)
    }

    fn join(self) -> io::Result<()> {
        match self {
            Self::Std(thread) => {
                thread.join().expect("the body contains its panics");
                Ok(())
            }
            #[cfg(unix)]
            Self::Bare(thread) => thread.join(),
        }
    }
}

#[cfg(test)]
mod tests;
