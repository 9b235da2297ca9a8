//! tokio-postgres on a reactor, against a real PostgreSQL: plain blocking functions outside, the
//! library's connection as a task inside. Without the server the tests say so and do nothing, unless
//! CROCHET_REQUIRE_PEERS is 1.

#![cfg(unix)]

mod cancel;
mod connection;
mod database;
mod queries;
mod server;
mod transactions;
