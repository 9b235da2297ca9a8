//! The event loop of Crochet for Rust.
//!
//! A [`Reactor`] is a value: it owns timers, sockets and tasks, and belongs to the thread that made
//! it. Any thread may hand work to it through its [`Remote`]. Code that runs on it uses the free
//! functions and types of this crate ([`spawn`], [`sleep`], [`timeout`], [`call_later`], [`net`],
//! [`Deferred`]); they find the reactor that runs the calling thread.
//!
//! Most programs use it through the crate `crochet`, which runs a reactor in a thread of its own.
//!
//! ```
//! use std::time::Duration;
//!
//! let mut reactor = crochet_reactor::Reactor::new()?;
//! let answer = reactor.block_on(async {
//!     crochet_reactor::sleep(Duration::from_micros(50)).await;
//!     6 * 7
//! })?;
//! assert_eq!(answer, 42);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What blocks or computes for long goes to the reactor's [`ThreadPool`], by [`defer_to_thread`].
//!
//! A host that has a loop of its own does [turns](Reactor::turn) in it. What the reactor does is
//! counted, measured and listed on request: [`Remote::stats`], [`Remote::times`], [`Remote::tasks`].
//!
//! This crate does not catch signals, and forks only to start programs.

#[cfg(any(feature = "hyper", feature = "tokio-io"))]
mod adapter;
mod alarm;
mod backend;
mod blocked;
mod caught;
pub mod channel;
mod context;
mod deadline;
mod deferred;
mod delayed;
mod fork;
pub mod fs;
mod gather;
#[cfg(feature = "hickory")]
pub mod hickory;
#[cfg(feature = "hyper")]
pub mod hyper;
mod interval;
#[cfg(feature = "hickory")]
mod kept;
#[cfg(not(feature = "hickory"))]
#[path = "no_kept.rs"]
mod kept;
mod label;
mod latest;
#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_os = "freebsd",
    target_vendor = "apple"
))]
mod loaded;
#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "freebsd",
    target_vendor = "apple"
)))]
#[path = "no_loaded.rs"]
mod loaded;
mod looping;
mod mapped;
#[doc(hidden)]
pub mod messages;
#[cfg(crochet_loom)]
#[doc(hidden)]
pub mod model;
mod nesting;
pub mod net;
mod observe;
mod panic;
mod pause;
#[cfg(unix)]
pub mod pipe;
mod platform;
mod pool;
mod primitive;
#[cfg(all(unix, not(target_os = "openbsd")))]
pub mod process;
#[cfg(not(all(unix, not(target_os = "openbsd"))))]
#[path = "no_process.rs"]
mod process;
mod project;
mod promise;
mod reactor;
mod registry;
mod remote;
mod scope;
mod shared;
mod sleep;
#[cfg(unix)]
mod source;
mod spawn;
#[cfg(unix)]
pub mod stdio;
mod stream;
pub mod sync;
pub mod testing;
mod thread;
mod timeline;
mod timer;
#[cfg(feature = "rustls")]
pub mod tls;
#[cfg(feature = "tokio-io")]
pub mod tokio_io;
mod trigger;
mod unhandled;
mod wait;
mod wait_strategy;
mod yield_now;

pub use crate::backend::Backend;
pub use crate::blocked::interrupt_waits;
pub use crate::context::{NotOnReactor, NotOwnReactor};
pub use crate::deadline::Deadline;
pub use crate::deferred::{Cancelled, Deferred, Resolver};
pub use crate::delayed::{CallError, DelayedCall, call_later};
pub use crate::gather::{
    FirstError, Gather, JoinAll, Race, RaceOk, gather, join_all, race, race_ok,
};
pub use crate::interval::{Interval, interval, interval_at};
pub use crate::label::Label;
pub use crate::looping::{Completion, LoopingCall, LoopingError, NotRunning, StartError};
pub use crate::observe::{Histogram, Snapshot, Stats, TaskInfo, Times, Timing};
pub use crate::panic::Panic;
pub use crate::pool::{
    DeferToThread, PoolError, PoolStats, ThreadPool, call_in_thread, defer_to_thread,
};
pub use crate::promise::{Promise, Setter};
pub use crate::reactor::{Builder, Reactor, RunError};
pub use crate::remote::{Remote, SubmitError};
pub use crate::scope::{OnPanic, Scope, ScopeError, scope, scope_with};
pub use crate::sleep::{Elapsed, Sleep, Timeout, sleep, sleep_until, timeout, timeout_at};
#[cfg(unix)]
pub use crate::source::{Source, SourceError};
pub use crate::spawn::{JoinError, JoinHandle, spawn, spawn_named};
pub use crate::thread::is_reactor_thread;
pub use crate::trigger::{Phase, TriggerId};
pub use crate::wait::{BlockingError, Operation};
pub use crate::wait_strategy::WaitStrategy;
pub use crate::yield_now::{YieldNow, yield_now};
pub use crochet_core::driver::{Budget, Turn};
pub use crochet_core::task::TaskState;

/// What the layer above needs to keep one reactor per process. Not part of the public API.
#[doc(hidden)]
pub mod glue {
    pub use crate::caught::contain;
    pub use crate::fork::{Generation, PerProcess, watch};
    pub use crate::latest::Latest;
    pub use crate::mapped::Mapped;
    pub use crate::pool::leave_pool;
    pub use crate::thread::{JoinFailure, Latch, Opener, ServiceThread};
}

pub use crochet_core::eventual::WaitKey;
