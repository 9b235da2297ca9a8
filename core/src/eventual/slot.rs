//! The waiter's slot: the one type that owns a registered waker.

use core::task::Waker;

use crate::primitive::{AtomicU8, Edge, Ordering, UnsafeCell, const_unless_loom};

/// A place for one waker, filled and cleared by its waiter, closed once by the completer.
///
/// | state | set when | left when |
/// | --- | --- | --- |
/// | `EMPTY` | created, or cleared by its waiter | a waiter claims it, or it is closed |
/// | `BUSY` | a waiter is writing or clearing the waker | that waiter is done, or it is closed |
/// | `FULL` | a waiter has written its waker | that waiter clears it, or it is closed |
/// | `CLOSED` | the completer closed it | never |
///
/// The waker belongs to whoever made the last step into `BUSY`, or to the completer when it
/// closed a `FULL` slot. No party ever waits for another: the completer takes one step whatever
/// the waiter is doing, so it may be an interrupt that preempts the waiter.
#[derive(Debug)]
pub(super) struct WaitSlot {
    state: AtomicU8,
    // No part of the slot: it lies where the alignment of the waker would leave a gap.
    spare: AtomicU8,
    waker: UnsafeCell<Option<Waker>>,
}

const EMPTY: u8 = 0;
const BUSY: u8 = 1;
const FULL: u8 = 2;
const CLOSED: u8 = 3;

/// Why a slot could not be filled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unfilled {
    /// Another waiter has it.
    Occupied,
    /// The completer has closed it.
    Closed,
}

// SAFETY: the cell is only accessed by the party that the state word names as its owner; wakers
// are Send and Sync themselves.
unsafe impl Sync for WaitSlot {}
// SAFETY: as above; nothing in the slot is bound to a thread.
unsafe impl Send for WaitSlot {}

impl WaitSlot {
    const_unless_loom! {
        pub(super) fn new(spare: u8) -> Self {
            Self {
                state: AtomicU8::new(EMPTY),
                spare: AtomicU8::new(spare),
                waker: UnsafeCell::new(None),
            }
        }
    }

    /// Returns a byte for whoever has the slot.
    #[inline]
    pub(super) fn spare(&self) -> &AtomicU8 {
        &self.spare
    }

    /// Stores a clone of `waker` if the slot is empty.
    pub(super) fn fill(&self, waker: &Waker) -> Result<(), Unfilled> {
        if self.state.load(Ordering::Relaxed) == FULL {
            return Err(Unfilled::Occupied);
        }
        // Cloned before the slot is claimed: a clone that panics leaves the slot as it was.
        let clone = waker.clone();
        match self.exchange(EMPTY, BUSY) {
            Ok(()) => {}
            Err(CLOSED) => return Err(Unfilled::Closed),
            Err(_) => return Err(Unfilled::Occupied),
        }
        self.waker.with_mut(|slot| {
            // SAFETY: the exchange above made this waiter the owner of the cell.
            unsafe { *slot = Some(clone) };
        });
        match self.exchange(BUSY, FULL) {
            Ok(()) => Ok(()),
            Err(_) => {
                drop(self.take_owned());
                Err(Unfilled::Closed)
            }
        }
    }

    /// Empties the slot again; called by the waiter that filled it. Does nothing once closed.
    pub(super) fn clear(&self) {
        if self.exchange(FULL, BUSY).is_err() {
            return;
        }
        let waker = self.take_owned();
        if let Err(state) = self.exchange(BUSY, EMPTY) {
            debug_assert_eq!(state, CLOSED, "only closing interrupts the owner");
        }
        drop(waker);
    }

    /// Closes the slot and returns the waker if there was one; called once, by the completer.
    pub(super) fn close(&self) -> Option<Waker> {
        let order = Edge::SlotClose.order(Ordering::AcqRel);
        if self.state.swap(CLOSED, order) == FULL {
            self.take_owned()
        } else {
            None
        }
    }

    fn exchange(&self, from: u8, to: u8) -> Result<(), u8> {
        let order = Edge::SlotFill.order(Ordering::AcqRel);
        self.state
            .compare_exchange(from, to, order, Ordering::Acquire)
            .map(drop)
    }

    /// Takes the waker out of the cell. Callers are the owner by the protocol in the type's docs.
    fn take_owned(&self) -> Option<Waker> {
        self.waker.with_mut(|slot| {
            // SAFETY: each caller has just become the owner of the cell: by its step into BUSY,
            // or by closing a FULL slot; nobody else touches the cell until the owner is done.
            unsafe { (*slot).take() }
        })
    }
}

#[cfg(all(test, not(crochet_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_slot_holds_one_waker_at_a_time() {
        let slot = WaitSlot::new(0);
        assert_eq!(slot.fill(Waker::noop()), Ok(()));
        assert_eq!(slot.fill(Waker::noop()), Err(Unfilled::Occupied));
        slot.clear();
        assert_eq!(slot.fill(Waker::noop()), Ok(()));
    }

    #[test]
    fn a_closed_slot_gives_up_its_waker_and_takes_no_other() {
        let slot = WaitSlot::new(0);
        assert_eq!(slot.fill(Waker::noop()), Ok(()));
        assert!(slot.close().is_some());
        assert_eq!(slot.fill(Waker::noop()), Err(Unfilled::Closed));
        slot.clear();
        assert_eq!(slot.fill(Waker::noop()), Err(Unfilled::Closed));
    }

    #[test]
    fn a_slot_that_is_empty_closes_without_a_waker() {
        let slot = WaitSlot::new(0);
        assert_eq!(slot.fill(Waker::noop()), Ok(()));
        slot.clear();
        assert!(slot.close().is_none());
    }
}
