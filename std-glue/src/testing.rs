//! Testing blocking code, and the code that it runs on the reactor, without waiting.
//!
//! A reactor on virtual time makes an hour pass in no time: for the timers of its operations, and
//! for the threads that are blocked by it. A test either moves the time itself, through the
//! reactor's [`Clock`], or lets it pass whenever nobody has anything else to do.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::testing::{VirtualReactor, with_reactor};
//! use crochet::{WaitError, wait_for};
//!
//! #[wait_for(timeout = 3600.0)]
//! async fn fetch(delay: Duration) -> Result<&'static str, WaitError> {
//!     crochet::sleep(delay).await;
//!     Ok("fetched")
//! }
//!
//! let reactor = VirtualReactor::start()?;
//! let clock = reactor.clock();
//! with_reactor(reactor.remote(), || {
//!     let _auto = clock.auto_advance();
//!     assert_eq!(fetch(Duration::from_secs(3599)).unwrap(), "fetched");
//!     assert_eq!(clock.now(), Duration::from_secs(3599));
//!     assert!(matches!(fetch(Duration::from_secs(3601)), Err(WaitError::Timeout)));
//!     assert_eq!(clock.now(), Duration::from_secs(3599 + 3600));
//! });
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! # Which form for which test
//!
//! - [`VirtualReactor`] and [`with_reactor`]: each test has a reactor of its own, so tests run in
//!   parallel. The functions of this crate and decorated functions use it on the threads that say so.
//! - [`setup_virtual`]: in place of [`setup`](crate::setup), for code that starts threads of its
//!   own which call decorated functions. There is one reactor per process, so such tests cannot run
//!   in parallel: have one in each test program, or take turns, with [`stop`](crate::stop) in
//!   between.
//! - [`Harness`]: for code that runs on the reactor. Everything happens on the test's own thread.
//! - The undecorated function `NAME_wrapped`, when the blocking itself is not what is tested.
//!
//! # What stays in real time
//!
//! The limits of [`stop`](crate::stop) and [`drain`](crate::drain), for they wait for a thread to
//! end; the work of thread pools and their time limits; how long results are stashed. There are no
//! sockets in virtual time: opening one fails as unsupported.

use std::fmt;
use std::time::Duration;

use crochet_reactor::{Builder, Remote};

use crate::error::SetupError;
use crate::global;
use crate::hosted::Hosted;
use crate::own;

pub use crochet_reactor::testing::{AutoAdvance, BlockOnError, Clock, Harness, block_loop_for};

/// Starts the process's reactor on virtual time, in a thread that the library manages, and returns
/// its clock.
///
/// From then on this is as after [`setup`](crate::setup): a later `setup` does nothing.
///
/// # Errors
///
/// [`SetupError::AlreadySetUp`] when the process has a reactor that has not been
/// [stopped](crate::stop); [`SetupError::Thread`] when the system refuses the thread.
pub fn setup_virtual() -> Result<Clock, SetupError> {
    global::setup_virtual()
}

/// Calls `body`; calls of this library that it makes on this thread go to `remote`'s reactor and
/// not to the process's.
///
/// That holds for decorated functions, for the functions of this crate that they stand for, and for
/// [`remote`](crate::remote). [`setup`](crate::setup) does nothing meanwhile. [`stop`](crate::stop)
/// and [`drain`](crate::drain) are still about the process's reactor. Threads that `body` starts
/// are not affected; they call this themselves.
///
/// It may be nested, and any reactor will do, on virtual time or not.
///
/// # Panics
///
/// When `body` does, and when it is called by a destructor of a thread-local value.
pub fn with_reactor<R>(remote: &Remote, body: impl FnOnce() -> R) -> R {
    own::with(remote, body)
}

/// A reactor on virtual time in a thread of its own, apart from the process's reactor.
///
/// Operations that run on it use it for calls of their own. Dropping it stops it.
pub struct VirtualReactor {
    remote: Remote,
    clock: Clock,
    hosted: Hosted,
}

/// How long a reactor may take to stop, in real time, when it is dropped.
const PATIENCE: Duration = Duration::from_secs(10);

impl VirtualReactor {
    /// Starts a reactor with the default settings.
    ///
    /// # Errors
    ///
    /// [`SetupError::Thread`] when the system refuses the thread.
    pub fn start() -> Result<Self, SetupError> {
        Self::with(&Builder::default())
    }

    /// Starts a reactor with these settings.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn with(settings: &Builder) -> Result<Self, SetupError> {
        let settings = settings.clone();
        let make = move || Ok(settings.build_virtual());
        let (hosted, remote, clock) = Hosted::start(make, |reactor| {
            own::with(&reactor.remote(), || reactor.run())
        })?;
        Ok(Self {
            remote,
            clock,
            hosted,
        })
    }

    /// Returns the reactor's handle, for [`with_reactor`].
    #[must_use]
    pub fn remote(&self) -> &Remote {
        &self.remote
    }

    /// Returns the reactor's clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }
}

impl Drop for VirtualReactor {
    fn drop(&mut self) {
        self.remote.stop();
        // A test that fails while an operation blocks the loop is to fail, not to hang.
        if let Err(error) = self.hosted.join(PATIENCE) {
            log::warn!(target: "crochet", "a virtual reactor is left behind: {error}");
        }
    }
}

impl fmt::Debug for VirtualReactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualReactor")
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}
