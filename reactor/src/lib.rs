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
//! This crate does not catch signals, fork, or run blocking code in threads.

mod alarm;
mod caught;
mod context;
mod deferred;
mod delayed;
mod label;
pub mod net;
mod panic;
mod platform;
mod project;
mod reactor;
mod registry;
mod remote;
mod sleep;
mod spawn;
pub mod testing;
mod thread;
mod unparker;
mod wait;

pub use crate::context::NotOnReactor;
pub use crate::deferred::{Deferred, Resolver};
pub use crate::delayed::{CallError, DelayedCall, call_later};
pub use crate::label::Label;
pub use crate::panic::Panic;
pub use crate::reactor::{Builder, Reactor, RunError};
pub use crate::remote::{Remote, Stats, SubmitError};
pub use crate::sleep::{Elapsed, Sleep, Timeout, sleep, timeout};
pub use crate::spawn::{JoinError, JoinHandle, spawn};
pub use crate::thread::is_reactor_thread;
pub use crate::wait::{BlockingError, Operation};
pub use crochet_core::driver::{Budget, Turn};
pub use crochet_core::eventual::WaitKey;
