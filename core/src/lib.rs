//! The core of Crochet for Rust: everything about an event loop that needs neither a clock, nor
//! I/O, nor threads.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`eventual`] | a result that is set once on the loop and read from other contexts |
//! | [`inbox`] | the cross-context queue into the loop, with the loop's sleep state |
//! | [`wheel`] | the hierarchical timer wheel |
//! | [`time`] | ticks, and the one place where durations become ticks |
//! | [`task`] | futures that the loop owns and that need not be `Send` (feature `alloc`) |
//! | [`scheduler`] | the queues between wakers and the loop (feature `alloc`) |
//! | [`driver`] | one turn of the loop, over the [`Clock`](driver::Clock) and [`Park`](driver::Park) of a platform |
//!
//! The current time comes in as an argument; deadlines and requests to wake somebody go out as
//! `#[must_use]` values. The wheel, the inbox and the eventual result also work without an
//! allocator, in fixed and static storage.
//!
//! This crate does not read a clock, open a socket, start a thread, or catch a panic: that is
//! the work of `crochet-reactor` and `crochet-rt`, or of a firmware.
//!
//! # Features
//!
//! - `alloc` (default): the growing timer wheel, tasks and the scheduler, and more than one
//!   waiter at a time for one result.
#![no_std]
#![warn(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::alloc_instead_of_core
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;

pub mod driver;
pub mod eventual;
pub mod inbox;
#[cfg(crochet_loom)]
pub mod model;
mod primitive;
#[cfg(feature = "alloc")]
pub mod scheduler;
#[cfg(feature = "alloc")]
pub mod task;
pub mod time;
pub mod wheel;
