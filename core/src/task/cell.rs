//! A task's cell with all its types, and the functions in its table.

use alloc::boxed::Box;
use core::any::TypeId;
use core::future::Future;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::pin::Pin;
use core::ptr::NonNull;
use core::task::{Context, Poll};

use super::header::{Header, Table, TaskRef, borrowed_waker};
use super::{Operation, Runnable, Schedule};
use crate::eventual::{Cancel, End, Eventual};
use crate::primitive::UnsafeCell;

/// The part of a cell that is the same for all tasks of one scheduler.
#[repr(C)]
pub(crate) struct Noted<N> {
    header: Header,
    note: N,
}

impl<N> Noted<N> {
    pub(crate) fn note(&self) -> &N {
        &self.note
    }
}

/// The part of a cell whose place and type do not depend on the body.
#[repr(C)]
pub(crate) struct Head<S: Schedule, T> {
    noted: Noted<S::Note>,
    scheduler: S,
    eventual: Eventual<T>,
}

/// One task.
#[repr(C)]
pub(crate) struct Cell<S: Schedule, T, M, F> {
    head: Head<S, T>,
    body: UnsafeCell<Body<M, F>>,
}

// A program may have a million tasks that wait. Loom's types are larger.
#[cfg(all(target_pointer_width = "64", not(crochet_loom)))]
const _: () = assert!(
    size_of::<Header>() <= 40 && size_of::<Eventual<()>>() <= 32,
    "a task's own part of its memory does not grow unnoticed"
);

/// What a task still has to do. Pinned: the cell never moves.
enum Body<M, F> {
    /// The function that makes the future has not been called.
    Make(M),
    /// The future.
    Poll(F),
    /// Nothing is left.
    Gone,
}

