//! monoio: a runtime on io_uring that a thread of its own drives.

use std::io;

use ::smol::channel::{self, Sender};
use ::tokio::sync::oneshot;

use crate::bridge::contestant::{CallError, Contestant};
use crate::threads::monoio::UringThread;

/// A task for each call, spawned by one that takes the calls from a channel, because nothing can be spawned from another
/// thread; the caller blocks on a oneshot channel, without a time limit.
#[derive(Debug)]
pub struct Monoio {
    calls: Sender<(u64, oneshot::Sender<u64>)>,
    _thread: UringThread,
}

impl Monoio {
    /// Starts the runtime.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a thread or of io_uring.
    pub fn start() -> io::Result<Self> {
        let (calls, incoming) = channel::unbounded::<(u64, oneshot::Sender<u64>)>();
        let thread = UringThread::start("monoio-bridge", move || async move {
            while let Ok((operand, answer)) = incoming.recv().await {
                drop(::monoio::spawn(async move {
                    answer
                        .send(operand + 1)
                        .expect("the caller waits for its answer");
                }));
            }
        })?;
        Ok(Self {
            calls,
            _thread: thread,
        })
    }
}

impl Contestant for Monoio {
    fn name(&self) -> &'static str {
        "monoio channel + spawn"
    }

    fn call(&mut self, operand: u64) -> Result<u64, CallError> {
        let (answer, answered) = oneshot::channel();
        self.calls
            .send_blocking((operand, answer))
            .map_err(|_| CallError::LoopGone)?;
        answered.blocking_recv().map_err(|_| CallError::LoopGone)
    }
}
