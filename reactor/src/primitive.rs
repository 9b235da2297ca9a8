//! The one switch between the standard library's atomics, locks and threads and loom's.
//!
//! What a thread that waits shares with whoever ends its wait is taken from here, so that the models
//! under `tests/loom_*.rs` check the very code that ships. Whatever orders nothing between threads,
//! and what the models leave out, is the standard library's own.

#[cfg(not(crochet_loom))]
mod real;
#[cfg(not(crochet_loom))]
use real as switched;

#[cfg(crochet_loom)]
mod loomed;
#[cfg(crochet_loom)]
use loomed as switched;

pub(crate) use switched::{AtomicPtr, AtomicU8, AtomicU32, Edge, Mutex, MutexGuard, Ordering};
pub(crate) use switched::{Thread, current, park, park_timeout};
pub(crate) use switched::{shared_static, thread_static};
