//! Tests the DNS programs and the library behind them, against the embedded server, against servers
//! that misbehave, and against dig and dnsmasq.
//!
//! A test whose program is not installed says so and passes, unless CROCHET_REQUIRE_PEERS is 1.

mod choice;
mod dig;
mod dnsmasq;
mod faults;
mod limits;
#[path = "../shared/process.rs"]
mod process;
mod programs;
mod respond;
mod retries;
mod support;
