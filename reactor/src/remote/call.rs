//! Calls that block until their operation has ended.

use std::future::Future;
use std::time::Duration;

use crochet_core::scheduler::OnLoop as _;

use super::{Remote, contained};
use crate::blocked::Interrupts;
use crate::caught::AbortOnUnwind;
use crate::label::Label;
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
        let make = contained(label, make);
        let unguarded = AbortOnUnwind;
        // SAFETY: the operation ends before this function does, whichever way it is left: until the
        // guard is made a panic aborts, the guard does not return before the operation has ended,
        // and the handle, which holds the value, is dropped right after. A task that has ended
        // holds nothing of its function or future.
        let operation = Operation::new(unsafe { self.scheduler.submit_unchecked(make) });
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
