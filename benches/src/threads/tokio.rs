//! tokio: a current-thread runtime that a thread of its own drives.

use core::convert::Infallible;
use std::io;

use ::tokio::runtime::{Builder, Handle};
use ::tokio::sync::oneshot;

use crate::threads::loop_thread::LoopThread;

/// A current-thread runtime with I/O and time, driven until this is dropped.
#[derive(Debug)]
pub struct RuntimeThread {
    handle: Handle,
    // Above the thread: closing the channel is what ends it.
    _end: oneshot::Sender<Infallible>,
    _thread: LoopThread,
}

impl RuntimeThread {
    /// Starts the runtime in a thread called `name`.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a thread or of what a runtime needs.
    pub fn start(name: &str) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel::<Infallible>();
        let thread = LoopThread::start(name, move || {
            let Err(_closed) = runtime.block_on(ended);
        })?;
        Ok(Self {
            handle,
            _end: end,
            _thread: thread,
        })
    }

    /// Returns the handle that tasks are spawned with.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }
}
