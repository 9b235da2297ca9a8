//! The handle on a reactor for other threads.

use std::fmt;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crochet_core::inbox::NoRoom;

use crate::blocked::Interrupts;
use crate::caught::{Contained, Outcome, Quiet};
use crate::context::GoingOn;
use crate::label::Label;
use crate::observe::{Note, Scheduler};
use crate::pause::Deadline;
use crate::project::project;
use crate::shared::{Shared, Stage};
use crate::trigger::{Phase, TriggerId};
use crate::wait::{BlockingError, Operation};

mod call;

/// Hands work to a reactor, from any thread. Cheap to clone.
///
/// It does not keep the reactor running. What is submitted before the reactor runs waits for it;
/// what is submitted after it stopped has ended as stopped already.
#[derive(Clone)]
pub struct Remote {
    scheduler: Scheduler<Shared>,
}

// No panic gets out of the loop, and none leaves its queues half-changed.
impl RefUnwindSafe for Remote {}
impl UnwindSafe for Remote {}

/// Why an operation was not submitted. Gives the function back.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum SubmitError<M> {
    /// As many operations wait to begin as the reactor's queue limit allows.
    Full(M),
    /// The process is a forked child of the one that the reactor belongs to.
    Forked(M),
    /// All waits of the process were interrupted, also the one for room in the queue.
    Interrupted(M),
}

impl<M> fmt::Debug for SubmitError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => f.write_str("Full(..)"),
            Self::Forked(_) => f.write_str("Forked(..)"),
            Self::Interrupted(_) => f.write_str("Interrupted(..)"),
        }
    }
}

impl<M> fmt::Display for SubmitError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => f.write_str("the reactor's queue is full"),
            Self::Forked(_) => {
                f.write_str("the reactor belongs to the process that forked this one")
            }
            Self::Interrupted(_) => f.write_str("the wait for room in the queue was interrupted"),
        }
    }
}

impl<M> std::error::Error for SubmitError<M> {}

impl<M> SubmitError<M> {
    /// Leaves the function out, for callers who did not give one.
    pub(crate) fn without_function(self) -> SubmitError<()> {
        match self {
            Self::Full(_) => SubmitError::Full(()),
            Self::Forked(_) => SubmitError::Forked(()),
            Self::Interrupted(_) => SubmitError::Interrupted(()),
        }
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("closed", &self.scheduler.is_closed())
            .finish_non_exhaustive()
    }
}

impl Remote {
    pub(crate) fn new(scheduler: Scheduler<Shared>) -> Self {
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
    #[inline]
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
        if self.scheduler.shared().is_forked() {
            return Err(SubmitError::Forked(make));
        }
        if self.take_room().is_err() {
            return Err(SubmitError::Full(make));
        }
        Ok(self.submit_admitted(label, make))
    }

