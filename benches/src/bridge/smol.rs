//! smol: an executor that a thread of its own drives, together with async-io's reactor.

use alloc::sync::Arc;
use core::convert::Infallible;
use std::io;

use ::smol::Executor;
use ::smol::channel::{self, RecvError, Sender};
use ::smol::future;

use crate::bridge::contestant::{CallError, Contestant};
use crate::bridge::loop_thread::LoopThread;

/// A task for each call; the caller blocks on the task's handle, without a time limit.
#[derive(Debug)]
pub struct Smol {
    executor: Arc<Executor<'static>>,
    // Above the thread: closing the channel is what ends it.
    _end: Sender<Infallible>,
    _thread: LoopThread,
}

impl Smol {
    /// Starts the executor.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a thread.
    pub fn start() -> io::Result<Self> {
        let executor = Arc::new(Executor::new());
        let driven = Arc::clone(&executor);
        let (end, ended) = channel::bounded::<Infallible>(1);
        let thread = LoopThread::start("smol-executor", move || {
            let Err(RecvError) = ::smol::block_on(driven.run(ended.recv()));
        })?;
        Ok(Self {
            executor,
            _end: end,
            _thread: thread,
        })
    }
}

impl Contestant for Smol {
    fn name(&self) -> &'static str {
        "smol spawn + block_on"
    }

    fn call(&mut self, operand: u64) -> Result<u64, CallError> {
        let task = self.executor.spawn(async move { operand + 1 });
        // Not `smol::block_on`, which would have the caller poll for I/O in competition with the executor's thread.
        Ok(future::block_on(task))
    }
}
