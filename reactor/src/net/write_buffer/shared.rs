//! What a buffer and the task that empties it share.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::task::Waker;

use super::WriteError;
use crate::caught;
use crate::registry::Waiters;

/// The state of a buffer. Its writer is foreign code: it is called and dropped while nothing here is
/// borrowed, and may call the buffer.
pub(super) struct Shared<W> {
    limit: usize,
    /// How many bytes have been accepted and not written, also of those that are being written.
    length: Cell<usize>,
    bytes: RefCell<VecDeque<u8>>,
    /// The writer, but while it is being called, and after its end.
    writer: Cell<Option<W>>,
    stage: Cell<Stage>,
    failure: RefCell<Option<Failure>>,
    /// The task that writes.
    task: Cell<Option<Waker>>,
    /// Whether that waits for something to do, not for the writer.
    idle: Cell<bool>,
    waiters: Waiters,
}

/// How far a buffer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// It accepts bytes. The first stage.
    Open,
    /// Set when the buffer is closed: what has been accepted is still written.
    Closing,
    /// Set when the writer has been closed, has failed, or has been given up. Never cleared.
    Ended,
}

struct Failure {
    error: io::Error,
    lost: usize,
    told: bool,
}

impl<W> Shared<W> {
    pub(super) fn new(writer: W, limit: usize) -> Self {
        Self {
            limit,
            length: Cell::new(0),
            bytes: RefCell::new(VecDeque::new()),
            writer: Cell::new(Some(writer)),
            stage: Cell::new(Stage::Open),
            failure: RefCell::new(None),
            task: Cell::new(None),
            idle: Cell::new(false),
            waiters: Waiters::new(),
        }
    }

    pub(super) fn length(&self) -> usize {
        self.length.get()
    }

    pub(super) fn room(&self) -> usize {
        match self.stage.get() {
            Stage::Open => self.limit - self.length.get(),
            Stage::Closing | Stage::Ended => 0,
        }
    }

    pub(super) fn stage(&self) -> Stage {
        self.stage.get()
    }

    pub(super) fn waiters(&self) -> &Waiters {
        &self.waiters
    }

    /// Tells whether so many bytes can be accepted.
    pub(super) fn check(&self, length: usize) -> Result<(), WriteError> {
        if let Some(error) = self.failure() {
            Err(WriteError::Failed(error))
        } else if length > self.limit {
            Err(WriteError::TooLong)
        } else if length > self.room() {
            Err(WriteError::Full)
        } else {
            Ok(())
        }
    }

    /// Accepts bytes, for which there is room.
    pub(super) fn push(&self, bytes: &[u8]) {
        self.length.set(self.length.get() + bytes.len());
        self.bytes.borrow_mut().extend(bytes);
        self.wake_if_idle();
    }

    /// Returns what the writer has failed with; from here on the caller answers for it.
    pub(super) fn failure(&self) -> Option<io::Error> {
        let mut failure = self.failure.borrow_mut();
        let failure = failure.as_mut()?;
        failure.told = true;
        Some(again(&failure.error))
    }

    pub(super) fn begin_closing(&self) {
        if self.stage.get() == Stage::Open {
            self.stage.set(Stage::Closing);
            self.wake_if_idle();
        }
    }

    pub(super) fn abort(&self) -> Option<W> {
        let writer = self.writer.take();
        self.end();
        writer
    }

    /// Notes that the writer has failed.
    pub(super) fn fail(&self, error: io::Error) {
        self.failure.replace(Some(Failure {
            error,
            lost: self.length.get(),
            told: false,
        }));
        self.end();
    }

    /// Ends the buffer, and tells all who wait.
    pub(super) fn end(&self) {
        self.stage.set(Stage::Ended);
        self.length.set(0);
        self.bytes.take();
        self.wake_task();
        self.waiters.wake_all();
    }

    /// Takes the writer, to call it, together with what is to be written.
    pub(super) fn take_out(&self) -> Option<(W, VecDeque<u8>)> {
        Some((self.writer.take()?, self.bytes.take()))
    }

    /// Puts the writer back, with what is left of the bytes, of which so many have been written.
    ///
    /// When the buffer was ended meanwhile, the writer is returned, to be dropped.
    pub(super) fn put_back(&self, writer: W, mut left: VecDeque<u8>, written: usize) -> Option<W> {
        if self.stage.get() == Stage::Ended {
            return Some(writer);
        }
        left.drain(..written);
        self.length.set(self.length.get() - written);
        let mut bytes = self.bytes.borrow_mut();
        // What the writer itself has added.
        left.append(&mut bytes);
        *bytes = left;
        drop(bytes);
        self.writer.set(Some(writer));
        if written > 0 {
            self.waiters.wake_all();
        }
        None
    }

    /// Keeps the waker of the task that writes.
    pub(super) fn wait(&self, waker: Waker, waits_for: WaitsFor) {
        self.idle.set(waits_for == WaitsFor::Work);
        let old = self.task.replace(Some(waker));
        drop(old);
    }

    fn wake_if_idle(&self) {
        if self.idle.get() {
            self.wake_task();
        }
    }

    fn wake_task(&self) {
        self.idle.set(false);
        if let Some(waker) = self.task.take() {
            caught::wake(waker);
        }
    }
}

/// What the task that writes waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum WaitsFor {
    Work,
    Writer,
}

/// Makes the same error once more, as far as that can be done.
fn again(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

impl<W> Drop for Shared<W> {
    fn drop(&mut self) {
        match self.failure.get_mut() {
            // The error may be foreign code, too.
            Some(failure) if !failure.told && failure.lost > 0 => {
                caught::contain("the logger", || {
                    log::warn!(
                        target: "crochet::reactor",
                        "{} buffered bytes were not written: {}",
                        failure.lost,
                        failure.error,
                    );
                });
            }
            _ => {}
        }
    }
}
