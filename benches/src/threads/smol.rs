//! smol: an executor that a thread of its own drives, together with async-io's reactor.

use alloc::sync::Arc;
use core::convert::Infallible;
use std::io;

use ::smol::Executor;
use ::smol::channel::{self, RecvError, Sender};

use crate::threads::loop_thread::LoopThread;

/// An executor that is driven until this is dropped.
#[derive(Debug)]
pub struct ExecutorThread {
    executor: Arc<Executor<'static>>,
    // Above the thread: closing the channel is what ends it.
    _end: Sender<Infallible>,
    _thread: LoopThread,
}

impl ExecutorThread {
    /// Starts the executor in a thread called `name`.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a thread.
    pub fn start(name: &str) -> io::Result<Self> {
        let executor = Arc::new(Executor::new());
        let driven = Arc::clone(&executor);
        let (end, ended) = channel::bounded::<Infallible>(1);
        let thread = LoopThread::start(name, move || {
            let Err(RecvError) = ::smol::block_on(driven.run(ended.recv()));
        })?;
        Ok(Self {
            executor,
            _end: end,
            _thread: thread,
        })
    }

    /// Returns the executor, for spawning.
    pub fn executor(&self) -> &Arc<Executor<'static>> {
        &self.executor
    }
}
