//! Calls that block until their operation has ended.
//!
//! # Why a borrowing call is sound
//!
//! Claimed is that when [`Remote::call_borrowed`] is left, by whichever way, no thread uses anything
//! of `make`, its future or its output any more but what the call returns, and that all uses happen
//! before.
//!
//! 1. *One place.* `make` goes into the cell of its task, its future takes its place there, and the
//!    output goes to the cell's `Eventual`. What else refers to the operation borrows nothing:
//!    queues and wakers have the cell's header, which knows no types; the `Eventual` has the waker
//!    of the waiting thread's entry, which is counted; the payload of a panic is `'static`.
//! 2. *One user.* The exchange that leaves `QUEUED` decides who uses what is in the body: the loop,
//!    on its one thread, or whoever revokes the operation. That is this thread, by cancelling or
//!    because the inbox is closed, or the loop, when it refuses operations as it ends.
//! 3. *Dropped before the end shows.* Its user drops the body in its place, and then publishes the
//!    end; also when the body, or its destructor, panics. It does so from functions that have
//!    nothing of the body or the output among their arguments, for such an argument would have to
//!    be valid until they return.
//! 4. *The end is an edge.* It is published with release, and what `is_ended` sees it sees with
//!    acquire. After that its publisher uses the header, the slots of the waiters and its counted
//!    reference, nothing else of the cell: the output is not its own while there is a handle. So a
//!    waker that comes late finds a header, and whoever frees the cell finds a body that is gone.
//! 5. *No way round.* Once the operation is submitted the call is left through [`EndOnDrop`] alone,
//!    which returns when it has seen the end and not otherwise. A panic before there is one, or
//!    within it, aborts; one in the wait that it guards runs it. And unlike a future, a call that is
//!    going on cannot be forgotten.
//! 6. *The output is the caller's.* The handle is the only reader, and does not leave the call:
//!    [`outcome_of`] takes the output out of the cell and returns it, or there is none.
//!
//! A forked child does not wait in step 5, for it has no thread that could use the body: it leaves
//! its copy where it is. That does not hold for a child that was forked on the loop's thread, from
//! within the operation, if it goes on with the operation: forking is unsafe, and not to do so is
//! part of what whoever forks a process with threads has to see to.
//!
//! That the wait comes to its end is not needed for this. It does: cancelling either revokes, or
//! sets a flag and wakes the loop, which ends the task instead of polling it; a loop that ends, ends
//! all its tasks; and a closed inbox refuses.
//!
//! `tests/loom_borrowed.rs` has the models: the call against a loop that polls, suspends, completes
//! and drops the operation, panics in it, stops or is dropped, with the time up at every moment.
//! They fail when step 3, 4 or 5 is taken away.

use std::future::Future;
use std::time::Duration;

use crochet_core::scheduler::OnLoop as _;

use super::{Remote, contained};
use crate::blocked::Interrupts;
use crate::caught::AbortOnUnwind;
use crate::label::Label;
use crate::observe::Note;
use crate::pause::Deadline;
use crate::shared::{Shared, Stage};
use crate::spawn::JoinError;
use crate::thread::is_reactor_thread;
use crate::wait::{BlockingError, EndOnDrop, Operation};

impl Remote {
    /// Runs an operation and blocks until it has ended, at most for `timeout`, room in the queue
    /// included.
    ///
    /// # Errors
    ///
    /// [`BlockingError`]; the operation has been cancelled then.
    ///
    /// # Cancellation
    ///
    /// When the time is up, the operation is cancelled and the call returns at once, without
    /// waiting for the loop. What the operation has come to at that moment is returned.
    pub fn call<M, F>(
        &self,
        label: Label,
        timeout: Duration,
        make: M,
    ) -> Result<F::Output, BlockingError>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        let shared = self.scheduler.shared();
        shared.may_block()?;
        let since = Interrupts::so_far();
        let deadline = Deadline::after(timeout, shared);
        shared.wait_for_room(deadline, since)?;
        let operation = self.submit_admitted(label, make);
        let (waited, _pause) = operation.wait_until(deadline, since);
        if waited.is_err() {
            operation.cancel();
        }
        outcome_of(operation, waited)
    }

    /// Runs an operation that may borrow from the caller, and blocks until it has ended, at most
    /// for `timeout`.
    ///
    /// # Errors
    ///
    /// [`BlockingError`]; the operation has been dropped then.
    ///
    /// # Cancellation
    ///
    /// When the time is up, an operation that has not begun is revoked and the call returns at
    /// once. One that has begun is cancelled, and the call returns when the loop has dropped it:
    /// as late as the loop takes to get to it, for it may hold references to the caller's values.
    /// If it completes or panics meanwhile, that is returned.
    ///
    /// A reactor that is driven by hand must go on doing turns for that.
    #[track_caller]
    pub fn call_borrowed<'a, M, F>(
        &self,
        label: Label,
        timeout: Duration,
        make: M,
    ) -> Result<F::Output, BlockingError>
    where
        M: FnOnce() -> F + Send + 'a,
        F: Future + 'a,
        F::Output: Send + 'a,
    {
        let shared = self.scheduler.shared();
        shared.may_block()?;
        let since = Interrupts::so_far();
        let deadline = Deadline::after(timeout, shared);
        shared.wait_for_room(deadline, since)?;
        if shared.has_reached(Stage::Draining) {
            shared.release_room(1);
            return Err(BlockingError::Stopped);
        }
        let make = contained(make);
        let noting = self.scheduler.noting(Note::new(label));
        let unguarded = AbortOnUnwind;
        // SAFETY: the operation has ended, and its value been taken or dropped, before this function
        // is left: steps 5 and 6 above. That this is enough are the other steps.
        let operation = Operation::new(unsafe { noting.submit_unchecked(make) });
        let (waited, _pause) = {
            let _guard = EndOnDrop(&operation);
            std::mem::forget(unguarded);
            operation.wait_until(deadline, since)
        };
        outcome_of(operation, waited)
    }
}

impl Shared {
    /// Tells whether a thread may block on an operation that it is about to submit.
    fn may_block(&self) -> Result<(), BlockingError> {
        if is_reactor_thread() {
            return Err(BlockingError::OnReactorThread);
        }
        if self.is_forked() {
            return Err(BlockingError::Forked);
        }
        if self.is_on_loop() && !self.has_reached(Stage::Draining) {
            // The loop's own thread between runs: nobody else is there to run the operation.
            return Err(BlockingError::OnReactorThread);
        }
        Ok(())
    }
}

/// Takes the outcome of an operation that was waited for.
///
/// What came at the last moment is not thrown away: nobody else would hear of a panic.
fn outcome_of<T>(
    operation: Operation<T>,
    waited: Result<(), BlockingError>,
) -> Result<T, BlockingError> {
    match (operation.take(), waited) {
        (Ok(Ok(value)), _) => Ok(value),
        (Ok(Err(panic @ JoinError::Panicked(_))), _) => Err(BlockingError::Ended(panic)),
        (_, Err(error)) => Err(error),
        // Told before or after the loop has dropped it: to the caller it is the same.
        (Ok(Err(JoinError::Stopped)), Ok(())) => Err(BlockingError::Stopped),
        (Ok(Err(error)), Ok(())) => Err(BlockingError::Ended(error)),
        (Err(_), Ok(())) => unreachable!("the operation has been waited for"),
    }
}
