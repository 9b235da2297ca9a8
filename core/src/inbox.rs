//! The queue from other contexts into the loop, and the loop's sleep state, in one word.
//!
//! Producers push nodes onto an atomic list head; the consumer takes the whole list with one
//! exchange and turns it round, so it sees each producer's nodes (and in fact all nodes) in the
//! order of the pushes. Pushing is lock-free, draining is wait-free, and no party ever waits for a
//! producer that was interrupted half-way.
//!
//! The head also says whether the consumer sleeps and whether the inbox is closed:
//!
//! | head | set when | cleared when | excludes |
//! | --- | --- | --- | --- |
//! | empty | created, drained | pushed onto, notified, put to sleep, closed | |
//! | notified | [`notify`](Inbox::notify) on an empty inbox | drained, pushed onto, closed | sleep |
//! | asleep | [`try_sleep`](Inbox::try_sleep) on an empty inbox | drained, pushed onto, notified, closed | |
//! | a node | pushed | drained, closed | sleep |
//! | closed | [`close`](Inbox::close) | [reopened](Inbox::reopen) | everything else |
//!
//! Because the sleep state is the head itself, a push learns from its own exchange whether the
//! consumer sleeps: exactly the push or notification that ends a sleep is told to wake it, the
//! others cost no more than their exchange, and no wake-up can fall between the consumer's last
//! look and its sleep.

use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

use crate::primitive::{AtomicPtr, Edge, Ordering, UnsafeCell, const_unless_loom};

mod capacity;
mod drain;
mod fixed;

pub use capacity::{Capacity, NoRoom, Released};
pub use drain::Drain;
pub use fixed::{FixedInbox, PostError};

/// A type whose values can be queued in an [`Inbox`], linked through themselves.
///
/// # Safety
///
/// - `from_raw(into_raw(handle))` gives the handle back, and the node at the pointer stays valid
///   and at its address in between.
/// - `link` returns the same link for the same node every time, and nothing else uses it.
/// - A handle gives the exclusive right to queue its node: no two handles of the same node are
///   in queues at the same time.
/// - The node is aligned to at least four bytes, which [`Link`] ensures when it is a field.
pub unsafe trait Linked {
    /// What owns a node while it is not queued.
    type Handle;

    /// Gives up the handle for a pointer to the node.
    fn into_raw(handle: Self::Handle) -> NonNull<Self>;

    /// Takes the handle back.
    ///
    /// # Safety
    ///
    /// `node` came from [`into_raw`](Self::into_raw), and this is the only call for it.
    unsafe fn from_raw(node: NonNull<Self>) -> Self::Handle;

    /// Returns the node's link.
    ///
    /// # Safety
    ///
    /// `node` is valid.
    unsafe fn link<'a>(node: NonNull<Self>) -> &'a Link<Self>;
}

/// The place in a node that points to the next one.
#[derive(Debug)]
#[repr(align(4))]
pub struct Link<N: ?Sized> {
    next: UnsafeCell<*mut ()>,
    marker: PhantomData<*const N>,
}

// SAFETY: a link is only accessed by whoever has the exclusive right to queue its node, or by the
// consumer that took the node out of a queue.
unsafe impl<N: ?Sized> Sync for Link<N> {}
// SAFETY: a link is not bound to a thread.
unsafe impl<N: ?Sized> Send for Link<N> {}

impl<N: ?Sized> Default for Link<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<N: ?Sized> Link<N> {
    const_unless_loom! {
        /// Makes a link that is in no queue.
        #[must_use]
        pub fn new() -> Self {
            Self { next: UnsafeCell::new(core::ptr::null_mut()), marker: PhantomData }
        }
    }
}

impl<N> Link<N> {
    /// Reads the next node.
    ///
    /// # Safety
    ///
    /// The caller owns the node that has this link.
    pub(crate) unsafe fn get(&self) -> *mut N {
        self.next.with(|next| {
            // SAFETY: nobody else accesses the link of a node that the caller owns.
            unsafe { *next }.cast()
        })
    }

    /// Sets the next node.
    ///
    /// # Safety
    ///
    /// The caller owns the node that has this link.
    pub(crate) unsafe fn set(&self, to: *mut N) {
        self.next.with_mut(|next| {
            // SAFETY: nobody else accesses the link of a node that the caller owns.
            unsafe { *next = to.cast() };
        });
    }
}

/// A first-in first-out queue with many producers and one consumer, which may sleep.
///
/// Nothing blocks or spins here. There is no bound: a caller that wants one puts a [`Capacity`]
/// before its pushes. [`FixedInbox`] is the form for static storage.
pub struct Inbox<N: Linked> {
    head: AtomicPtr<N>,
}

/// Whether the consumer must be woken after a push or a notification.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "a sleeping consumer that is not woken loses the wake-up"]
pub enum Wake {
    /// The consumer is awake, or somebody else is waking it.
    Unneeded,
    /// The consumer sleeps and this call ended its sleep: wake it.
    Needed,
}

/// Why a node could not be pushed: the inbox is closed. Gives the handle back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Closed<H>(pub H);

impl<H> fmt::Debug for Closed<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closed(..)")
    }
}

impl<H> fmt::Display for Closed<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the inbox is closed")
    }
}

impl<H> core::error::Error for Closed<H> {}

// Heads that are not nodes; a node's address is a multiple of four.
const EMPTY: usize = 0;
const ASLEEP: usize = 1;
const NOTIFIED: usize = 2;
const CLOSED: usize = 3;

