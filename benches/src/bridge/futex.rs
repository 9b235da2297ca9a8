//! The floor for two threads: a futex there, a futex back.

use alloc::sync::Arc;
use std::io;

use rustix::io::Errno;

use crate::bridge::contestant::{CallError, Contestant, PATIENCE};
use crate::bridge::mailbox::Mailbox;
use crate::threads::loop_thread::LoopThread;

/// Two threads that wake each other, with no queue, no task and no allocation between them.
#[derive(Debug)]
pub struct Futex {
    shared: Arc<Shared>,
    answers_seen: u32,
    _thread: LoopThread,
}

#[derive(Debug, Default)]
struct Shared {
    request: Mailbox,
    answer: Mailbox,
}

impl Futex {
    /// Starts the answering thread.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a thread.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let peer = Arc::clone(&shared);
        let thread = LoopThread::start("futex-floor", move || {
            peer.answer_all().expect("the system has futexes");
        })?;
        Ok(Self {
            shared,
            answers_seen: 0,
            _thread: thread,
        })
    }
}

impl Contestant for Futex {
    fn name(&self) -> &'static str {
        "floor: futex, futex"
    }

    fn call(&mut self, operand: u64) -> Result<u64, CallError> {
        self.shared.request.post(operand);
        self.shared.request.wake()?;
        match self
            .shared
            .answer
            .take(&mut self.answers_seen, Some(PATIENCE))
        {
            Err(Errno::TIMEDOUT) => Err(CallError::TimedOut),
            taken => Ok(taken?),
        }
    }
}

impl Drop for Futex {
    fn drop(&mut self) {
        self.shared.request.post(END);
        self.shared.request.wake().expect("the system has futexes");
    }
}

impl Shared {
    fn answer_all(&self) -> Result<(), Errno> {
        let mut seen = 0;
        loop {
            let operand = self.request.take(&mut seen, None)?;
            if operand == END {
                return Ok(());
            }
            self.answer.post(operand + 1);
            self.answer.wake()?;
        }
    }
}

/// The operand that ends the thread; it has no successor to answer with.
const END: u64 = u64::MAX;
