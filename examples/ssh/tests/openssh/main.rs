//! Tests the program `ssh` with OpenSSH's client.
//!
//! A test whose client is not installed says so and passes, unless CROCHET_REQUIRE_PEERS is 1.

#![cfg(unix)]

mod access;
mod connections;
#[path = "../../../tests/shared/peer.rs"]
mod peer;
mod program;
mod sessions;
mod support;