impl<S, T, M, F> Cell<S, T, M, F>
where
    S: Schedule,
    M: FnOnce() -> F,
    F: Future<Output = T>,
{
    /// Makes a task that calls `make` on the loop for its future.
    ///
    /// # Safety
    ///
    /// Everything that `M`, `F` and `T` borrow outlives the body and the value. The scheduler is
    /// handed the runnable, or it is stopped or dropped, on the loop's thread, unless `M` and `T`
    /// are `Send`.
    pub(crate) unsafe fn allocate(
        scheduler: S,
        note: S::Note,
        make: M,
    ) -> (Runnable, Operation<S, T>) {
        Self::with_body(scheduler, note, Body::Make(make))
    }

    /// Makes a task for a future that exists.
    ///
    /// # Safety
    ///
    /// As [`allocate`](Self::allocate), with the caller on the loop's thread.
    pub(crate) unsafe fn allocate_future(
        scheduler: S,
        note: S::Note,
        future: F,
    ) -> (Runnable, Operation<S, T>) {
        let (task, operation) = Self::with_body(scheduler, note, Body::Poll(future));
        // Begun from the start: otherwise whoever has the operation could revoke it, and drop the
        // future, on another thread.
        operation.begin();
        (task, operation)
    }

    fn with_body(scheduler: S, note: S::Note, body: Body<M, F>) -> (Runnable, Operation<S, T>) {
        let cell = Box::new(Self {
            head: Head {
                noted: Noted {
                    // One reference for the queue, one for the operation.
                    header: Header::scheduled(2, &Self::TABLE),
                    note,
                },
                scheduler,
                eventual: Eventual::new(),
            },
            body: UnsafeCell::new(body),
        });
        let header = NonNull::from(Box::leak(cell)).cast::<Header>();
        // SAFETY: the cell is alive and has two references, of which this is the first.
        let queued = Runnable::new(unsafe { TaskRef::from_raw(header) });
        // SAFETY: and this is the second.
        let task = unsafe { TaskRef::from_raw(header) };
        let pointer = Pointer {
            task,
            marker: PhantomData,
        };
        (queued, Operation::new(pointer))
    }

    const TABLE: Table = Table {
        run: Self::run,
        stop: Self::stop,
        schedule: Self::schedule,
        schedule_last: Self::schedule_last,
        revoke: Self::revoke,
        end_here: Self::end_here,
        is_ended: Self::is_ended,
        free: Self::free,
        note_type: TypeId::of::<S::Note>,
    };

    /// Runs the task once, and gives it back when it is suspended.
    ///
    /// # Safety
    ///
    /// The caller is the loop and hands over a reference to a cell of this type.
    unsafe fn run(header: NonNull<Header>) -> Option<Runnable> {
        // SAFETY: the caller hands over a reference.
        let task = Runnable::new(unsafe { TaskRef::from_raw(header) });
        // SAFETY: the reference keeps the cell alive, and the table says that it has this type.
        let cell = unsafe { header.cast::<Self>().as_ref() };
        if !cell.is_live() {
            return None;
        }
        let entered = cell.head.noted.header.enter_or_again()?;
        cell.head.noted.header.unschedule();
        if cell.head.eventual.is_cancel_requested() {
            cell.end(&task, End::Cancelled);
            return None;
        }
        let unwinding = OnDrop(|| {
            // The panic may have come after the end, from a waiter's waker or a destructor.
            if !cell.head.eventual.is_ended() {
                cell.end(&task, End::Cancelled);
            }
        });
        let polled = cell.poll(header);
        let suspended = match polled {
            Poll::Pending => true,
            Poll::Ready(value) => {
                // SAFETY: the task is live, so its phase is RUNNING; the loop is the completer.
                unsafe { cell.head.eventual.put(value) };
                cell.complete(&task);
                false
            }
        };
        core::mem::forget(unwinding);
        let again = entered.leave();
        if suspended && again {
            cell.head.noted.header.unschedule();
            task.task().wake_by_ref();
        }
        suspended.then_some(task)
    }

    /// Ends the task as stopped, if it has not ended. A task whose body the loop is in is left
    /// alone: whoever runs it asks again when it is suspended.
    ///
    /// # Safety
    ///
    /// The caller is the loop and has a reference to a cell of this type.
    unsafe fn stop(header: NonNull<Header>) {
        // SAFETY: the caller's reference keeps the cell alive; this one is borrowed from it.
        let task = ManuallyDrop::new(Runnable::new(unsafe { TaskRef::from_raw(header) }));
        // SAFETY: as in `run`.
        let cell = unsafe { header.cast::<Self>().as_ref() };
        if !cell.is_live() {
            return;
        }
        if let Some(_entered) = cell.head.noted.header.enter() {
            cell.end(&task, End::Stopped);
        }
    }

    /// Ends the task as cancelled, if this is the loop and it is not in the task's body; else asks
    /// for it. Tells whether the task has ended.
    ///
    /// # Safety
    ///
    /// The caller has a reference to a cell of this type.
    unsafe fn end_here(header: NonNull<Header>) -> bool {
        // SAFETY: the caller's reference keeps the cell alive; this one is borrowed from it.
        let task = ManuallyDrop::new(Runnable::new(unsafe { TaskRef::from_raw(header) }));
        // SAFETY: as in `run`.
        let cell = unsafe { header.cast::<Self>().as_ref() };
        if task.task().revoke(End::Cancelled) {
            return true;
        }
        let entered = if cell.head.scheduler.is_on_loop() && cell.is_live() {
            cell.head.noted.header.enter()
        } else {
            None
        };
        match entered {
            Some(_entered) => cell.end(&task, End::Cancelled),
            None => match cell.head.eventual.cancel() {
                Cancel::Requested => task.task().wake_by_ref(),
                Cancel::Ended | Cancel::Revoked => {}
            },
        }
        cell.head.eventual.is_ended()
    }

    /// Tells whether the task has ended.
    ///
    /// # Safety
    ///
    /// The caller has a reference to a cell of this type.
    unsafe fn is_ended(header: NonNull<Header>) -> bool {
        // SAFETY: the caller's reference keeps the cell alive.
        let cell = unsafe { header.cast::<Self>().as_ref() };
        cell.head.eventual.is_ended()
    }

    /// Ends the task if it has not begun, and drops its function here; tells whether it did.
    ///
    /// # Safety
    ///
    /// The caller has a reference to a cell of this type.
    unsafe fn revoke(header: NonNull<Header>, end: End) -> bool {
        // SAFETY: the caller's reference keeps the cell alive.
        let cell = unsafe { header.cast::<Self>().as_ref() };
        if !cell.head.eventual.begin_revoking() {
            return false;
        }
        // The end shows when the function has been dropped, with all that it borrows. A task that
        // has not begun is a submission, so its function is Send.
        let _publish = OnDrop(|| {
            // SAFETY: the phase is RUNNING since `begin_revoking`, which made this the completer.
            unsafe { cell.head.eventual.finish_without(end) };
        });
        cell.drop_body();
        true
    }

    /// Begins the task if need be; tells whether its body is the loop's to use.
    fn is_live(&self) -> bool {
        self.head.eventual.begin() || self.head.eventual.is_running()
    }

    fn poll(&self, header: NonNull<Header>) -> Poll<T> {
        let waker = borrowed_waker(header);
        let mut cx = Context::from_waker(&waker);
        self.body.with_mut(|body| {
            // SAFETY: the task has begun, so the body is the loop's, which has entered it, so that
            // nobody uses it from within the poll.
            let body = unsafe { &mut *body };
            if let Body::Make(_) = body {
                if let Body::Make(make) = core::mem::replace(body, Body::Gone) {
                    *body = Body::Poll(make());
                }
            }
            let Body::Poll(future) = body else {
                unreachable!("a live task has a body");
            };
            // SAFETY: the future stays in the cell, which does not move, until it is dropped there.
            unsafe { Pin::new_unchecked(future) }.poll(&mut cx)
        })
    }

    /// Ends the task with the value that is in its place.
    ///
    /// It is not an argument: what it borrows may be gone before this returns, and a reference that
    /// is an argument has to be valid for as long as its function runs.
    fn complete(&self, task: &Runnable) {
        // Published also when the body's destructor panics: the value is there, and the panic
        // reaches whoever runs the loop.
        let _publish = OnDrop(|| {
            self.retire(task);
            // SAFETY: the task is live, so its phase is RUNNING; the loop is the completer, and has
            // put the value in its place.
            drop(unsafe { self.head.eventual.finish() });
        });
        self.drop_body();
    }

    fn end(&self, task: &Runnable, end: End) {
        // Published also when the body's destructor panics: nobody is to wait for it for ever.
        let _publish = OnDrop(|| {
            self.retire(task);
            // SAFETY: the task is live, so its phase is RUNNING; the loop is the completer.
            unsafe { self.head.eventual.finish_without(end) };
        });
        self.drop_body();
    }

    fn retire(&self, task: &Runnable) {
        self.head.noted.header.retire();
        self.head.scheduler.disown(task);
    }

    /// Drops the body in its place. Callers have the body to themselves.
    fn drop_body(&self) {
        self.body.with_mut(|body| {
            let gone = SetGone(body);
            // SAFETY: the callers are the loop, which has entered the body of a task that has begun,
            // or whoever revoked one that has not; either has the body to itself. `gone` overwrites
            // the dropped body without dropping it again, also when its destructor panics.
            unsafe { core::ptr::drop_in_place(gone.0) };
        });
    }

    /// Hands a reference to the scheduler.
    ///
    /// # Safety
    ///
    /// The caller hands over a reference to a cell of this type, keeps another one meanwhile, and
    /// has set SCHEDULED.
    unsafe fn schedule(header: NonNull<Header>) {
        // SAFETY: the caller hands over a reference.
        let task = Runnable::new(unsafe { TaskRef::from_raw(header) });
        // SAFETY: the caller's other reference keeps the cell alive.
        let head = unsafe { header.cast::<Head<S, T>>().as_ref() };
        head.scheduler.schedule(task);
    }

    /// Hands the last reference that the caller has to the scheduler.
    ///
    /// # Safety
    ///
    /// The caller hands over a reference to a cell of this type and has set SCHEDULED.
    unsafe fn schedule_last(header: NonNull<Header>) {
        // SAFETY: the caller hands over a reference.
        let task = Runnable::new(unsafe { TaskRef::from_raw(header) });
        // SAFETY: a task in the loop's queue is dropped by the loop alone, and this is the loop if it
        // is queued; otherwise another reference is kept until it has been sent.
        let head = unsafe { header.cast::<Head<S, T>>().as_ref() };
        if let Err(task) = head.scheduler.queue(task) {
            let kept = task.task().clone();
            head.scheduler.send(task);
            drop(kept);
        }
    }

    /// Frees the cell.
    ///
    /// # Safety
    ///
    /// That was the last reference to a cell of this type.
    unsafe fn free(header: NonNull<Header>) {
        let cell = header.cast::<Self>().as_ptr();
        // SAFETY: the cell came from a box in `with_body`, and nobody refers to it any more.
        let cell = unsafe { Box::from_raw(cell) };
        // Loom checks here that every use of the body happened before.
        cell.body.with_mut(|_| ());
    }
}

