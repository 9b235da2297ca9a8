//! Waiting for an operation from a thread that may block.

use std::cell::Cell;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use crochet_core::eventual::{End, NotWaiting, WaitKey};
use crochet_core::scheduler::OnLoop;
use crochet_core::task::{self, CancelHandle};

use crate::blocked::{Blocker, Interrupts};
use crate::caught::{AbortOnUnwind, Outcome};
use crate::observe::Scheduler;
use crate::panic::Panic;
use crate::pause::{Deadline, Pause};
use crate::pool::Blocked;
use crate::primitive::{park, thread_static};
use crate::shared::{Shared, Stage};
use crate::spawn::JoinError;
use crate::thread::is_reactor_thread;
use crate::timeline::Awaits;

/// An operation that was submitted to a reactor: its result, and the right to cancel it.
///
/// Dropping it lets the operation go on by itself.
pub struct Operation<T> {
    inner: task::Operation<Scheduler<Shared>, Outcome<T>>,
}

/// Why waiting for an operation came to nothing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum BlockingError {
    /// The time was up.
    TimedOut,
    /// The calling thread runs a reactor; blocking it would block all of that reactor's work.
    OnReactorThread,
    /// The reactor's queue stayed full until the time was up.
    Full,
    /// The reactor is stopping, and the operation has not ended.
    Stopped,
    /// All waits of the process were interrupted.
    Interrupted,
    /// The process is a forked child of the one whose reactor has the operation.
    Forked,
    /// The operation has no result.
    Ended(JoinError),
}

impl fmt::Display for BlockingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("the operation did not end in time"),
            Self::OnReactorThread => f.write_str(
                "this thread runs a reactor, which a blocking call would stop: await the operation",
            ),
            Self::Full => f.write_str("the reactor's queue was full"),
            Self::Stopped => f.write_str("the reactor stopped before the operation ended"),
            Self::Interrupted => f.write_str("the wait was interrupted"),
            Self::Forked => f.write_str("the reactor belongs to the process that forked this one"),
            Self::Ended(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BlockingError {}

impl From<End> for JoinError {
    fn from(end: End) -> Self {
        match end {
            End::Stopped => Self::Stopped,
            _ => Self::Cancelled,
        }
    }
}

impl<T> Operation<T> {
    pub(crate) fn new(inner: task::Operation<Scheduler<Shared>, Outcome<T>>) -> Self {
        Self { inner }
    }

    /// Tells whether the operation has ended.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.inner.is_ended()
    }

    /// Looks at the outcome: `None` while the operation has not ended.
    ///
    /// A panic that was looked at is not logged as unseen.
    #[must_use]
    pub fn peek(&self) -> Option<Result<&T, JoinError>> {
        self.inner.peek().map(look)
    }

    /// Takes the outcome.
    ///
    /// # Errors
    ///
    /// Gives the operation back while it has not ended. In a forked child, where the parent's will
    /// never end, it is [`JoinError::Forked`].
    pub fn take(self) -> Result<Result<T, JoinError>, Self> {
        match self.inner.take() {
            Ok(outcome) => Ok(flatten(outcome)),
            Err(inner) if inner.scheduler().shared().is_forked() => Ok(Err(JoinError::Forked)),
            Err(inner) => Err(Self { inner }),
        }
    }

    /// Polls for the outcome and takes it; `key` keeps the registration between polls.
    pub fn poll_take(
        &mut self,
        key: &mut Option<WaitKey>,
        cx: &TaskContext<'_>,
    ) -> Poll<Result<T, JoinError>> {
        if !self.is_ended() && self.is_forked() {
            return Poll::Ready(Err(JoinError::Forked));
        }
        self.inner.poll_take(key, cx).map(flatten)
    }

    /// Takes back the registration that [`poll_take`](Self::poll_take) has left.
    pub fn unregister(&self, key: WaitKey) {
        self.inner.unregister(key);
    }

    /// Returns the right to cancel the operation, apart from its result.
    ///
    /// Only for tasks that are not counted as operations going on: on the loop's thread it may end a
    /// task between turns, where the count does not find its reactor.
    pub(crate) fn cancel_handle(&self) -> CancelHandle {
        self.inner.cancel_handle()
    }

    /// Cancels the operation.
    ///
    /// # Cancellation
    ///
    /// One that has not begun never will, and its function is dropped here. One that has begun is
    /// dropped by the loop, soon, on the loop's thread. One that has ended keeps its result.
    /// Idempotent. In a forked child it does nothing to an operation of the parent's.
    pub fn cancel(&self) {
        if !self.is_forked() {
            self.inner.cancel();
        }
    }

    /// Tells whether the operation is one of a process that this one has forked off from.
    fn is_forked(&self) -> bool {
        self.inner.scheduler().shared().is_forked()
    }

    /// Blocks until the operation has ended, at most for `timeout`.
    ///
    /// The result stays where it is, and any number of threads may wait for it.
    ///
    /// # Errors
    ///
    /// [`BlockingError`], in which case the operation has not ended and is as it was.
    pub fn wait(&self, timeout: Duration) -> Result<(), BlockingError> {
        wait(&self.inner, self.inner.scheduler().shared(), timeout)
    }

    /// Blocks until the operation has ended, as [`wait`](Self::wait), and cancels it when the time
    /// is up or the wait is interrupted.
    ///
    /// # Errors
    ///
    /// [`BlockingError`]; what the operation has come to meanwhile is [there](Self::peek) all the
    /// same.
    pub fn wait_or_cancel(&self, timeout: Duration) -> Result<(), BlockingError> {
        let shared = self.inner.scheduler().shared();
        wait_or_cancel(&self.inner, shared, timeout, || self.cancel())
    }

    /// Blocks until the operation has ended, at most until `deadline`, as [`wait`](Self::wait), as
    /// part of a call that began at `since`.
    ///
    /// Also returns the pause, if there was one. Virtual time does not go on past its deadline until
    /// it is dropped: until the caller has done about the operation what it does at that time.
    pub(crate) fn wait_until(
        &self,
        deadline: Deadline,
        since: Interrupts,
    ) -> (Result<(), BlockingError>, Option<Pause>) {
        let shared = self.inner.scheduler().shared();
        wait_with(&self.inner, shared, since, || {
            Pause::until(deadline, Awaits::End, since, shared)
        })
    }

    /// Blocks until the operation has ended, whatever happens.
    fn wait_for_end(&self) {
        if self.is_ended() {
            return;
        }
        let _blocked = Blocked::enter();
        with_blocker(|blocker| {
            // Only the end itself ends this.
            while !self.is_ended() {
                let Ok(key) = self.inner.register(blocker.waker()) else {
                    continue;
                };
                if !self.is_ended() {
                    park();
                }
                self.inner.unregister(key);
            }
        });
    }
}

