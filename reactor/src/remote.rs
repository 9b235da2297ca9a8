//! The handle on a reactor for other threads.

use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

use crochet_core::inbox::NoRoom;
use crochet_core::scheduler::Scheduler;

use crate::caught::Contained;
use crate::label::Label;
use crate::spawn::JoinError;
use crate::thread::is_reactor_thread;
use crate::unparker::Unparker;
use crate::wait::{BlockingError, EndOnDrop, Operation};

/// Hands work to a reactor, from any thread. Cheap to clone.
///
/// It does not keep the reactor running. What is submitted before the reactor runs waits for it;
/// what is submitted after it stopped has ended as stopped already.
#[derive(Clone)]
pub struct Remote {
    scheduler: Scheduler<Unparker>,
}

/// Why an operation was not submitted. Gives the function back.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum SubmitError<M> {
    /// As many operations wait to begin as the reactor's queue limit allows.
    Full(M),
}

impl<M> fmt::Debug for SubmitError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => f.write_str("Full(..)"),
        }
    }
}

impl<M> fmt::Display for SubmitError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => f.write_str("the reactor's queue is full"),
        }
    }
}

impl<M> std::error::Error for SubmitError<M> {}

/// Counters of a reactor, since it was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// How often a thread woke the loop by a system call.
    pub unparks: u64,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("closed", &self.scheduler.is_closed())
            .finish_non_exhaustive()
    }
}

impl Remote {
    pub(crate) fn new(scheduler: Scheduler<Unparker>) -> Self {
        Self { scheduler }
    }

    /// Submits an operation: the loop calls `make` and polls what it returns.
    ///
    /// Only `make` and the output are sent between threads; the future is made, lives and is
    /// dropped on the reactor's thread. A panic ends the operation, not the loop.
    ///
    /// # Errors
    ///
    /// [`SubmitError::Full`] when the reactor has a queue limit and it is reached.
    #[track_caller]
    pub fn submit<M, F>(&self, make: M) -> Result<Operation<F::Output>, SubmitError<M>>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        self.submit_labelled(Label::here(), make)
    }

    /// Submits an operation with a label for messages about it, as [`submit`](Self::submit).
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit).
    pub fn submit_labelled<M, F>(
        &self,
        label: Label,
        make: M,
    ) -> Result<Operation<F::Output>, SubmitError<M>>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        if self.scheduler.unparker().take_room().is_err() {
            return Err(SubmitError::Full(make));
        }
        Ok(self.submit_admitted(label, make))
    }

    /// Submits an operation; when the reactor's queue is full, waits for room, at most for
    /// `timeout`.
    ///
    /// # Errors
    ///
    /// [`SubmitError::Full`] when the time was up, at once on a thread that runs a reactor.
    pub fn submit_within<M, F>(
        &self,
        label: Label,
        timeout: Duration,
        make: M,
    ) -> Result<Operation<F::Output>, SubmitError<M>>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        if self.wait_for_room(timeout).is_err() {
            return Err(SubmitError::Full(make));
        }
        Ok(self.submit_admitted(label, make))
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
        if is_reactor_thread() {
            return Err(BlockingError::OnReactorThread);
        }
        let begun = Instant::now();
        self.wait_for_room(timeout)
            .map_err(|NoRoom| BlockingError::Full)?;
        let admission = Admission::of(self);
        let make = move || {
            drop(admission);
            Contained::make(make, label)
        };
        // SAFETY: the operation ends before this function does, whichever way it is left: nothing
        // between this line and the guard's making can panic, the guard does not return before
        // the operation has ended, and the handle, which holds the value, is dropped right after.
        // A task that has ended holds nothing of its function or future.
        let operation = Operation::new(unsafe { self.scheduler.submit_unchecked(make) });
        let waited = {
            let _guard = EndOnDrop(&operation);
            operation.wait(timeout.saturating_sub(begun.elapsed()))
        };
        match (operation.take(), waited) {
            (Ok(Ok(value)), _) => Ok(value),
            // Nobody else would hear of it.
            (Ok(Err(panic @ JoinError::Panicked(_))), _) => Err(BlockingError::Ended(panic)),
            (_, Err(error)) => Err(error),
            (Ok(Err(error)), Ok(())) => Err(BlockingError::Ended(error)),
            (Err(_), Ok(())) => unreachable!("the guard has waited for the end"),
        }
    }

    /// Asks the reactor to stop. Asynchronous and idempotent.
    ///
    /// The loop then takes no more operations, and ends those that it has: whoever waits for them
    /// is told that the reactor stopped. A reactor that has not run yet does so as soon as it is
    /// run; on one that has stopped this does nothing.
    pub fn stop(&self) {
        if self.scheduler.is_closed() {
            return;
        }
        self.scheduler.unparker().request_stop();
        self.notify();
    }

    /// Tells whether the reactor has stopped and takes no more operations.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.scheduler.is_closed()
    }

    /// Returns the reactor's counters.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            unparks: self.scheduler.unparker().unparks(),
        }
    }

    /// Makes the loop look around once more.
    pub(crate) fn notify(&self) {
        self.scheduler.notify();
    }

    fn wait_for_room(&self, timeout: Duration) -> Result<(), NoRoom> {
        let unparker = self.scheduler.unparker();
        if !unparker.is_bounded() {
            return Ok(());
        }
        if is_reactor_thread() {
            return unparker.take_room();
        }
        unparker.wait_for_room(Instant::now().checked_add(timeout))
    }

    fn submit_admitted<M, F>(&self, label: Label, make: M) -> Operation<F::Output>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        let admission = Admission::of(self);
        Operation::new(self.scheduler.submit(move || {
            drop(admission);
            Contained::make(make, label)
        }))
    }
}

/// Room for one operation in a bounded queue, given back when the operation begins or is revoked.
struct Admission(Option<Scheduler<Unparker>>);

impl Admission {
    fn of(remote: &Remote) -> Self {
        let scheduler = &remote.scheduler;
        Self(scheduler.unparker().is_bounded().then(|| scheduler.clone()))
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if let Some(scheduler) = &self.0 {
            scheduler.unparker().release_room();
        }
    }
}
