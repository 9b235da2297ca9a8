//! A thread that answers through mailboxes, with no loop under it: what the floors have in common.

use alloc::sync::Arc;
use std::io;

use rustix::io::Errno;

use crate::bridge::contestant::{CallError, PATIENCE};
use crate::bridge::mailbox::Mailbox;
use crate::threads::loop_thread::LoopThread;

/// The operand that ends the thread; it has no successor to answer with.
pub const END: u64 = u64::MAX;

/// The thread, and the caller's side of its mailboxes. Dropping it ends the thread.
#[derive(Debug)]
pub struct Answerer {
    pub(super) mailboxes: Arc<Mailboxes>,
    answers_seen: u32,
    _thread: LoopThread,
}

/// The ways there and back.
#[derive(Debug, Default)]
pub struct Mailboxes {
    pub request: Mailbox,
    pub answer: Mailbox,
}

impl Answerer {
    /// Starts the thread, which does `answer_all` until it is sent [`END`].
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a thread.
    pub fn start(name: &str, answer_all: fn(&Mailboxes) -> Result<(), Errno>) -> io::Result<Self> {
        let mailboxes = Arc::new(Mailboxes::default());
        let theirs = Arc::clone(&mailboxes);
        let thread = LoopThread::start(name, move || {
            answer_all(&theirs).expect("the system has futexes");
        })?;
        Ok(Self {
            mailboxes,
            answers_seen: 0,
            _thread: thread,
        })
    }

    /// Sends a value to the thread, without waking it.
    pub fn post(&self, value: u64) {
        self.mailboxes.request.post(value);
    }

    /// Wakes the thread if it sleeps.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn wake(&self) -> Result<(), Errno> {
        self.mailboxes.request.wake()
    }

    /// Returns the answer if it is there.
    pub fn poll(&mut self) -> Option<u64> {
        self.mailboxes.answer.poll(&mut self.answers_seen)
    }

    /// Sleeps until the answer is there.
    ///
    /// # Errors
    ///
    /// Returns that it takes too long, or the system's refusal.
    pub fn take(&mut self) -> Result<u64, CallError> {
        let answer = &self.mailboxes.answer;
        match answer.take(&mut self.answers_seen, Some(PATIENCE)) {
            Err(Errno::TIMEDOUT) => Err(CallError::TimedOut),
            taken => Ok(taken?),
        }
    }
}

impl Drop for Answerer {
    fn drop(&mut self) {
        self.post(END);
        self.wake().expect("the system has futexes");
    }
}