/// Replaces a body that has been dropped in place.
struct SetGone<M, F>(*mut Body<M, F>);

impl<M, F> Drop for SetGone<M, F> {
    fn drop(&mut self) {
        // SAFETY: the pointer is valid, its maker has the body to itself, and the old body has
        // been dropped, so writing over it forgets nothing.
        unsafe { self.0.write(Body::Gone) };
    }
}

/// Calls a function when it is dropped, also by a panic.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// A reference to a task whose scheduler and value have known types.
pub(crate) struct Pointer<S, T> {
    task: TaskRef,
    marker: PhantomData<(S, Eventual<T>)>,
}

impl<S: Schedule, T> Pointer<S, T> {
    fn head(&self) -> &Head<S, T> {
        // SAFETY: the reference keeps the cell alive, and every cell begins with its head.
        unsafe { self.task.as_raw().cast::<Head<S, T>>().as_ref() }
    }

    pub(crate) fn scheduler(&self) -> &S {
        &self.head().scheduler
    }

    pub(crate) fn wake(&self) {
        self.task.wake_by_ref();
    }

    /// Returns another reference to the task.
    pub(crate) fn task(&self) -> TaskRef {
        self.task.clone()
    }

    /// Ends the task as cancelled, if it has not begun; tells whether it did.
    pub(crate) fn revoke(&self) -> bool {
        self.task.revoke(End::Cancelled)
    }
}

impl<S: Schedule, T> Deref for Pointer<S, T> {
    type Target = Eventual<T>;

    fn deref(&self) -> &Eventual<T> {
        &self.head().eventual
    }
}