/// What a thread can wait for the end of.
pub(crate) trait Awaited {
    fn is_ended(&self) -> bool;
    fn register(&self, waker: &Waker) -> Result<WaitKey, NotWaiting>;
    fn unregister(&self, key: WaitKey);
}

impl<T> Awaited for task::Operation<Scheduler<Shared>, Outcome<T>> {
    fn is_ended(&self) -> bool {
        self.is_ended()
    }

    fn register(&self, waker: &Waker) -> Result<WaitKey, NotWaiting> {
        self.register(waker)
    }

    fn unregister(&self, key: WaitKey) {
        self.unregister(key);
    }
}

/// Blocks until what belongs to the reactor of `shared` has ended, at most for `timeout`.
pub(crate) fn wait(
    awaited: &impl Awaited,
    shared: &Shared,
    timeout: Duration,
) -> Result<(), BlockingError> {
    wait_or_cancel(awaited, shared, timeout, || {})
}

/// Blocks as [`wait`], and calls `cancel` when the time is up or the wait is interrupted: at that
/// time, also when it is virtual.
pub(crate) fn wait_or_cancel(
    awaited: &impl Awaited,
    shared: &Shared,
    timeout: Duration,
    cancel: impl FnOnce(),
) -> Result<(), BlockingError> {
    let since = Interrupts::so_far();
    let (waited, _pause) = wait_with(awaited, shared, since, || {
        Pause::lasting(timeout, since, shared)
    });
    if let Err(BlockingError::TimedOut | BlockingError::Interrupted) = waited {
        cancel();
    }
    waited
}

fn wait_with(
    awaited: &impl Awaited,
    shared: &Shared,
    since: Interrupts,
    pause: impl FnOnce() -> Pause,
) -> (Result<(), BlockingError>, Option<Pause>) {
    if awaited.is_ended() {
        return (Ok(()), None);
    }
    if shared.is_forked() {
        return (Err(BlockingError::Forked), None);
    }
    if is_reactor_thread() || shared.is_on_loop() {
        // Outside of a turn, nobody else is there to run the operation either.
        return (Err(BlockingError::OnReactorThread), None);
    }
    let _blocked = Blocked::enter();
    let mut pause = pause();
    let waited = wait_during(&mut pause, awaited, shared, since);
    (waited, Some(pause))
}