    /// Submits an operation; when the reactor's queue is full, waits for room, at most for
    /// `timeout`.
    ///
    /// # Errors
    ///
    /// [`SubmitError::Full`] when the time was up, at once on a thread that runs a reactor;
    /// [`SubmitError::Interrupted`] when all waits of the process were interrupted.
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
        if self.scheduler.shared().is_forked() {
            return Err(SubmitError::Forked(make));
        }
        let shared = self.scheduler.shared();
        let since = Interrupts::so_far();
        match shared.wait_for_room(Deadline::after(timeout, shared), since) {
            Ok(()) => Ok(self.submit_admitted(label, make)),
            Err(BlockingError::Stopped) => Ok(self.refuse(label, make)),
            Err(BlockingError::Interrupted) => Err(SubmitError::Interrupted(make)),
            Err(_) => Err(SubmitError::Full(make)),
        }
    }

    /// Asks the reactor to stop. Asynchronous and idempotent.
    ///
    /// From here on it takes no more operations, and every thread that waits for one is told that the
    /// reactor is stopping, whatever the loop is doing. The loop then runs the
    /// [triggers](Self::add_trigger) and drops what it has. A reactor that has not run yet does that
    /// as soon as it is run; on one that has stopped this does nothing.
    pub fn stop(&self) {
        self.ask_to_stop(Stage::Stopping);
    }

    /// Asks the reactor to stop when the operations that it has have ended. Asynchronous and
    /// idempotent.
    ///
    /// From here on it takes no more operations. Jobs of the [thread pool](Self::thread_pool) are
    /// waited for as well, tasks that were [spawned](crate::spawn) are not. There is no limit to this: call [`stop`](Self::stop) when it takes too long.
    pub fn drain(&self) {
        self.ask_to_stop(Stage::Draining);
    }

    fn ask_to_stop(&self, stage: Stage) {
        let shared = self.scheduler.shared();
        if !self.scheduler.is_closed() && !shared.is_forked() {
            shared.advance_to(stage);
            self.scheduler.notify();
        }
    }

    /// Lets the reactor run a future when it stops, in the given phase.
    ///
    /// The triggers of a phase are begun in the opposite order of their adding, and run at the same
    /// time, each for at most `timeout`; the next phase begins when all have ended. A trigger that
    /// panics or takes too long is logged, and the others go on. Each runs once. A reactor that is
    /// dropped without having been run drops them; one that has been dropped takes no more, and
    /// drops `make` at once.
    ///
    /// In a forked child, whose parent's reactor it is, this does nothing.
    ///
    /// As Twisted's `addSystemEventTrigger`, with time limits.
    #[track_caller]
    pub fn add_trigger<M, F>(&self, phase: Phase, timeout: Duration, make: M) -> TriggerId
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future<Output = ()> + 'static,
    {
        let shared = self.scheduler.shared();
        if shared.is_forked() {
            return TriggerId::NONE;
        }
        shared.triggers().add(Label::here(), phase, timeout, make)
    }

    /// Takes a trigger back; tells whether it had not run. Also possible while others run.
    pub fn remove_trigger(&self, id: TriggerId) -> bool {
        let shared = self.scheduler.shared();
        !shared.is_forked() && shared.triggers().remove(id).is_some()
    }

    /// Tells whether the reactor has stopped and takes no more operations.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.scheduler.is_closed()
    }

    /// Returns what submitting threads share with the loop.
    pub(crate) fn shared(&self) -> &Shared {
        self.scheduler.shared()
    }

    pub(crate) fn scheduler(&self) -> &Scheduler<Shared> {
        &self.scheduler
    }

    /// Tells whether something has been sent to the loop that it has not taken over.
    pub(crate) fn has_news(&self) -> bool {
        self.scheduler.has_news()
    }

    /// Makes the loop look around once more.
    pub(crate) fn notify(&self) {
        self.scheduler.notify();
    }

    /// Takes room for an operation that goes through the inbox. One that the loop submits itself
    /// does not.
    fn take_room(&self) -> Result<(), NoRoom> {
        if self.scheduler.is_on_loop() {
            Ok(())
        } else {
            self.scheduler.shared().take_room()
        }
    }

    #[inline]
    fn submit_admitted<M, F>(&self, label: Label, make: M) -> Operation<F::Output>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        let shared = self.scheduler.shared();
        if shared.has_reached(Stage::Draining) {
            shared.release_room(1);
            return self.refuse(label, make);
        }
        let make = contained(make);
        Operation::new(self.scheduler.noting(Note::new(label)).submit(make))
    }

    fn refuse<M, F>(&self, label: Label, make: M) -> Operation<F::Output>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        let make = contained(make);
        Operation::new(self.scheduler.noting(Note::new(label)).refuse(make))
    }
}

/// Wraps the function of an operation so that no panic of it or its future gets out.
#[inline]
fn contained<M, F>(make: M) -> impl FnOnce() -> Submitted<F>
where
    M: FnOnce() -> F,
    F: Future,
{
    let make = Quiet::new(make);
    move || Submitted {
        body: Contained::make(|| make.into_inner()()),
        _going_on: GoingOn::begin(),
    }
}

/// The future of an operation, which is counted for as long as there is this.
struct Submitted<F> {
    // Dropped in this order.
    body: Contained<F>,
    _going_on: GoingOn,
}

project!(Submitted<F>.body: Contained<F>);

// Besides the future and the value themselves, there is only what tells which of them, or a panic, it is.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(
    size_of::<Note>() <= 32
        && size_of::<Submitted<[u64; 2]>>() <= 24
        && size_of::<Outcome<()>>() <= 8,
    "what a reactor adds to the memory of an operation does not grow unnoticed"
);

impl<F: Future> Future for Submitted<F> {
    type Output = Outcome<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().poll(cx)
    }
}
