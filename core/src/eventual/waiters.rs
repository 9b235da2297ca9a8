//! The waiters of one eventual result: one slot inline, further ones on the heap.

use core::task::Waker;

use super::slot::{Unfilled, WaitSlot};
#[cfg(feature = "alloc")]
use crate::primitive::{AtomicPtr, Edge, Ordering};
use crate::primitive::{AtomicU8, const_unless_loom};

/// Names the slot that a waiter has filled, until it clears it.
#[derive(PartialEq, Eq, Debug)]
pub struct WaitKey(u32);

/// A list of slots. It only grows; a cleared slot serves the next waiter.
#[derive(Debug)]
pub(super) struct Waiters {
    slot: WaitSlot,
    #[cfg(feature = "alloc")]
    next: AtomicPtr<Waiters>,
}

impl Waiters {
    const_unless_loom! {
        pub(super) fn new(spare: u8) -> Self {
            Self {
                slot: WaitSlot::new(spare),
                #[cfg(feature = "alloc")]
                next: AtomicPtr::new(core::ptr::null_mut()),
            }
        }
    }

    /// Returns the spare byte of the slot inline, for whoever has the list.
    #[inline]
    pub(super) fn spare(&self) -> &AtomicU8 {
        self.slot.spare()
    }

    /// Fills the first free slot.
    ///
    /// With `alloc` a slot is added when all are occupied; without, that is an error.
    pub(super) fn fill(&self, waker: &Waker) -> Result<WaitKey, Unfilled> {
        let mut list = self;
        let mut index = 0;
        loop {
            match list.slot.fill(waker) {
                Ok(()) => return Ok(WaitKey(index)),
                Err(Unfilled::Closed) => return Err(Unfilled::Closed),
                Err(Unfilled::Occupied) => list = list.next_or_grow()?,
            }
            index += 1;
        }
    }

    /// Clears the slot that `key` names. A key of another list at worst empties a slot here.
    pub(super) fn clear(&self, key: WaitKey) {
        let mut list = Some(self);
        for _ in 0..key.0 {
            list = list.and_then(Self::next);
        }
        if let Some(list) = list {
            list.slot.clear();
        }
    }

    /// Closes every slot and wakes whoever waited, also when one of the wakers panics.
    pub(super) fn wake_all(&self) {
        let mut rest = WakeRest(Some(self));
        while rest.wake_next() {}
    }
}

/// The slots that are still to be closed. Dropping it closes them: a waker's panic, which unwinds
/// past it, must not cost the other waiters their wake-up.
struct WakeRest<'a>(Option<&'a Waiters>);

impl WakeRest<'_> {
    fn wake_next(&mut self) -> bool {
        let Some(entry) = self.0 else { return false };
        let waker = entry.slot.close();
        self.0 = entry.next();
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }
}

impl Drop for WakeRest<'_> {
    fn drop(&mut self) {
        while self.wake_next() {}
    }
}

#[cfg(feature = "alloc")]
impl Waiters {
    fn next(&self) -> Option<&Self> {
        let next = self.next.load(Ordering::Acquire);
        // SAFETY: a non-null `next` came from `Box::into_raw` in `next_or_grow`, was published
        // with release, and is freed only by `drop`, which has `&mut self`.
        unsafe { next.as_ref() }
    }

    #[expect(clippy::unnecessary_wraps, reason = "without an allocator it can fail")]
    fn next_or_grow(&self) -> Result<&Self, Unfilled> {
        if let Some(next) = self.next() {
            return Ok(next);
        }
        let fresh = alloc::boxed::Box::into_raw(alloc::boxed::Box::new(Self::new(0)));
        let order = Edge::SlotFill.order(Ordering::AcqRel);
        let null = core::ptr::null_mut();
        let next = match self
            .next
            .compare_exchange(null, fresh, order, Ordering::Acquire)
        {
            Ok(_) => fresh,
            Err(winner) => {
                // SAFETY: `fresh` came from `Box::into_raw` just above and was not published.
                drop(unsafe { alloc::boxed::Box::from_raw(fresh) });
                winner
            }
        };
        // SAFETY: as in `next`.
        Ok(unsafe { &*next })
    }
}

#[cfg(feature = "alloc")]
impl Drop for Waiters {
    fn drop(&mut self) {
        // Iterative, so that a long list cannot exhaust the stack.
        let mut next = take_next(self);
        while !next.is_null() {
            // SAFETY: it came from `Box::into_raw`, and `&mut self` owns the whole list.
            let mut entry = unsafe { alloc::boxed::Box::from_raw(next) };
            next = take_next(&mut entry);
        }
    }
}

#[cfg(feature = "alloc")]
fn take_next(list: &mut Waiters) -> *mut Waiters {
    // `&mut` excludes everybody else; a swap keeps to the interface that loom shares.
    list.next.swap(core::ptr::null_mut(), Ordering::Relaxed)
}

#[cfg(not(feature = "alloc"))]
impl Waiters {
    #[expect(
        clippy::unused_self,
        reason = "with an allocator there may be a next one"
    )]
    fn next(&self) -> Option<&Self> {
        None
    }

    #[expect(clippy::unused_self, reason = "with an allocator the list grows")]
    fn next_or_grow(&self) -> Result<&Self, Unfilled> {
        Err(Unfilled::Occupied)
    }
}
