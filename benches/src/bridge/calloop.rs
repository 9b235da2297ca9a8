//! calloop: a callback that a channel calls, and a channel of the standard library for the answer.

use std::io;
use std::sync::mpsc::{self, SyncSender};

use crate::bridge::contestant::{CallError, Contestant, PATIENCE};
use crate::threads::calloop::CallbackThread;

/// A loop whose one source is its channel. It has no tasks: the callback answers.
pub struct Calloop(CallbackThread<(u64, SyncSender<u64>)>);

impl Calloop {
    /// Starts the loop.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a thread or of what a loop needs.
    pub fn start() -> io::Result<Self> {
        let answer = |(operand, answer): (u64, SyncSender<u64>)| {
            answer
                .send(operand + 1)
                .expect("the caller waits for its answer");
        };
        CallbackThread::start("calloop-bridge", answer).map(Self)
    }
}

impl Contestant for Calloop {
    fn name(&self) -> &'static str {
        "calloop channel + sync_channel(1)"
    }

    fn call(&mut self, operand: u64) -> Result<u64, CallError> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.0
            .sender()
            .send((operand, answer))
            .map_err(|_| CallError::LoopGone)?;
        Ok(answered.recv_timeout(PATIENCE)?)
    }
}
