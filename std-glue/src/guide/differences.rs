//! How this compares with `async` programs and with tokio's `block_on`.
//!
//! # From an `async` program
//!
//! In an `async` program every function that waits is `async`, and so is every function that calls
//! it, up to `main`. That is a good way to write a program that consists of waiting. This library
//! is for the others: command-line tools, plug-ins, games, servers with a thread per request, and
//! libraries whose users block.
//!
//! - **`async` ends at the decorated function.** Its callers are ordinary functions, and can be
//!   called from anywhere but the reactor.
//! - **A call begins at once.** A future does nothing before it is polled; an operation runs
//!   whether or not somebody waits.
//! - **Every wait has a limit**, and its end cancels the work.
//! - **Dropping a handle does not cancel.** Dropping a future does. For that behaviour there is
//!   [`cancel_on_drop`](crate::EventualResult::cancel_on_drop).
//! - **Futures need not be `Send`.** They are made and stay on the reactor's thread; only the
//!   arguments and the result travel.
//!
//! Inside the body nothing is different: it is `async` Rust, with `.await`, combinators and crates
//! that need no runtime of their own. And an `EventualResult` is a future, so an `async` program
//! can use a library that is built on this one, in any executor: it awaits the result in place of
//! blocking.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::{WaitError, run_in_reactor};
//!
//! #[run_in_reactor]
//! async fn background(number: u32) -> u32 {
//!     number * 2
//! }
//!
//! crochet::setup()?;
//! let under_way = background(21);
//! // Any executor would do in place of this one.
//! let answer = crochet::try_wait_for(Duration::from_secs(5), || async {
//!     Ok::<u32, WaitError>(under_way.await?)
//! });
//! assert_eq!(answer.unwrap(), 42);
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! # From `block_on`
//!
//! A blocking program can also make a tokio runtime and call `Runtime::block_on`. The differences:
//!
//! | | `block_on` | [`wait_for`](super::wait_for) |
//! | --- | --- | --- |
//! | the future runs on | the calling thread | the reactor's thread |
//! | time limit | none, unless `tokio::time::timeout` is put around the future | part of the call |
//! | when the time is up | the future is dropped by the calling thread, when it gets to it | owned arguments: the call returns, whatever the future does. Borrowed: when it has been dropped |
//! | a future that blocks | blocks its caller for ever | with owned arguments, its caller returns at the limit |
//! | called where the loop runs | panics | an error, before anything is submitted |
//! | a panic of the future | unwinds into the caller | an error with its message and place |
//! | waiting again, from another thread | to be built from a channel or a `JoinHandle` | [`EventualResult::wait`](crate::EventualResult::wait) |
//! | who owns the loop | whoever made the runtime, and hands it around | the process: [`setup`](crate::setup), by any number of libraries |
//! | work in the background | on a current-thread runtime, only while somebody is in `block_on` | goes on by itself |
//! | cost of a call | no other thread is involved in polling the future | one allocation, and at most one wake-up each way |
//!
//! For instance, a body that blocks the loop by mistake:
//!
//! ```
//! use std::sync::mpsc;
//! use std::time::Duration;
//!
//! use crochet::WaitError;
//!
//! crochet::setup()?;
//! let (release, blocked) = mpsc::channel::<()>();
//! let waited = crochet::wait_for(Duration::from_millis(20), move || async move {
//!     // A mistake: this blocks the reactor's thread.
//!     blocked.recv().is_ok()
//! });
//! assert!(matches!(waited, Err(WaitError::Timeout))); // Its caller is not held up for ever.
//! drop(release);
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! # What does not carry over
//!
//! - Types of tokio that need its runtime, such as its sockets and timers, do not work on this
//!   reactor. Use [`net`](crate::net), [`sleep`](crate::sleep) and [`timeout`](crate::timeout). In
//!   return, those of this library work on its reactor only.
//! - The sockets implement the traits of `futures-io`.
//! - There is one thread per reactor. A server that needs all cores for its own `async` code is
//!   better off with a runtime that has many.
//!
//! # From Python's Crochet
//!
//! | there | here |
//! | --- | --- |
//! | `setup()`, `no_setup()` | [`setup`](crate::setup), [`no_setup`](crate::no_setup) |
//! | `@wait_for(timeout=5.0)` | [`#[wait_for(timeout = 5.0)]`](macro@crate::wait_for) |
//! | `@run_in_reactor` | [`#[run_in_reactor]`](macro@crate::run_in_reactor) |
//! | `EventualResult.wait`, `cancel`, `stash`, `original_failure` | the same names |
//! | `retrieve_result` | [`retrieve_result`](crate::retrieve_result), with the types |
//! | `TimeoutError`, `ReactorStopped` | [`Timeout`](crate::WaitError::Timeout), [`Stopped`](crate::WaitError::Stopped) |
//! | `NAME.__wrapped__` | `NAME_wrapped` |
//! | Twisted's `Deferred`, `callLater` | [`Deferred`](crate::Deferred), [`call_later`](crate::call_later) |
//! | `addCallback`, `addErrback`, `addBoth`, `addTimeout`, `cancel` | [`map`](crate::Deferred::map), [`and_then`](crate::Deferred::and_then), [`or_else`](crate::Deferred::or_else), [`then`](crate::Deferred::then), [`timeout`](crate::Deferred::timeout), [`cancel`](crate::Deferred::cancel) |
//! | `DeferredList`, `gatherResults`, `race` | [`join_all`](crate::join_all), [`gather`](crate::gather()), [`race_ok`](crate::race_ok) |
//! | `DeferredLock`, `DeferredSemaphore`, `DeferredQueue` | [`Lock`](crate::sync::Lock), [`Semaphore`](crate::sync::Semaphore), [`Queue`](crate::sync::Queue) |
//! | `LoopingCall` | [`LoopingCall`](crate::LoopingCall) |
//! | `deferToThread`, `callInThread`, `blockingCallFromThread` | [`defer_to_thread`](crate::defer_to_thread), [`call_in_thread`](crate::call_in_thread), [`blocking_call_from_thread`](crate::blocking_call_from_thread) |
//! | `addSystemEventTrigger` | [`add_trigger`](crate::Remote::add_trigger) |
//!
//! [`cancel`](crate::Deferred::cancel) and [`timeout`](crate::Deferred::timeout) call the callbacks for
//! errors, as there. What they are called with is an error of the cancelled deferred's own type; callbacks
//! for errors of other types, before it, are left out. Dropping a deferred, which Twisted does not know,
//! calls its canceller and no callback.
//!
//! New are `take`, awaiting, deadlines, `cancel_on_drop`, draining, restarting, several reactors,
//! virtual time, and what is done about [forks](super::fork) and [signals](super::signals).
