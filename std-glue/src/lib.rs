//! Plain blocking functions whose bodies run on an event loop.
//!
//! A blocking program calls a function; the function's body runs on an event loop, in a thread that
//! this library manages; the caller gets a result, an error, or a timeout that cancels the work. No
//! `async` leaks into the caller. It is Python's Crochet, for Rust, with a loop of its own.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::{EventualResult, WaitError, run_in_reactor, wait_for};
//!
//! /// Blocks for a tenth of a second at most, whatever the loop is doing.
//! #[wait_for(timeout = "100ms")]
//! async fn nap(length: Duration) -> Result<&'static str, WaitError> {
//!     crochet::sleep(length).await;
//!     Ok("rested")
//! }
//!
//! /// Returns at once; the work goes on in the background.
//! #[run_in_reactor]
//! async fn background_nap(length: Duration) -> &'static str {
//!     crochet::sleep(length).await;
//!     "rested"
//! }
//!
//! crochet::setup()?;
//! assert_eq!(nap(Duration::from_millis(1)).unwrap(), "rested");
//! assert!(matches!(nap(Duration::from_secs(60)), Err(WaitError::Timeout)));
//!
//! let rest: EventualResult<&str> = background_nap(Duration::from_millis(1));
//! assert_eq!(rest.wait(Duration::from_secs(5)).unwrap(), "rested");
//! # Ok::<(), crochet::SetupError>(())
//! ```
//!
//! The [`guide`] has a chapter on each subject, from setting up to testing.
//!
//! # The parts
//!
//! - [`setup`] starts the reactor in a thread of its own, once per process. [`no_setup`] is for
//!   programs that run the reactor themselves. Before either, nothing happens: no thread, no file
//!   descriptor; calls fail with a typed error.
//! - [`macro@wait_for`] and [`macro@run_in_reactor`] turn a function into one that blocks, or one
//!   that returns an [`EventualResult`]. The functions of the same names do that for closures:
//!   [`wait_for()`](fn@wait_for), [`wait_for_borrowed`], [`run_in_reactor()`](fn@run_in_reactor),
//!   [`try_run_in_reactor`].
//! - [`operation`] runs one with a name and a deadline. An [`EventualResult`] can be waited for,
//!   taken, awaited, cancelled with its handle, kept under an id, and asked what went wrong;
//!   [`EventualResult::pair`] makes one that is set by hand.
//! - Code that runs on the reactor uses [`sleep`], [`timeout`], [`call_later`], [`spawn`],
//!   [`scope`](fn@scope), [`Deferred`] and [`net`]. What blocks or computes for long goes to the reactor's
//!   [thread pool](thread_pool), by [`defer_to_thread`] or [`call_in_thread`].
//! - A host with a loop of its own does [turns](Reactor::turn). [`Remote::stats`] and
//!   [`Remote::tasks`] tell what the reactor is doing, [`Builder::slow_poll`] what holds it up.
//! - [`testing`] makes time virtual, for blocked threads too, so that tests need not wait.
//!
//! # Rules that hold everywhere
//!
//! - No wait is without a limit. Waiting on the reactor's own thread is refused before anything is
//!   submitted.
//! - Cancelling is a request that the loop carries out: it drops the operation at its next
//!   `.await`. An operation that has not begun never will. Code between two `.await`s is not
//!   interrupted.
//! - A panic in an operation ends that operation; its caller gets the message and the place.
//! - A failure that nobody asks for is logged once, through the crate `log`.
//! - When `main` returns or the process calls `exit`, the reactor stops by itself (on Unix).
//!
//! # Features
//!
//! - `mio`, on by default, and `polling`: what the event loop hears of events through. It needs one
//!   of them, and with both [`Builder::backend`] chooses. Windows has `polling` in any case.
//! - `hickory`, off by default: the module `hickory`, with the sockets, timers and executor that the DNS
//!   resolver of that name wants of a runtime.
//! - `hyper`, off by default: the module `hyper`, with the streams, timers and executor that the HTTP
//!   library of that name wants of a runtime.
//! - `rustls`, off by default: the module `tls`, with clients and servers of TLS by the library of that
//!   name.
//! - `tokio-io`, off by default: the module `tokio_io`, with streams for libraries that want tokio's I/O
//!   traits.
//! - `signals`, off by default: the module `signals`, which interrupts waits at `SIGINT` and drains
//!   the reactor at `SIGTERM`, on request. On Unix.
//!
//! # What this is not
//!
//! It is not an async runtime for async programs, and has one thread per reactor. It does not
//! interrupt code that computes or blocks on the reactor's thread; such code delays everything.

#![deny(unsafe_code)]

mod call;
mod cancel_on_drop;
mod error;
mod eventual_result;
#[cfg(unix)]
mod exit;
#[cfg(not(unix))]
#[path = "no_exit.rs"]
mod exit;
mod failure;
mod global;
pub mod guide;
mod hosted;
pub mod logs;
mod operation;
mod own;
mod pool;
#[doc(hidden)]
pub mod private;
mod setter;
#[cfg(all(unix, feature = "signals"))]
pub mod signals;
mod source;
mod stash;
pub mod testing;
mod tracked;

#[doc(hidden)]
pub use private as __private;

pub use call::{run_in_reactor, try_run_in_reactor, try_wait_for, wait_for, wait_for_borrowed};
pub use cancel_on_drop::CancelOnDrop;
pub use crochet_macros::{run_in_reactor, wait_for};
#[cfg(feature = "hickory")]
pub use crochet_reactor::hickory;
#[cfg(feature = "hyper")]
pub use crochet_reactor::hyper;
#[cfg(all(unix, not(target_os = "openbsd")))]
pub use crochet_reactor::process;
#[cfg(feature = "rustls")]
pub use crochet_reactor::tls;
#[cfg(feature = "tokio-io")]
pub use crochet_reactor::tokio_io;
pub use crochet_reactor::{
    Backend, Budget, Builder, CallError, DeferToThread, Deferred, DelayedCall, Elapsed, Histogram,
    JoinError, JoinHandle, Label, NotOnReactor, NotOwnReactor, OnPanic, Panic, Phase, PoolError,
    PoolStats, Reactor, Remote, Resolver, RunError, Scope, ScopeError, Sleep, Snapshot, Stats,
    TaskInfo, TaskState, ThreadPool, Timeout, Times, Timing, TriggerId, Turn, WaitStrategy,
    YieldNow, call_later, fs, interrupt_waits, is_reactor_thread, net, scope, scope_with, sleep,
    spawn, spawn_named, timeout, yield_now,
};
pub use crochet_reactor::{
    Cancelled, Completion, Deadline, FirstError, Gather, Interval, JoinAll, LoopingCall,
    LoopingError, NotRunning, Race, RaceOk, StartError, channel, gather, interval, interval_at,
    join_all, race, race_ok, sleep_until, sync, timeout_at,
};
#[cfg(unix)]
pub use crochet_reactor::{Source, SourceError, pipe, stdio};
pub use error::{EventualError, SetupError, StopError, WaitError};
pub use eventual_result::{EventualResult, Repeatable};
pub use failure::Failure;
pub use global::{
    OnFork, drain, no_setup, no_setup_with, on_fork, remote, setup, setup_with, stop,
};
pub use operation::{OperationBuilder, operation};
pub use pool::{blocking_call_from_thread, call_in_thread, defer_to_thread, thread_pool};
pub use setter::ResultSetter;
pub use stash::{
    ParseResultIdError, ResultId, RetrieveError, StashLimits, StashStats, configure_stash,
    retrieve_result, stash_stats,
};

/// Keeps the examples of the README true.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
