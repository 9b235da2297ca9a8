//! The part of a task that wakers and queues see: link, count, table of functions.

use core::mem::ManuallyDrop;
use core::ptr::NonNull;
use core::task::{RawWaker, RawWakerVTable, Waker};

use super::Runnable;
use super::list::Siblings;
use crate::inbox::{Link, Linked};
use crate::primitive::{AtomicUsize, Edge, Ordering, UnsafeCell, fence_acquire};

/// The first field of every task's cell.
///
/// `state` holds the number of references, times two, and in the lowest bit `SCHEDULED`:
/// set when the task is put into a queue, cleared when the loop takes it out to poll it, and set
/// for good when it ends. While it is set nobody else queues the task, which is what makes the one
/// link enough.
pub(crate) struct Header {
    link: Link<Self>,
    state: AtomicUsize,
    siblings: UnsafeCell<Siblings>,
    table: &'static Table,
}

/// What can be done with a task whose types are not known.
pub(crate) struct Table {
    /// Runs the task once. Consumes a reference; on the loop only.
    pub(crate) run: unsafe fn(NonNull<Header>),
    /// Ends the task as stopped. Borrows a reference; on the loop only.
    pub(crate) stop: unsafe fn(NonNull<Header>),
    /// Hands a reference to the scheduler, while the caller keeps another.
    pub(crate) schedule: unsafe fn(NonNull<Header>),
    /// Ends a task that has not begun, as stopped. Borrows a reference.
    pub(crate) refuse: unsafe fn(NonNull<Header>),
    /// Frees the cell.
    pub(crate) free: unsafe fn(NonNull<Header>),
}

const SCHEDULED: usize = 1;
const ONE: usize = 2;

/// One counted reference to a task.
pub(crate) struct TaskRef(NonNull<Header>);

// SAFETY: the count is atomic, and everything that a reference gives access to from other threads
// is: the link by the protocol of the queues, the rest through the table's own conditions.
unsafe impl Send for TaskRef {}
// SAFETY: as above.
unsafe impl Sync for TaskRef {}

impl Header {
    /// Makes a header with `references`, already marked as queued.
    pub(crate) fn scheduled(references: usize, table: &'static Table) -> Self {
        Self {
            link: Link::new(),
            state: AtomicUsize::new(references * ONE + SCHEDULED),
            siblings: UnsafeCell::new(Siblings::NONE),
            table,
        }
    }

    pub(crate) fn siblings(&self) -> &UnsafeCell<Siblings> {
        &self.siblings
    }

    /// Marks the task as taken out of its queue, and sees what happened before it was woken.
    pub(crate) fn unschedule(&self) {
        let order = Edge::TaskWake.order(Ordering::AcqRel);
        self.state.fetch_and(!SCHEDULED, order);
    }

    /// Marks the task as queued for ever, so that wakers leave it alone.
    pub(crate) fn retire(&self) {
        self.state.fetch_or(SCHEDULED, Ordering::Relaxed);
    }

    /// Marks the task as queued; tells whether it was not.
    fn mark_scheduled(&self) -> bool {
        let order = Edge::TaskWake.order(Ordering::AcqRel);
        self.state.fetch_or(SCHEDULED, order) & SCHEDULED == 0
    }

    fn add_reference(&self) {
        let before = self.state.fetch_add(ONE, Ordering::Relaxed);
        assert!(before <= usize::MAX / 2, "too many references to one task");
    }
}

impl TaskRef {
    /// Takes over one reference.
    ///
    /// # Safety
    ///
    /// `header` is the header of a live cell, and the caller owns the reference.
    pub(crate) unsafe fn from_raw(header: NonNull<Header>) -> Self {
        Self(header)
    }

    pub(crate) fn into_raw(self) -> NonNull<Header> {
        ManuallyDrop::new(self).0
    }

    pub(crate) fn as_raw(&self) -> NonNull<Header> {
        self.0
    }

    pub(crate) fn header(&self) -> &Header {
        // SAFETY: the reference keeps the cell alive.
        unsafe { self.0.as_ref() }
    }

    /// Queues the task unless it is queued already.
    ///
    /// The queue gets a reference of its own: the loop may free the other ones before the
    /// scheduler, which lives in the cell, has finished waking the loop.
    pub(crate) fn wake_by_ref(&self) {
        if self.header().mark_scheduled() {
            let schedule = self.header().table.schedule;
            // SAFETY: a fresh reference is handed over, `self` is the one that is kept, and
            // SCHEDULED has just been set.
            unsafe { schedule(self.clone().into_raw()) };
        }
    }
}

