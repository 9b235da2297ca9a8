//! Futures that the loop owns, each in one allocation together with its result.
//!
//! A task is a reference-counted cell that holds, in this order, a header, the scheduler, an
//! [`Eventual`](crate::eventual::Eventual) and the body: first the function that makes the future, then the future. The loop,
//! wakers and the [`Operation`] point to the same cell; the header and its table of functions let
//! the first two do so without knowing the types.
//!
//! The body need not be `Send`: it is made, polled and dropped on the loop only. The one exception
//! is a function that has not been called; it came from another thread, so it is `Send`, and
//! whoever revokes the operation drops it.
//!
//! The result is published after the body has been dropped, so whoever sees a task ended knows that
//! nothing of its body is left.

use core::fmt;
use core::task::{Context, Poll};

use crate::eventual::{Cancel, End, NotWaiting, Phase, Reader, WaitKey};
use core::task::Waker;

mod cell;
mod header;
mod list;
mod view;

pub(crate) use cell::{Cell, Noted, Pointer};
pub(crate) use header::{Header, TaskRef};
pub(crate) use list::{OwnedList, ReadyList};

pub use view::{CancelHandle, TaskState, TaskView, note_of};

/// Puts a task into the right queue of its loop. Implemented by the scheduler, and not to be implemented
/// elsewhere: that a task is queued on the loop alone is what its memory depends on.
pub trait Schedule: Clone + Send + Sync + 'static {
    /// What is kept with each task for whoever lists them. Looked at on the loop only, unless it is
    /// `Sync`; dropped wherever the last reference to the task is.
    type Note: Send + 'static;

    /// Tells whether the caller is the loop.
    fn is_on_loop(&self) -> bool;

    /// Queues the task to be run, if the caller is the loop; else gives it back.
    ///
    /// # Errors
    ///
    /// The task, if this is not the loop.
    fn queue(&self, task: Runnable) -> Result<(), Runnable>;

    /// Sends the task to the loop, to be run there. Called elsewhere than on the loop.
    fn send(&self, task: Runnable);

    /// Has the task run, wherever the caller is.
    fn schedule(&self, task: Runnable) {
        if let Err(task) = self.queue(task) {
            self.send(task);
        }
    }

    /// Gives up a task that has ended, if it was kept for the time that it was suspended.
    ///
    /// Called on the loop only.
    fn disown(&self, task: &Runnable);
}

/// A task that is to be run, or kept: one counted reference to its cell.
pub struct Runnable(TaskRef);

impl fmt::Debug for Runnable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runnable").finish_non_exhaustive()
    }
}

/// The caller's handle on a task: its result, and the right to cancel it.
///
/// `S` is the scheduler that runs it. Dropping the handle lets the task go on by itself.
pub struct Operation<S: Schedule, T> {
    reader: Reader<Pointer<S, T>, T>,
}

impl<S: Schedule, T> fmt::Debug for Operation<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("phase", &self.phase())
            .finish_non_exhaustive()
    }
}

impl<S: Schedule, T> Operation<S, T> {
    pub(crate) fn new(at: Pointer<S, T>) -> Self {
        Self {
            reader: Reader::new(at),
        }
    }

    fn begin(&self) {
        self.reader.pointer().begin();
    }

    /// Returns the scheduler that runs the task.
    #[must_use]
    pub fn scheduler(&self) -> &S {
        self.reader.pointer().scheduler()
    }

    /// Tells what has become of the task, at this moment.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.reader.phase()
    }

    /// Tells whether the task has ended.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.reader.is_ended()
    }

    /// Looks at the outcome: `None` while the task has not ended.
    #[must_use]
    pub fn peek(&self) -> Option<Result<&T, End>> {
        self.reader.peek()
    }

    /// Takes the outcome.
    ///
    /// # Errors
    ///
    /// Gives the handle back while the task has not ended.
    pub fn take(self) -> Result<Result<T, End>, Self> {
        self.reader.take().map_err(|reader| Self { reader })
    }

    /// Polls for the outcome and takes it, as [`Reader::poll_take`].
    pub fn poll_take(
        &mut self,
        key: &mut Option<WaitKey>,
        cx: &Context<'_>,
    ) -> Poll<Result<T, End>> {
        self.reader.poll_take(key, cx)
    }

    /// Registers a waker to be woken when the task ends.
    ///
    /// # Errors
    ///
    /// [`NotWaiting::Ended`] when there is nothing to wait for.
    pub fn register(&self, waker: &Waker) -> Result<WaitKey, NotWaiting> {
        self.reader.register(waker)
    }

    /// Takes back a registration.
    pub fn unregister(&self, key: WaitKey) {
        self.reader.unregister(key);
    }

    /// Returns a handle that can cancel the task, without its types.
    #[must_use]
    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle::new(self.reader.pointer().task())
    }

    /// Cancels the task.
    ///
    /// # Cancellation
    ///
    /// A task that has not begun is revoked: its function is dropped here and never called. One
    /// that has begun is dropped by the loop, soon, on the loop's thread. One that has ended keeps
    /// its result. Idempotent.
    pub fn cancel(&self) {
        let task = self.reader.pointer();
        if task.revoke() {
            return;
        }
        match self.reader.cancel() {
            Cancel::Requested => task.wake(),
            // Nothing can be revoked any more: the task has left QUEUED.
            Cancel::Ended | Cancel::Revoked => {}
        }
    }
}
