//! Tasks whose types are not known to whoever looks at them.

use core::any::TypeId;
use core::fmt;
use core::marker::PhantomData;
use core::task::Waker;

use super::header::{TaskRef, header_of};
use super::{Noted, OwnedList};

/// A task as its loop sees it. It is bound to the loop's context.
///
/// It keeps the task's memory, not the task.
pub struct TaskView<N> {
    task: TaskRef,
    state: TaskState,
    marker: PhantomData<*const N>,
}

/// What a task is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TaskState {
    /// It is ready, and has not been suspended before: it has not begun, as a rule.
    Queued,
    /// The loop is polling it.
    Running,
    /// It was suspended, has been woken, and waits for its turn.
    Ready,
    /// It waits to be woken.
    Suspended,
}

impl<N> TaskView<N> {
    /// Looks at a task; `None` when it has ended.
    ///
    /// # Safety
    ///
    /// The caller is the loop of a scheduler whose notes are of the type `N`, and the task is one
    /// of that scheduler's.
    pub(crate) unsafe fn of(task: TaskRef) -> Option<Self> {
        if task.is_ended() {
            return None;
        }
        let header = task.header();
        let state = if header.is_entered() {
            TaskState::Running
        } else if !OwnedList::contains(&task) {
            TaskState::Queued
        } else if header.is_scheduled() {
            TaskState::Ready
        } else {
            TaskState::Suspended
        };
        Some(Self {
            task,
            state,
            marker: PhantomData,
        })
    }

    /// Returns what was noted about the task.
    #[must_use]
    pub fn note(&self) -> &N {
        let noted = self.task.as_raw().cast::<Noted<N>>();
        // SAFETY: the reference keeps the cell alive; every cell of the task's scheduler begins
        // with a `Noted<N>`, by the contract of `of`; and as this is not `Send`, the caller is the
        // loop, the only context that looks at notes.
        unsafe { noted.as_ref() }.note()
    }

    /// Returns what the task was doing when it was listed.
    #[must_use]
    pub fn state(&self) -> TaskState {
        self.state
    }
}

impl<N> fmt::Debug for TaskView<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskView")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Returns what was noted about the task that `waker` wakes; `None` if it wakes something else, or a task
/// with notes of another type.
///
/// A task that is being polled finds its own note by its waker.
#[must_use]
pub fn note_of<N: Sync + 'static>(waker: &Waker) -> Option<&N> {
    let header = header_of(waker)?;
    // SAFETY: the waker keeps the cell alive.
    let table = unsafe { header.as_ref() }.table();
    if (table.note_type)() != TypeId::of::<N>() {
        return None;
    }
    // SAFETY: as above; the cell begins with a `Noted<N>`, for the type has just been compared. Nobody has
    // the note exclusively, and as it is `Sync`, the caller may be elsewhere than on the loop.
    Some(unsafe { header.cast::<Noted<N>>().as_ref() }.note())
}

/// The right to cancel a task whose types are not known.
///
/// It keeps the task's memory, not the task.
#[derive(Clone)]
pub struct CancelHandle(TaskRef);

impl CancelHandle {
    pub(super) fn new(task: TaskRef) -> Self {
        Self(task)
    }

    /// Cancels the task, on its loop at once: it has been dropped when this returns. Tells whether
    /// the task has ended.
    ///
    /// Elsewhere, and when the loop is polling this very task, it is only asked for, as by
    /// [`Operation::cancel`](super::Operation::cancel). Idempotent.
    ///
    /// # Panics
    ///
    /// Goes on with the panic of a destructor, or of a waiter's waker; the task has ended then.
    pub fn cancel_here(&self) -> bool {
        self.0.end_here()
    }
}

impl fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelHandle").finish_non_exhaustive()
    }
}