impl Clone for TaskRef {
    fn clone(&self) -> Self {
        self.header().add_reference();
        Self(self.0)
    }
}

impl Drop for TaskRef {
    fn drop(&mut self) {
        let before = self.header().state.fetch_sub(ONE, Ordering::Release);
        if before / ONE == 1 {
            fence_acquire();
            let free = self.header().table.free;
            // SAFETY: this was the last reference.
            unsafe { free(self.0) };
        }
    }
}

impl Runnable {
    pub(crate) fn new(task: TaskRef) -> Self {
        Self(task)
    }

    pub(crate) fn task(&self) -> &TaskRef {
        &self.0
    }

    pub(crate) fn into_task(self) -> TaskRef {
        self.0
    }

    /// Runs the task once.
    ///
    /// # Safety
    ///
    /// The caller is the loop of the task's scheduler.
    pub(crate) unsafe fn run(self) {
        let run = self.0.header().table.run;
        // SAFETY: the reference is handed over; the caller is the loop.
        unsafe { run(self.0.into_raw()) };
    }

    /// Ends the task as stopped if it has not begun.
    pub(crate) fn refuse(&self) {
        let refuse = self.0.header().table.refuse;
        // SAFETY: the reference keeps the cell alive.
        unsafe { refuse(self.0.as_raw()) };
    }

    /// Ends the task as stopped.
    ///
    /// # Safety
    ///
    /// The caller is the loop of the task's scheduler.
    pub(crate) unsafe fn stop(&self) {
        let stop = self.0.header().table.stop;
        // SAFETY: the reference keeps the cell alive; the caller is the loop.
        unsafe { stop(self.0.as_raw()) };
    }
}

// SAFETY: the pointer is kept as it is and a reference keeps the cell at its address; the link is
// a field; SCHEDULED lets only one reference into a queue at a time.
unsafe impl Linked for Header {
    type Handle = Runnable;

    fn into_raw(handle: Runnable) -> NonNull<Self> {
        handle.into_task().into_raw()
    }

    unsafe fn from_raw(node: NonNull<Self>) -> Runnable {
        // SAFETY: the caller says that the pointer came from `into_raw`, once.
        Runnable::new(unsafe { TaskRef::from_raw(node) })
    }

    unsafe fn link<'a>(node: NonNull<Self>) -> &'a Link<Self> {
        // SAFETY: the caller says that the node is valid.
        let header: &'a Self = unsafe { node.as_ref() };
        &header.link
    }
}

/// Makes a waker out of a reference.
fn raw_waker(task: TaskRef) -> RawWaker {
    RawWaker::new(task.into_raw().as_ptr().cast_const().cast(), &WAKER)
}

/// Makes a waker that borrows the reference of its caller: it must not be dropped.
pub(crate) fn borrowed_waker(header: NonNull<Header>) -> ManuallyDrop<Waker> {
    let raw = RawWaker::new(header.as_ptr().cast_const().cast(), &WAKER);
    // SAFETY: the functions of `WAKER` keep the contract of `RawWaker`: they are thread-safe,
    // clone counts a reference, wake and drop give one up; this one is never given up.
    ManuallyDrop::new(unsafe { Waker::from_raw(raw) })
}

static WAKER: RawWakerVTable = RawWakerVTable::new(clone_waker, wake, wake_by_ref, drop_waker);

/// Borrows the reference that a waker's data pointer stands for.
///
/// # Safety
///
/// `data` is the data of a waker made here.
unsafe fn borrowed(data: *const ()) -> ManuallyDrop<TaskRef> {
    // SAFETY: a waker's data is a header's address, never null.
    let header = unsafe { NonNull::new_unchecked(data.cast_mut().cast::<Header>()) };
    ManuallyDrop::new(TaskRef(header))
}

unsafe fn clone_waker(data: *const ()) -> RawWaker {
    // SAFETY: only wakers made here have this function in their table.
    let task = unsafe { borrowed(data) };
    raw_waker(TaskRef::clone(&task))
}

unsafe fn wake(data: *const ()) {
    // SAFETY: only wakers made here have this function in their table.
    let task = unsafe { borrowed(data) };
    ManuallyDrop::into_inner(task).wake_by_ref();
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: only wakers made here have this function in their table.
    let task = unsafe { borrowed(data) };
    task.wake_by_ref();
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: only wakers made here have this function in their table.
    let task = unsafe { borrowed(data) };
    drop(ManuallyDrop::into_inner(task));
}