fn wait_during(
    pause: &mut Pause,
    awaited: &impl Awaited,
    shared: &Shared,
    since: Interrupts,
) -> Result<(), BlockingError> {
    let has_ended = || awaited.is_ended();
    let is_pointless = || shared.reason_not_to_wait(since).is_some();
    if pause.spin(shared.callers(), has_ended, is_pointless) {
        return Ok(());
    }
    with_blocker(|blocker| {
        let _waiting = blocker.wait_for(shared);
        let Ok(key) = awaited.register(pause.waker(blocker.waker())) else {
            return Ok(());
        };
        let waited = loop {
            pause.begin();
            // Asked in this order, so that a result is never passed over.
            let reason = shared.reason_not_to_wait(since);
            if awaited.is_ended() {
                break Ok(());
            }
            if let Some(reason) = reason {
                break Err(reason);
            }
            if pause.is_over() {
                break Err(BlockingError::TimedOut);
            }
            pause.park();
        };
        awaited.unregister(key);
        waited
    })
}

impl Shared {
    /// Takes room for one operation in the reactor's queue, waiting for it until `deadline`, as
    /// part of a call that began at `since`.
    pub(crate) fn wait_for_room(
        &self,
        deadline: Deadline,
        since: Interrupts,
    ) -> Result<(), BlockingError> {
        let Some(room) = self.room() else {
            return Ok(());
        };
        // What the loop submits itself does not go through the inbox.
        if self.is_on_loop() || self.take_room().is_ok() {
            return Ok(());
        }
        if is_reactor_thread() {
            return Err(BlockingError::Full);
        }
        let _blocked = Blocked::enter();
        let mut pause = Pause::until(deadline, Awaits::Room, since, self);
        with_blocker(|blocker| {
            let _waiting = blocker.wait_for(room);
            loop {
                pause.begin();
                if room.take_or_announce().is_ok() {
                    return Ok(());
                }
                if let Some(reason) = self.reason_not_to_wait(since) {
                    return Err(reason);
                }
                if pause.is_over() {
                    return Err(BlockingError::Full);
                }
                pause.park();
            }
        })
    }

    /// Tells why waiting for an operation that has not ended makes no sense now, if so, as part of a
    /// call that began at `since`.
    pub(crate) fn reason_not_to_wait(&self, since: Interrupts) -> Option<BlockingError> {
        if self.is_forked() {
            Some(BlockingError::Forked)
        } else if self.has_reached(Stage::Stopping) {
            Some(BlockingError::Stopped)
        } else if since.is_past() {
            Some(BlockingError::Interrupted)
        } else {
            None
        }
    }
}

/// Ends a borrowing operation and waits until nothing is left of it.
///
/// It cannot be given up: what the operation borrows ends soon after. So this waits without a
/// limit for the loop to drop the operation, which the loop does when it next gets to it.
pub(crate) struct EndOnDrop<'a, T>(pub(crate) &'a Operation<T>);

impl<T> Drop for EndOnDrop<'_, T> {
    fn drop(&mut self) {
        // A panic here would let the caller go on while its values are still borrowed.
        let unfinished = AbortOnUnwind;
        self.0.cancel();
        if !self.0.inner.scheduler().shared().is_forked() {
            self.0.wait_for_end();
        }
        std::mem::forget(unfinished);
    }
}

thread_static! {
    // Made once a thread: waiting allocates nothing after the first time.
    static BLOCKER: Cell<Option<Blocker>> = const { Cell::new(None) };
}

/// Calls `body` with what makes the calling thread known as blocked.
pub(crate) fn with_blocker<R>(body: impl FnOnce(&Blocker) -> R) -> R {
    // Not there the first time, in a wait within a wait, and while the thread's locals are being
    // destroyed: then this wait has one of its own.
    let kept = BLOCKER.try_with(Cell::take).unwrap_or_default();
    let blocker = kept
        .filter(Blocker::is_of_this_process)
        .unwrap_or_else(Blocker::of_this_thread);
    let result = body(&blocker);
    let mut blocker = Some(blocker);
    // When the thread is ending, the one that is left over goes with this call.
    if let Ok(older) = BLOCKER.try_with(|cell| cell.replace(blocker.take())) {
        drop(older);
    }
    result
}

/// Takes the calling thread off the list of those that may block, until it blocks again.
#[cfg(crochet_loom)]
pub(crate) fn leave() {
    drop(BLOCKER.with(Cell::take));
}

// A panic of the operation is part of the outcome; none leaves a handle half-changed.
impl<T> RefUnwindSafe for Operation<T> {}
impl<T> UnwindSafe for Operation<T> {}

/// Looks at an outcome, which counts as seen.
pub(crate) fn look<T>(outcome: Result<&Outcome<T>, End>) -> Result<&T, JoinError> {
    let seen = outcome?.as_result();
    seen.map_err(|panic: &Panic| JoinError::Panicked(panic.clone()))
}

/// Takes what is in an outcome, which counts as seen.
pub(crate) fn flatten<T>(outcome: Result<Outcome<T>, End>) -> Result<T, JoinError> {
    outcome?.into_result().map_err(JoinError::Panicked)
}

impl<T> fmt::Debug for Operation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
