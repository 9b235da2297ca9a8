//! The library behind the example programs of Crochet for Rust.
//!
//! Each program in `src/bin` is short, because it shows how a blocking program calls code that runs
//! on an event loop. What the programs have in common, and the protocol code that runs on the loop,
//! is here, one module for each protocol.

mod cli;
pub mod dns;
pub mod http;
