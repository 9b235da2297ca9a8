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
//! This crate does not catch signals, and does not fork.

mod alarm;
mod blocked;
mod caught;
mod context;
mod deadline;
mod deferred;
mod delayed;
mod fork;
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
mod mapped;
#[doc(hidden)]
pub mod messages;
#[cfg(crochet_loom)]
#[doc(hidden)]
pub mod model;
pub mod net;
mod panic;
mod pause;
mod platform;
mod pool;
mod primitive;
mod project;
mod promise;
mod reactor;
mod registry;
mod remote;
mod shared;
mod sleep;
mod spawn;
pub mod testing;
mod thread;
mod timeline;
mod trigger;
mod wait;

pub use crate::blocked::interrupt_waits;
pub use crate::context::NotOnReactor;
pub use crate::deadline::Deadline;
pub use crate::deferred::{Deferred, Resolver};
pub use crate::delayed::{CallError, DelayedCall, call_later};
pub use crate::label::Label;
pub use crate::panic::Panic;
pub use crate::pool::{
    DeferToThread, PoolError, PoolStats, ThreadPool, call_in_thread, defer_to_thread,
};
pub use crate::promise::{Promise, Setter};
pub use crate::reactor::{Builder, Reactor, RunError};
pub use crate::remote::{Remote, Stats, SubmitError};
pub use crate::sleep::{Elapsed, Sleep, Timeout, sleep, timeout};
pub use crate::spawn::{JoinError, JoinHandle, spawn};
pub use crate::thread::is_reactor_thread;
pub use crate::trigger::{Phase, TriggerId};
pub use crate::wait::{BlockingError, Operation};
pub use crochet_core::driver::{Budget, Turn};

/// What the layer above needs to keep one reactor per process. Not part of the public API.
#[doc(hidden)]
pub mod process {
    pub use crate::fork::{Generation, PerProcess, watch};
    pub use crate::latest::Latest;
    pub use crate::mapped::Mapped;
    pub use crate::pool::leave_pool;
    pub use crate::thread::join_within;
}

pub use crochet_core::eventual::WaitKey;
