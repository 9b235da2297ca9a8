//! Stopping, draining, triggers, the end of the process, starting again.
//!
//! # At the end of the process
//!
//! Most programs need nothing here. On Unix, when `main` returns, also by a panic, or when the
//! process calls `exit`, the reactor of [`setup`](crate::setup) is stopped, results that were left
//! in the stash are looked through for failures to log, and what a wrapped logger still has queued
//! is written. An idle reactor takes a fraction of a millisecond for that; one that has not stopped
//! after a second, because something blocks its thread or a trigger takes long, is left behind. An
//! operation that calls `exit` keeps the reactor's thread busy with that, so no trigger runs.
//! `std::process::abort`, and a signal that kills, end the process at once.
//!
//! On other systems, call [`stop`](crate::stop) before `main` returns. The reactor of
//! [`no_setup`](crate::no_setup) is the application's to end, everywhere.
//!
//! # Stopping
//!
//! [`stop`](crate::stop) closes the reactor to new operations, then tells every thread that waits
//! for one, whatever the reactor's thread is doing. Only after that do triggers and destructors
//! run, so these may wait for the end of threads that were blocked in calls.
//!
//! ```
//! use std::future;
//! use std::time::Duration;
//!
//! use crochet::EventualError;
//!
//! crochet::setup()?;
//! let patience = Duration::from_secs(5);
//! let endless = crochet::run_in_reactor(future::pending::<()>);
//!
//! crochet::stop(patience)?;
//! assert!(matches!(endless.wait(patience), Err(EventualError::Stopped)));
//!
//! let late = crochet::run_in_reactor(|| async { 2 + 2 });
//! assert!(matches!(late.wait(patience), Err(EventualError::Stopped)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The time limit is for the caller: a reactor that has not stopped by then has been asked to all
//! the same. Called from code on the reactor, `stop` asks and returns
//! [`OnReactorThread`](crate::StopError::OnReactorThread), since it cannot wait for its own thread.
//!
//! # Draining
//!
//! [`drain`](crate::drain) refuses new operations too, but lets those that there are end first, up
//! to its time limit. Jobs of the thread pool are waited for as well; tasks that were
//! [spawned](crate::spawn) are not, because many of them have no end.
//!
//! ```
//! use std::time::Duration;
//!
//! crochet::setup()?;
//! let patience = Duration::from_secs(5);
//! let upload = crochet::run_in_reactor(|| async {
//!     crochet::sleep(Duration::from_millis(5)).await;
//!     "all of it"
//! });
//!
//! crochet::drain(patience)?;
//! assert_eq!(upload.wait(Duration::ZERO).unwrap(), "all of it");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What has not ended in time is dropped, and `drain` returns
//! [`StopError::Timeout`](crate::StopError::Timeout).
//!
//! The reactor of [`no_setup`](crate::no_setup) is only asked to stop or to drain, and neither call
//! waits for it: the application sees its [`run`](crate::Reactor::run) return. There is no limit to
//! such a drain, unless `stop` follows.
//!
//! # Triggers
//!
//! What is to be done when the reactor stops is added as a trigger, to one of three
//! [phases](crate::Phase):
//!
//! | phase | then |
//! | --- | --- |
//! | `Before` | everything still runs: say good-bye to peers |
//! | `During` | tasks still run; the thread pool takes no more jobs, and its threads end. Afterwards the tasks are dropped, with their sockets and timers |
//! | `After` | nothing of the reactor's work is left: release what it used |
//!
//! The triggers of a phase are begun last in, first out, and run at the same time, each within a
//! limit of its own; the next phase begins when all have ended. One that panics or takes too long
//! is logged, and holds nobody else up.
//!
//! ```
//! use std::sync::mpsc;
//! use std::time::Duration;
//!
//! use crochet::Phase;
//!
//! crochet::setup()?;
//! let reactor = crochet::remote()?;
//! let limit = Duration::from_secs(1);
//! let (tell, told) = mpsc::channel();
//!
//! let release = tell.clone();
//! reactor.add_trigger(Phase::After, limit, move || async move {
//!     release.send("released").expect("somebody listens");
//! });
//! reactor.add_trigger(Phase::Before, limit, move || async move {
//!     crochet::sleep(Duration::from_millis(1)).await; // The reactor still works.
//!     tell.send("said good-bye").expect("somebody listens");
//! });
//!
//! crochet::stop(Duration::from_secs(5))?;
//! assert_eq!(told.iter().collect::<Vec<_>>(), ["said good-bye", "released"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A trigger that is no longer needed is [taken back](crate::Remote::remove_trigger). Each runs
//! once: after a restart they are to be added again.
//!
//! # Starting again
//!
//! When the reactor has stopped, [`setup`](crate::setup) starts another one. Results of the one
//! before stay as they are.
//!
//! ```
//! use std::time::Duration;
//!
//! let patience = Duration::from_secs(5);
//! for round in 0..3 {
//!     crochet::setup()?;
//!     assert_eq!(crochet::wait_for(patience, move || async move { round })?, round);
//!     crochet::stop(patience)?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
