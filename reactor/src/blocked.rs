//! The threads that are blocked by operations, so that they can be told of a stop or an interrupt.
//!
//! A thread enters the process's list when it first waits, and leaves it when it ends. Waiting
//! itself takes no lock: the thread writes into its entry what it waits for, then looks for a reason
//! not to wait; whoever gives such a reason marks it first, then looks for threads that wait. Each
//! has a sequentially consistent fence between its mark and its look, so at least one sees the
//! other: either the thread does not park, or it is unparked. An unpark that comes before the park
//! is kept, and one that nobody needs any more only makes a thread look once more.
//!
//! | reason | marked in | fences |
//! | --- | --- | --- |
//! | the reactor stops | [`Shared::advance_to`](crate::shared::Shared::advance_to) | both |
//! | all waits are interrupted | [`interrupt_waits`] | both |
//! | there is room in the queue | `Capacity`, in which the thread leaves a mark as well | none needed |
//! | the operation has ended | `Eventual`, with which the thread leaves its waker | none needed |
//!
//! The last two decide by read-modify-writes of one word. Of the first three `tests/loom_stop.rs`
//! has the models, of the last the core.

use std::ptr;
use std::sync::{Arc, PoisonError};
use std::task::{Wake, Waker};

use crate::fork::{Generation, PerProcess};
use crate::primitive::{AtomicPtr, AtomicU32, Edge, Mutex, MutexGuard, Ordering, Thread};
use crate::primitive::{current, shared_static};

/// A thread that may block, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Blocker {
    entry: Arc<Entry>,
    waker: Waker,
    generation: Generation,
}

#[derive(Debug)]
struct Entry {
    thread: Thread,
    /// The address of what the thread waits for; null while it does not. Never dereferenced.
    /// Written by the thread itself only.
    waits_for: AtomicPtr<()>,
}

type Entries = Mutex<Vec<Arc<Entry>>>;

shared_static! {
    static ENTRIES: PerProcess<Entries> = PerProcess::new(Mutex::new(Vec::new()));
}
shared_static! {
    static INTERRUPTS: AtomicU32 = AtomicU32::new(0);
}

fn entries() -> MutexGuard<'static, Vec<Arc<Entry>>> {
    // Nothing panics while it holds this lock.
    let entries = ENTRIES.get(|| Mutex::new(Vec::new()));
    entries.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Wake for Entry {
    fn wake(self: Arc<Self>) {
        self.thread.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.thread.unpark();
    }
}

impl Blocker {
    /// Makes the calling thread known.
    pub(crate) fn of_this_thread() -> Self {
        let entry = Arc::new(Entry {
            thread: current(),
            waits_for: AtomicPtr::new(ptr::null_mut()),
        });
        entries().push(Arc::clone(&entry));
        let waker = Waker::from(Arc::clone(&entry));
        Self {
            entry,
            waker,
            generation: Generation::current(),
        }
    }

    /// Tells whether the thread is known to this process, and not to one that forked it.
    pub(crate) fn is_of_this_process(&self) -> bool {
        !self.generation.is_past()
    }

    /// Returns a waker that unparks the thread.
    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Announces that the thread waits for something at `address`, until the guard is dropped.
    ///
    /// The caller looks for a reason not to wait after this. A blocker serves one wait at a time.
    pub(crate) fn wait_for<T>(&self, address: *const T) -> Waiting<'_> {
        let address = address.cast_mut().cast();
        // It publishes nothing: whoever finds it only unparks the thread.
        self.entry.waits_for.store(address, Ordering::Relaxed);
        Edge::WaitAnnounced.mark_before_look();
        Waiting { entry: &self.entry }
    }
}

impl Drop for Blocker {
    fn drop(&mut self) {
        let mut entries = entries();
        if let Some(at) = entries
            .iter()
            .position(|entry| Arc::ptr_eq(entry, &self.entry))
        {
            entries.swap_remove(at);
        }
    }
}

/// How often the waits of the process have been interrupted, at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Interrupts(u32);

impl Interrupts {
    /// Returns how often that has happened so far.
    pub(crate) fn so_far() -> Self {
        Self(INTERRUPTS.load(Edge::InterruptSeen.order(Ordering::Acquire)))
    }

    /// Tells whether the waits have been interrupted since.
    pub(crate) fn is_past(self) -> bool {
        Self::so_far() != self
    }
}

/// A wait that is going on.
#[derive(Debug)]
pub(crate) struct Waiting<'a> {
    entry: &'a Entry,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let nothing = ptr::null_mut();
        self.entry.waits_for.store(nothing, Ordering::Relaxed);
    }
}

/// Unparks every thread that waits for what is at `address`.
///
/// Sees all those that could not see the caller's reason for it, if the caller has marked that and
/// called [`Edge::mark_before_look`], or has been told that a thread waits.
pub(crate) fn unpark_all_for<T>(address: *const T) {
    let address: *const () = address.cast();
    for entry in entries().iter() {
        if entry.waits_for.load(Ordering::Relaxed).cast_const() == address {
            entry.thread.unpark();
        }
    }
}

/// Interrupts every wait of the process that is going on.
///
/// Each returns as interrupted, unless its operation has ended; a borrowing call first waits for
/// its operation to be dropped. A call that submits and waits is going on from its beginning.
pub fn interrupt_waits() {
    INTERRUPTS.fetch_add(1, Edge::InterruptSeen.order(Ordering::AcqRel));
    Edge::InterruptMarked.mark_before_look();
    for entry in entries().iter() {
        if !entry.waits_for.load(Ordering::Relaxed).is_null() {
            entry.thread.unpark();
        }
    }
}
