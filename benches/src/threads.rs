//! The contestants' loops, each in a thread of its own.

pub mod calloop;
pub mod crochet;
pub mod loop_thread;
pub mod monoio;
pub mod smol;
pub mod tokio;
