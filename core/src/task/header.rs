//! The part of a task that wakers and queues see: link, count, table of functions.

use core::any::TypeId;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;
use core::task::{RawWaker, RawWakerVTable, Waker};

use super::Runnable;
use super::list::Siblings;
use crate::eventual::End;
use crate::inbox::{Link, Linked};
use crate::primitive::{AtomicU32, Edge, Ordering, UnsafeCell};

/// The first field of every task's cell.
///
/// `state` holds the number of references, times two, and in the lowest bit `SCHEDULED`:
/// set when the task is put into a queue, cleared when the loop takes it out to poll it, and set
/// for good when it ends. While it is set nobody else queues the task, which is what makes the one
/// link enough. A word of 32 bits leaves the mark of the body room in the other half: to overflow it,
/// a program would have to forget a thousand million wakers of one task, and it is ended before that.
pub(crate) struct Header {
    link: Link<Self>,
    state: AtomicU32,
    siblings: UnsafeCell<Siblings>,
    body: UnsafeCell<InBody>,
    table: &'static Table,
}

/// Whether the loop is inside a task's body, polling or dropping it. Touched by the loop only.
///
/// What a body calls may run or close the scheduler in turn; this is what keeps the loop from
/// using the same body twice at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum InBody {
    /// It is not, and has not even looked at the task since it was submitted.
    NotYet,
    /// It is not.
    No,
    /// It is.
    Yes,
    /// It is, and came again from within: the task is to be run once more.
    Again,
}

/// What can be done with a task whose types are not known.
pub(crate) struct Table {
    /// Runs the task once. Consumes a reference, and gives it back when the task is suspended; on
    /// the loop only.
    pub(crate) run: unsafe fn(NonNull<Header>) -> Option<Runnable>,
    /// Ends the task as stopped. Borrows a reference; on the loop only.
    pub(crate) stop: unsafe fn(NonNull<Header>),
    /// Hands a reference to the scheduler, while the caller keeps another.
    pub(crate) schedule: unsafe fn(NonNull<Header>),
    /// Hands a reference to the scheduler, which may be the caller's last.
    pub(crate) schedule_last: unsafe fn(NonNull<Header>),
    /// Ends a task that has not begun; tells whether it did. Borrows a reference.
    pub(crate) revoke: unsafe fn(NonNull<Header>, End) -> bool,
    /// Ends the task as cancelled, here if this is the loop; tells whether it has ended. Borrows a
    /// reference.
    pub(crate) end_here: unsafe fn(NonNull<Header>) -> bool,
    /// Tells whether the task has ended. Borrows a reference.
    pub(crate) is_ended: unsafe fn(NonNull<Header>) -> bool,
    /// Frees the cell.
    pub(crate) free: unsafe fn(NonNull<Header>),
    /// Names the type of the note.
    pub(crate) note_type: fn() -> TypeId,
}

const SCHEDULED: u32 = 1;
const ONE: u32 = 2;

/// One counted reference to a task.
pub(crate) struct TaskRef(NonNull<Header>);

// SAFETY: the count is atomic, and everything that a reference gives access to from other threads
// is: the link by the protocol of the queues, the rest through the table's own conditions.
unsafe impl Send for TaskRef {}
// SAFETY: as above.
unsafe impl Sync for TaskRef {}

impl Header {
    /// Makes a header with `references`, already marked as queued.
    pub(crate) fn scheduled(references: u32, table: &'static Table) -> Self {
        Self {
            link: Link::new(),
            state: AtomicU32::new(references * ONE + SCHEDULED),
            siblings: UnsafeCell::new(Siblings::NONE),
            body: UnsafeCell::new(InBody::NotYet),
            table,
        }
    }

