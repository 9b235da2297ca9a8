//! Tests of Crochet for Rust through its public API; this library is empty.
