//! tokio: a current-thread runtime that a thread of its own drives.

use std::io;

use ::tokio::sync::oneshot;
use ::tokio::time::timeout;

use crate::bridge::contestant::{CallError, Contestant, PATIENCE};
use crate::threads::tokio::RuntimeThread;

/// A task for each call; the caller blocks on a oneshot channel, without a time limit.
#[derive(Debug)]
pub struct Spawn(RuntimeThread);

impl Spawn {
    /// What the table calls it.
    pub const NAME: &'static str = "tokio spawn + blocking_recv";

    /// Starts the runtime.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a thread or of what a runtime needs.
    pub fn start() -> io::Result<Self> {
        RuntimeThread::start("tokio-spawn").map(Self)
    }
}

impl Contestant for Spawn {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn call(&mut self, operand: u64) -> Result<u64, CallError> {
        let (answer, answered) = oneshot::channel();
        self.0.handle().spawn(async move {
            answer
                .send(operand + 1)
                .expect("the caller waits for its answer");
        });
        answered.blocking_recv().map_err(|_| CallError::LoopGone)
    }
}

/// The same, with the time limit where tokio has one: in the task.
#[derive(Debug)]
pub struct SpawnTimeout(RuntimeThread);

impl SpawnTimeout {
    /// Starts the runtime.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a thread or of what a runtime needs.
    pub fn start() -> io::Result<Self> {
        RuntimeThread::start("tokio-timeout").map(Self)
    }
}

impl Contestant for SpawnTimeout {
    fn name(&self) -> &'static str {
        "tokio spawn + timeout"
    }

    fn call(&mut self, operand: u64) -> Result<u64, CallError> {
        let (answer, answered) = oneshot::channel();
        self.0.handle().spawn(async move {
            let outcome = timeout(PATIENCE, async move { operand + 1 }).await;
            answer
                .send(outcome)
                .expect("the caller waits for its answer");
        });
        let outcome = answered.blocking_recv().map_err(|_| CallError::LoopGone)?;
        outcome.map_err(|_| CallError::TimedOut)
    }
}
