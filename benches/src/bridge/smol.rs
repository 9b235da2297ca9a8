//! smol: an executor that a thread of its own drives, together with async-io's reactor.

use std::io;

use ::smol::future;

use crate::bridge::contestant::{CallError, Contestant};
use crate::threads::smol::ExecutorThread;

/// A task for each call; the caller blocks on the task's handle, without a time limit.
#[derive(Debug)]
pub struct Smol(ExecutorThread);

impl Smol {
    /// Starts the executor.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a thread.
    pub fn start() -> io::Result<Self> {
        ExecutorThread::start("smol-bridge").map(Self)
    }
}

impl Contestant for Smol {
    fn name(&self) -> &'static str {
        "smol spawn + block_on"
    }

    fn call(&mut self, operand: u64) -> Result<u64, CallError> {
        let task = self.0.executor().spawn(async move { operand + 1 });
        // Not `smol::block_on`, which would have the caller poll for I/O in competition with the executor's thread.
        Ok(future::block_on(task))
    }
}
