//! What a forked child finds.
//!
//! A child of `fork` has one thread: the one that forked. The reactor's thread, and those of its
//! pool, are the parent's, and locks that they held stay locked. A library that ignores this hangs
//! in the child. This one notices the fork, and takes no lock in the child that another thread may
//! have held.
//!
//! Starting programs, as [`std::process::Command`] does, needs none of this chapter: what is
//! executed is another program. It matters to pre-forking servers, and to programs that make
//! themselves daemons.
//!
//! # Refused, unless the child sets up
//!
//! Every call in the child fails at once as [`Forked`](crate::WaitError::Forked), until the child
//! calls [`setup`](crate::setup) itself. That gives it a reactor of its own.
//!
//! ```
//! # #[cfg(unix)]
//! # fn main() -> Result<(), crochet::SetupError> {
//! use std::time::Duration;
//!
//! use crochet::WaitError;
//!
//! fn ask() -> Result<i32, WaitError> {
//!     crochet::wait_for(Duration::from_secs(5), || async { 2 + 2 })
//! }
//!
//! /// What the child does; tells whether it went as it should.
//! fn child() -> bool {
//!     let refused = matches!(ask(), Err(WaitError::Forked));
//!     refused && crochet::setup().is_ok() && matches!(ask(), Ok(4))
//! }
//!
//! crochet::setup()?;
//! assert!(matches!(ask(), Ok(4)));
//!
//! // SAFETY: the child calls nothing that needs what other threads of its parent hold.
//! let pid = unsafe { libc::fork() };
//! if pid == 0 {
//!     std::process::exit(i32::from(!child()));
//! }
//! let mut status = -1;
//! // SAFETY: `status` is there to be written to.
//! assert_eq!(unsafe { libc::waitpid(pid, &mut status, 0) }, pid);
//! assert_eq!(status, 0);
//! assert!(matches!(ask(), Ok(4))); // The parent has noticed nothing.
//! # Ok(())
//! # }
//! # #[cfg(not(unix))]
//! # fn main() {}
//! ```
//!
//! # Started at the first call
//!
//! Where the code that forks is not the code that calls, the program can say beforehand that
//! children are to have a reactor when they need one. It has the default settings.
//!
//! ```
//! use crochet::{OnFork, on_fork};
//!
//! on_fork(OnFork::Restart);
//! ```
//!
//! # What else a child finds
//!
//! - **Results of the parent's operations** are refused as `Forked`, unless they had ended before
//!   the fork. Dropping or cancelling them does nothing to the parent.
//! - **Channels, and results that are set by hand**, give what was to be sent or set back.
//! - **The parent's reactor value**, after [`no_setup`](crate::no_setup), does not run and can be
//!   dropped; the parent's connections stay open in the parent, and cannot be read or written here:
//!   that fails as [`NotOwnReactor`](crate::NotOwnReactor). A child that is forked on the
//!   reactor's thread and returns into the loop leaves it, with
//!   [`RunError::Forked`](crate::RunError::Forked).
//! - **The stash** is empty: what is in the parent's is the parent's.
//! - **The thread pool** refuses jobs, until there is a reactor of the child's own.
//! - **Triggers** that were added in the parent run in the parent only.
//! - **A wrapped logger** starts a log thread of the child's own with the first record; see
//!   [`logs`](crate::logs).
//! - **Signals** have the behaviour of a program that does not handle them here, until the child
//!   asks again.
//!
//! # What to know
//!
//! A fork *before* the first `setup` is as if it had not been: a daemon that forks first, while it has one
//! thread, and sets up then needs nothing of this. A program that has threads by then calls
//! [`on_fork`](crate::on_fork) before it forks, whatever it decides on: a child that does not know of its fork starts
//! threads by the standard library, with the risk below. A child that was made by other means than the C library's
//! `fork`, such as a bare `clone`, does not know of it either.
//!
//! Locks of the program's own may be held for ever in a child, such as its logger's; so this library logs nothing
//! there unless something fails. The standard library has such a lock: it is held in each thread that begins or ends.
//! A child that is forked at that moment cannot start threads by [`std::thread`]: they never begin. In a child that
//! knows of its fork this library starts its own in another way, and they do begin. Their stacks are as large as
//! the standard library's; but `std::thread` does not know their names, so panic messages call them unnamed, and an
//! overflow of such a stack ends the process without a message.
