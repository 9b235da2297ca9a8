//! Handing tasks to a scheduler.

use core::fmt;
use core::future::Future;

use super::{OnLoop, Scheduler};
use crate::driver::Unpark;
use crate::eventual::End;
use crate::task::{Cell, Operation, Schedule};

/// Hands over one task, with a note about it: see [`Scheduler::noting`].
#[must_use = "it does nothing until it is given a task"]
pub struct Noting<'a, U, N> {
    scheduler: &'a Scheduler<U, N>,
    note: N,
}

impl<U, N> fmt::Debug for Noting<'_, U, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Noting").finish_non_exhaustive()
    }
}

impl<U, N> Scheduler<U, N> {
    /// Returns what hands over a task together with a note about it.
    #[inline]
    pub fn noting(&self, note: N) -> Noting<'_, U, N> {
        Noting {
            scheduler: self,
            note,
        }
    }
}

type Spawned<U, N, F> = Result<Operation<Scheduler<U, N>, <F as Future>::Output>, NotOnLoop<F>>;

impl<U: Unpark + OnLoop + Send + Sync + 'static, N: Send + 'static> Noting<'_, U, N> {
    /// Submits an operation from any context: the loop calls `make` and polls what it returns.
    ///
    /// After the scheduler has been closed the operation has ended as [`End::Stopped`] already.
    #[inline]
    pub fn submit<M, F>(self, make: M) -> Operation<Scheduler<U, N>, F::Output>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        // SAFETY: everything is 'static, and `M` and the output are Send.
        unsafe { self.submit_unchecked(make) }
    }

    /// Makes an operation that has ended as [`End::Stopped`]; `make` is dropped.
    pub fn refuse<M, F>(self, make: M) -> Operation<Scheduler<U, N>, F::Output>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        // SAFETY: everything is 'static, and `M` and the output are Send.
        let (task, operation) = unsafe { Cell::allocate(self.scheduler.clone(), self.note, make) };
        task.task().revoke(End::Stopped);
        operation
    }

    /// Submits an operation that borrows.
    ///
    /// # Safety
    ///
    /// The caller sees to it that the operation has ended, and that its value has been taken or
    /// dropped, before anything that `M`, `F` or the output borrows ends. It is enough to keep the
    /// handle and to wait until [`Operation::is_ended`], whatever happens.
    #[inline]
    pub unsafe fn submit_unchecked<M, F>(self, make: M) -> Operation<Scheduler<U, N>, F::Output>
    where
        M: FnOnce() -> F + Send,
        F: Future,
        F::Output: Send,
    {
        // SAFETY: borrowing is the caller's word; `M` and the output are Send.
        let (task, operation) = unsafe { Cell::allocate(self.scheduler.clone(), self.note, make) };
        // The inbox refuses by itself; the loop's own list does not.
        if self.scheduler.is_on_loop() && self.scheduler.is_closed() {
            task.task().revoke(End::Stopped);
        } else {
            self.scheduler.schedule(task);
        }
        operation
    }

    /// Spawns a future on the loop, from the loop.
    ///
    /// # Errors
    ///
    /// [`NotOnLoop`] gives the future back when the caller is elsewhere.
    pub fn spawn_local<F>(self, future: F) -> Spawned<U, N, F>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        if !self.scheduler.is_on_loop() {
            return Err(NotOnLoop(future));
        }
        type Never<F> = fn() -> F;
        // SAFETY: everything is 'static, and this is the loop.
        let (task, operation) = unsafe {
            Cell::<_, F::Output, Never<F>, F>::allocate_future(
                self.scheduler.clone(),
                self.note,
                future,
            )
        };
        if self.scheduler.is_closed() {
            // SAFETY: this is the loop.
            unsafe { task.stop() };
        } else {
            self.scheduler.schedule(task);
        }
        Ok(operation)
    }
}

impl<U: Unpark + OnLoop + Send + Sync + 'static> Scheduler<U> {
    /// Submits an operation without a note, as [`Noting::submit`].
    pub fn submit<M, F>(&self, make: M) -> Operation<Self, F::Output>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        self.noting(()).submit(make)
    }

    /// Makes an operation that has ended, as [`Noting::refuse`].
    pub fn refuse<M, F>(&self, make: M) -> Operation<Self, F::Output>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        self.noting(()).refuse(make)
    }

    /// Submits an operation that borrows, as [`Noting::submit_unchecked`].
    ///
    /// # Safety
    ///
    /// As [`Noting::submit_unchecked`].
    pub unsafe fn submit_unchecked<M, F>(&self, make: M) -> Operation<Self, F::Output>
    where
        M: FnOnce() -> F + Send,
        F: Future,
        F::Output: Send,
    {
        // SAFETY: the contract is the same.
        unsafe { self.noting(()).submit_unchecked(make) }
    }

    /// Spawns a future on the loop, from the loop, as [`Noting::spawn_local`].
    ///
    /// # Errors
    ///
    /// [`NotOnLoop`] gives the future back when the caller is elsewhere.
    pub fn spawn_local<F>(&self, future: F) -> Result<Operation<Self, F::Output>, NotOnLoop<F>>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.noting(()).spawn_local(future)
    }
}

/// A future cannot be spawned from elsewhere than the loop. Gives the future back.
pub struct NotOnLoop<F>(pub F);

impl<F> fmt::Debug for NotOnLoop<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NotOnLoop(..)")
    }
}

impl<F> fmt::Display for NotOnLoop<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("only the event loop's own thread can spawn a local future")
    }
}

impl<F> core::error::Error for NotOnLoop<F> {}
