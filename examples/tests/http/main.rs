//! Tests the HTTP programs with curl, and the client and the servers behind them.
//!
//! A test whose program is not installed says so and passes, unless CROCHET_REQUIRE_PEERS is 1.

mod client;
mod command_line;
mod downloader;
mod fromtwisted;
#[path = "../shared/process.rs"]
mod process;
mod scheduling;
mod support;
mod upstream;
