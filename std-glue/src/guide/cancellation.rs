//! What it means that an operation is cancelled, and what it does not mean.
//!
//! # What cancels
//!
//! - The time limit of a function of [`wait_for`](super::wait_for), and an interrupt of its wait.
//! - [`cancel`](crate::EventualResult::cancel),
//!   [`wait_or_cancel`](crate::EventualResult::wait_or_cancel) at the end of its time, and the drop
//!   of a [`CancelOnDrop`](crate::CancelOnDrop).
//! - The deadline of an operation.
//! - The stop of the reactor. What ends by it is told [`Stopped`](crate::WaitError::Stopped), not
//!   `Cancelled`.
//!
//! A plain [`wait`](crate::EventualResult::wait) that runs out of time cancels nothing, and
//! dropping a plain handle does not either.
//!
//! # What is guaranteed
//!
//! 1. **An operation that has not begun never will.** Its function is dropped and not called,
//!    however much the reactor has to do.
//! 2. **An operation that has begun is dropped** by the reactor, on the reactor's thread, where it
//!    waits at an `.await`. Destructors run in the usual order: sockets are closed, timers are
//!    taken back, the canceller of a [`Deferred`](crate::Deferred) is called. That happens when the
//!    reactor next gets to it.
//! 3. **A result is set once.** An operation that ended first keeps its result, and a call that ran
//!    out of time at the same moment returns that result.
//! 4. **A call with owned arguments returns at its time limit**, also when the reactor is blocked.
//!    The operation may then exist for a moment longer.
//! 5. **When a call with borrowed arguments has returned, nothing is left** of its operation. Up to
//!    there the arguments are in use; afterwards they are the caller's again.
//! 6. **Cancelling is idempotent**, may be done from any thread, and does not wait for the reactor.
//! 7. **A panic in a destructor** that runs because of it is contained and logged.
//!
//! The fifth, seen from the caller. Whether the operation had begun or not, its guard has gone by
//! the time the call returns:
//!
//! ```
//! use std::future;
//! use std::sync::atomic::{AtomicBool, Ordering};
//! use std::time::Duration;
//!
//! use crochet::WaitError;
//!
//! struct Connection<'a> {
//!     is_closed: &'a AtomicBool,
//! }
//!
//! impl Drop for Connection<'_> {
//!     fn drop(&mut self) {
//!         self.is_closed.store(true, Ordering::Relaxed);
//!     }
//! }
//!
//! crochet::setup()?;
//! let is_closed = AtomicBool::new(false);
//! let connection = Connection { is_closed: &is_closed };
//! let waited = crochet::wait_for_borrowed(Duration::from_millis(1), move || async move {
//!     let _connection = connection;
//!     future::pending::<()>().await
//! });
//! assert!(matches!(waited, Err(WaitError::Timeout)));
//! assert!(is_closed.load(Ordering::Relaxed));
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! # What is not
//!
//! - **Code between two `.await`s is not interrupted.** A loop that computes, or a call that
//!   blocks, goes on to its end, and holds up everything else on the reactor. So it belongs into
//!   the [thread pool](super::threads).
//! - **What was done is not undone.** A request that was sent has been sent. If the operation must
//!   not be left half-way, write what cleans up as a destructor, or make it a task of its own, as
//!   below.
//! - **Tasks that the operation has [spawned](crate::spawn) go on**, unless
//!   [`JoinHandle::cancel`](crate::JoinHandle::cancel) ends them. They end with the reactor at the
//!   latest.
//! - **A job of the thread pool that has begun goes on**; nothing can stop a thread from outside.
//!   One that has not begun is revoked with the future that waited for it.
//! - **A destructor cannot await.** It can [`spawn`](crate::spawn) a task that does.
//!
//! # Work that must be finished
//!
//! Whoever waits may give up at any `.await`. A step that must then be done nevertheless goes into
//! a task of its own; the operation only waits for it.
//!
//! ```
//! use std::sync::mpsc;
//! use std::time::Duration;
//!
//! crochet::setup()?;
//! let (begin, has_begun) = mpsc::channel();
//! let (commit, is_committed) = mpsc::channel();
//! let result = crochet::run_in_reactor(move || async move {
//!     let task = crochet::spawn(async move {
//!         crochet::sleep(Duration::from_millis(1)).await;
//!         commit.send(()).expect("somebody asks below");
//!     });
//!     begin.send(()).expect("somebody asks below");
//!     task.await
//! });
//!
//! let patience = Duration::from_secs(5);
//! has_begun.recv_timeout(patience).unwrap();
//! result.cancel();
//! is_committed.recv_timeout(patience).unwrap();
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! The stop of the reactor ends tasks as well. What must be done even then is a
//! [shutdown trigger](super::shutdown).
