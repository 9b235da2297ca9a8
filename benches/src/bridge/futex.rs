//! The floor for two threads: a futex there, a futex back.

use std::io;

use rustix::io::Errno;

use crate::bridge::answerer::{Answerer, END, Mailboxes};
use crate::bridge::contestant::{CallError, Contestant};

/// Two threads that wake each other, with no queue, no task and no allocation between them.
#[derive(Debug)]
pub struct Futex {
    answerer: Answerer,
}

impl Futex {
    /// Starts the answering thread.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a thread.
    pub fn start() -> io::Result<Self> {
        let answerer = Answerer::start("futex-floor", answer_all)?;
        Ok(Self { answerer })
    }
}

impl Contestant for Futex {
    fn name(&self) -> &'static str {
        "floor: futex, futex"
    }

    fn call(&mut self, operand: u64) -> Result<u64, CallError> {
        self.answerer.post(operand);
        self.answerer.wake()?;
        self.answerer.take()
    }
}

fn answer_all(mailboxes: &Mailboxes) -> Result<(), Errno> {
    let mut seen = 0;
    loop {
        let operand = mailboxes.request.take(&mut seen, None)?;
        if operand == END {
            return Ok(());
        }
        mailboxes.answer.post(operand + 1);
        mailboxes.answer.wake()?;
    }
}