fn mark<N>(state: usize) -> *mut N {
    core::ptr::without_provenance_mut(state)
}

fn is_node<N>(head: *mut N) -> bool {
    head.addr() > CLOSED
}

// SAFETY: nodes move from the producers' contexts to the consumer's, hence `Handle: Send`.
unsafe impl<N: Linked> Sync for Inbox<N> where N::Handle: Send {}
// SAFETY: as above.
unsafe impl<N: Linked> Send for Inbox<N> where N::Handle: Send {}

impl<N: Linked> Default for Inbox<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<N: Linked> fmt::Debug for Inbox<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}

impl<N: Linked> Inbox<N> {
    const ALIGNED: () = assert!(align_of::<N>() > CLOSED, "marks must not look like nodes");

    const_unless_loom! {
        /// Makes an empty inbox whose consumer is awake.
        #[must_use]
        pub fn new() -> Self {
            let () = Self::ALIGNED;
            Self { head: AtomicPtr::new(core::ptr::null_mut()) }
        }
    }

    /// Queues a node behind all that were pushed before.
    ///
    /// # Errors
    ///
    /// [`Closed`] gives the handle back when the inbox is closed.
    pub fn push(&self, handle: N::Handle) -> Result<Wake, Closed<N::Handle>> {
        let node = N::into_raw(handle);
        let order = Edge::InboxPush.order(Ordering::Release);
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            if head.addr() == CLOSED {
                // SAFETY: `node` came from `into_raw` above and has not been queued.
                return Err(Closed(unsafe { N::from_raw(node) }));
            }
            let next = if is_node(head) {
                head
            } else {
                core::ptr::null_mut()
            };
            // SAFETY: the node came from `into_raw`, hence is valid.
            let link = unsafe { N::link(node) };
            // SAFETY: the node is not queued yet, so it is this call's own.
            unsafe { link.set(next) };
            match self
                .head
                .compare_exchange_weak(head, node.as_ptr(), order, Ordering::Relaxed)
            {
                Ok(_) => return Ok(needed_if(head.addr() == ASLEEP)),
                Err(found) => head = found,
            }
        }
    }

    /// Makes the consumer look around once more, without a node.
    ///
    /// Whatever the caller did before this call is visible to the consumer after its next
    /// [`drain`](Self::drain). Does nothing on a closed inbox.
    pub fn notify(&self) -> Wake {
        let order = Edge::InboxNotify.order(Ordering::Release);
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            let next = match head.addr() {
                CLOSED => return Wake::Unneeded,
                EMPTY | ASLEEP => mark(NOTIFIED),
                // Replaced by itself: merely to have seen that there is news would not order what
                // the caller did before the look that this news leads to.
                _ => head,
            };
            match self
                .head
                .compare_exchange_weak(head, next, order, Ordering::Relaxed)
            {
                Ok(_) => return needed_if(head.addr() == ASLEEP),
                Err(found) => head = found,
            }
        }
    }

    /// Takes everything that is queued, and ends a sleep or a notification.
    ///
    /// Nodes pushed meanwhile wait for the next call.
    pub fn drain(&self) -> Drain<N> {
        let order = Edge::InboxDrain.order(Ordering::Acquire);
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            if head.addr() == EMPTY || head.addr() == CLOSED {
                return Drain::empty();
            }
            match self
                .head
                .compare_exchange_weak(head, mark(EMPTY), order, Ordering::Relaxed)
            {
                Ok(taken) => return Drain::of(taken),
                Err(found) => head = found,
            }
        }
    }

    /// Announces that the consumer goes to sleep, if there is nothing to do.
    ///
    /// After `true` the next push or notification is told to wake the consumer, which calls
    /// [`drain`](Self::drain) when it is awake again. After `false` it must not sleep.
    #[must_use]
    pub fn try_sleep(&self) -> bool {
        // It orders nothing, for nobody reads what the consumer did before its sleep: only the
        // step itself must be indivisible. Draining acquires what those who end the sleep did.
        Edge::InboxSleep.replace(&self.head, mark(EMPTY), mark(ASLEEP))
    }

    /// Tells whether there is something for the consumer to look at.
    #[must_use]
    pub fn has_news(&self) -> bool {
        let head = self.head.load(Ordering::Relaxed).addr();
        head != EMPTY && head != ASLEEP
    }

    /// Closes the inbox and takes what is still queued, as one step: every push either is in the
    /// returned list or has been refused.
    pub fn close(&self) -> (Drain<N>, Wake) {
        let head = self.head.swap(mark(CLOSED), Ordering::AcqRel);
        (Drain::of(head), needed_if(head.addr() == ASLEEP))
    }

    /// Opens a closed inbox again, empty. Does nothing on an open one.
    pub fn reopen(&self) {
        let mut head = self.head.load(Ordering::Relaxed);
        while head.addr() == CLOSED {
            match self.head.compare_exchange_weak(
                head,
                mark(EMPTY),
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(found) => head = found,
            }
        }
    }

    /// Tells whether the inbox is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.head.load(Ordering::Acquire).addr() == CLOSED
    }
}

fn needed_if(asleep: bool) -> Wake {
    if asleep { Wake::Needed } else { Wake::Unneeded }
}

impl<N: Linked> Drop for Inbox<N> {
    fn drop(&mut self) {
        let (rest, _) = self.close();
        drop(rest);
    }
}