    pub(crate) fn table(&self) -> &'static Table {
        self.table
    }

    pub(crate) fn siblings(&self) -> &UnsafeCell<Siblings> {
        &self.siblings
    }

    /// Takes note that the loop has looked at the task; tells whether it had not before. Called on
    /// the loop only.
    pub(crate) fn arrive(&self) -> bool {
        self.with_body(|body| {
            let is_new = *body == InBody::NotYet;
            if is_new {
                *body = InBody::No;
            }
            is_new
        })
    }

    /// Enters the body, unless the loop is in it already. Called on the loop only.
    pub(crate) fn enter(&self) -> Option<Entered<'_>> {
        self.with_body(|body| {
            let is_free = matches!(*body, InBody::NotYet | InBody::No);
            if is_free {
                *body = InBody::Yes;
            }
            is_free
        })
        .then(|| Entered(self))
    }

    /// As [`enter`](Self::enter); a body that the loop is in already is to be run again after it.
    pub(crate) fn enter_or_again(&self) -> Option<Entered<'_>> {
        let entered = self.enter();
        if entered.is_none() {
            self.with_body(|body| *body = InBody::Again);
        }
        entered
    }

    /// Uses the record of where the loop is. `with` must not call anything foreign.
    fn with_body<R>(&self, with: impl FnOnce(&mut InBody) -> R) -> R {
        self.body.with_mut(|body| {
            // SAFETY: only the loop comes here, and `with` does not come back.
            with(unsafe { &mut *body })
        })
    }

    /// Tells whether the loop is in the body. Called on the loop only.
    pub(crate) fn is_entered(&self) -> bool {
        self.with_body(|body| matches!(*body, InBody::Yes | InBody::Again))
    }

    /// Tells whether the task is in a queue, or has ended.
    pub(crate) fn is_scheduled(&self) -> bool {
        self.state.load(Ordering::Relaxed) & SCHEDULED != 0
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
        if before > u32::MAX / 2 {
            abort();
        }
    }
}

/// Ends everything: a panic could be caught, and the count go on to overflow.
#[cold]
fn abort() -> ! {
    struct PanicAgain;

    impl Drop for PanicAgain {
        fn drop(&mut self) {
            panic!("too many references to one task");
        }
    }

    let _again = PanicAgain;
    panic!("too many references to one task");
}

/// The loop's stay in a task's body, which dropping it ends.
pub(crate) struct Entered<'a>(&'a Header);

impl Entered<'_> {
    /// Ends the stay; tells whether the task is to be run once more.
    pub(crate) fn leave(self) -> bool {
        self.0.with_body(|body| *body == InBody::Again)
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.with_body(|body| *body = InBody::No);
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

    /// As [`wake_by_ref`](Self::wake_by_ref). On the loop the queue gets this very reference: counting
    /// one more and one less are two atomic steps, and most wake-ups come from the loop itself.
    fn wake(self) {
        if self.header().mark_scheduled() {
            let schedule_last = self.header().table.schedule_last;
            // SAFETY: the reference is handed over, and SCHEDULED has just been set.
            unsafe { schedule_last(self.into_raw()) };
        }
    }

    /// Ends the task, if it has not begun; tells whether it did.
    pub(crate) fn revoke(&self, end: End) -> bool {
        let revoke = self.header().table.revoke;
        // SAFETY: the reference keeps the cell alive.
        unsafe { revoke(self.as_raw(), end) }
    }

    /// Ends the task as cancelled, here if this is the loop; tells whether it has ended.
    pub(crate) fn end_here(&self) -> bool {
        let end_here = self.header().table.end_here;
        // SAFETY: the reference keeps the cell alive.
        unsafe { end_here(self.as_raw()) }
    }

    /// Tells whether the task has ended.
    pub(crate) fn is_ended(&self) -> bool {
        let is_ended = self.header().table.is_ended;
        // SAFETY: the reference keeps the cell alive.
        unsafe { is_ended(self.as_raw()) }
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
        let order = Edge::TaskFree.order(Ordering::Release);
        let before = self.header().state.fetch_sub(ONE, order);
        if before / ONE == 1 {
            // Reads what the line above has written, which continues the release sequence of every
            // decrement before it: all that the other owners did happens before the cell is freed.
            // Not a fence, which ThreadSanitizer does not know.
            self.header().state.load(Ordering::Acquire);
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

    /// Runs the task once, and gives it back when it is suspended.
    ///
    /// # Safety
    ///
    /// The caller is the loop of the task's scheduler.
    pub(crate) unsafe fn run(self) -> Option<Self> {
        let run = self.0.header().table.run;
        // SAFETY: the reference is handed over; the caller is the loop.
        unsafe { run(self.0.into_raw()) }
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

/// Returns the header of the task that a waker wakes, if it is one of a task: of a live cell, for as long
/// as there is the waker, which has or borrows a reference.
pub(crate) fn header_of(waker: &Waker) -> Option<NonNull<Header>> {
    let is_task = core::ptr::eq(waker.vtable(), &raw const WAKER);
    let data = is_task.then(|| waker.data().cast_mut().cast());
    data.and_then(NonNull::new)
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
    ManuallyDrop::into_inner(task).wake();
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
