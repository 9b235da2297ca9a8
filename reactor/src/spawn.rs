//! Tasks of the loop's own.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll};

use crochet_core::eventual::WaitKey;
use crochet_core::task::CancelHandle;

use crate::caught::{Contained, Outcome};
use crate::context::{self, Context};
use crate::label::Label;
use crate::observe::Note;
use crate::panic::Panic;
use crate::pool::PoolError;
use crate::wait::Operation;

/// Runs `future` as a task of the reactor that the calling thread runs.
///
/// The future need not be `Send`. Its panic ends the task only; when nobody asks the handle, the
/// panic is logged.
///
/// # Panics
///
/// When the calling thread is not running a reactor.
///
/// # Cancellation
///
/// Dropping the handle lets the task go on, unless it was made to
/// [cancel it then](JoinHandle::cancel_on_drop); [`JoinHandle::cancel`] ends it. When the reactor stops,
/// the task is dropped.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
{
    spawn_on(&context::expect_current(), future, Label::here())
}

/// Runs `future` as a task with a name, for messages about it and for
/// [listings](crate::Remote::tasks). Otherwise as [`spawn`].
///
/// # Panics
///
/// When the calling thread is not running a reactor.
///
/// # Cancellation
///
/// As [`spawn`].
#[track_caller]
pub fn spawn_named<F>(name: &'static str, future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
{
    spawn_on(&context::expect_current(), future, Label::named(name))
}

pub(crate) fn spawn_on<F>(context: &Rc<Context>, future: F, label: Label) -> JoinHandle<F::Output>
where
    F: Future + 'static,
{
    spawn_contained(context, Contained::new(future), label)
}

/// Spawns a future that contains its panics.
pub(crate) fn spawn_contained<F, T>(context: &Rc<Context>, future: F, label: Label) -> JoinHandle<T>
where
    F: Future<Output = Outcome<T>> + 'static,
    T: 'static,
{
    let scheduler = context.scheduler.noting(Note::new(label));
    let Ok(operation) = scheduler.spawn_local(future) else {
        unreachable!("a context is found on its own thread only");
    };
    JoinHandle {
        operation: Operation::new(operation),
        key: None,
        on_drop: OnDrop::Detach,
        marker: PhantomData,
    }
}

/// The result of a task that was spawned, as a future.
///
/// It is bound to the reactor's thread. Polling it again after it was ready is an error that
/// leaves it pending for ever.
#[must_use = "dropping the handle lets the task go on by itself"]
pub struct JoinHandle<T> {
    operation: Operation<T>,
    key: Option<WaitKey>,
    on_drop: OnDrop,
    // The task may hold what must not leave the thread.
    marker: PhantomData<Rc<()>>,
}

/// What becomes of a task whose handle is dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum OnDrop {
    /// It goes on by itself.
    Detach,
    /// It is cancelled.
    Cancel,
}

/// Why a task has no result.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum JoinError {
    /// It was cancelled.
    Cancelled,
    /// Its reactor stopped.
    Stopped,
    /// It panicked.
    Panicked(Panic),
    /// It had not ended when this process was forked from the one whose reactor has it.
    Forked,
    /// It was a job for the thread pool, which did not take it.
    Refused(PoolError),
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("the task was cancelled"),
            Self::Stopped => f.write_str("the reactor stopped before the task ended"),
            Self::Panicked(panic) => write!(f, "the task panicked: {panic}"),
            Self::Refused(error) => error.fmt(f),
            Self::Forked => f.write_str("the task belongs to the process that forked this one"),
        }
    }
}

impl std::error::Error for JoinError {}

// Nothing of the result is in the handle itself.
impl<T> Unpin for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    /// Cancels the task: it is dropped by the loop, soon, unless it has ended. Idempotent.
    pub fn cancel(&self) {
        self.operation.cancel();
    }

    /// Makes the handle cancel the task when it is dropped. A task that has ended by then keeps its
    /// result, so a panic that nobody asked for is still logged.
    #[must_use = "dropping it cancels the task"]
    pub fn cancel_on_drop(mut self) -> Self {
        self.on_drop = OnDrop::Cancel;
        self
    }

    /// Returns the right to cancel the task, apart from its result.
    pub(crate) fn cancel_handle(&self) -> CancelHandle {
        self.operation.cancel_handle()
    }

    /// Tells whether the task has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.operation.is_ended()
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.operation.unregister(key);
        }
        if self.on_drop == OnDrop::Cancel {
            self.cancel();
        }
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.operation.poll_take(&mut this.key, cx)
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}
