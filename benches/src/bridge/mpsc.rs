//! Channels of the standard library: what a program without an event loop would use.

use std::io;
use std::sync::mpsc::{self, Sender, SyncSender};

use crate::bridge::contestant::{CallError, Contestant, PATIENCE};
use crate::threads::loop_thread::LoopThread;

/// A worker that takes calls from a channel and answers each through a channel of its own.
#[derive(Debug)]
pub struct Mpsc {
    // Above the thread: closing the channel is what ends it.
    calls: Sender<(u64, SyncSender<u64>)>,
    _thread: LoopThread,
}

impl Mpsc {
    /// Starts the worker.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a thread.
    pub fn start() -> io::Result<Self> {
        let (calls, incoming) = mpsc::channel::<(u64, SyncSender<u64>)>();
        let thread = LoopThread::start("mpsc-worker", move || {
            for (operand, answer) in incoming {
                answer
                    .send(operand + 1)
                    .expect("the caller waits for its answer");
            }
        })?;
        Ok(Self {
            calls,
            _thread: thread,
        })
    }
}

impl Contestant for Mpsc {
    fn name(&self) -> &'static str {
        "std mpsc + sync_channel(1)"
    }

    fn call(&mut self, operand: u64) -> Result<u64, CallError> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.calls
            .send((operand, answer))
            .map_err(|_| CallError::LoopGone)?;
        Ok(answered.recv_timeout(PATIENCE)?)
    }
}
