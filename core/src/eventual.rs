//! A result that is set once by the loop and read, waited for or cancelled from elsewhere.
//!
//! An [`Eventual`] is shared by two halves: the [`Completer`] on the loop's side and the
//! [`Reader`] on the caller's. It is one atomic word, a place for the value and the slots of the
//! waiters; it needs no allocator and may live in a `static`, where an interrupt can complete it.
//!
//! This is the state machine under Crochet's `EventualResult`: a result is set at most once, a
//! wait that times out leaves it as it was, and cancelling is a request that the loop carries out.
//!
//! # Examples
//!
//! ```
//! use crochet_core::eventual::{End, Eventual};
//!
//! static ANSWER: Eventual<u32> = Eventual::new();
//!
//! let (completer, reader) = ANSWER.split().expect("nobody split it before");
//! assert!(reader.peek().is_none());
//! assert!(completer.complete(42).is_ok());
//! assert_eq!(reader.peek(), Some(Ok(&42)));
//! assert_eq!(reader.take().expect("it has ended"), Ok::<u32, End>(42));
//! ```

use core::fmt;
use core::mem::MaybeUninit;
use core::task::Waker;

use crate::primitive::{AtomicU8, Edge, Ordering, UnsafeCell, const_unless_loom};

mod halves;
mod slot;
mod state;
mod waiters;

#[cfg(feature = "alloc")]
pub use halves::pair;
pub use halves::{Completer, Reader};
pub use waiters::WaitKey;

use slot::Unfilled;
#[cfg(feature = "alloc")]
use state::REVOKED;
use state::{CANCEL, CANCELLED, COMPLETED, DETACHED, PHASE, QUEUED, RUNNING, SPLIT, STOPPED};
use state::{TAKEN, WAITED, is_ended};
use waiters::Waiters;

/// A result that is set at most once.
///
/// It is used through its two halves, which [`split`](Self::split) hands out.
pub struct Eventual<T> {
    // With the state word in its spare byte.
    waiters: Waiters,
    value: UnsafeCell<MaybeUninit<T>>,
}

/// What has become of an operation, as far as anybody can tell from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Phase {
    /// It waits for its turn; it can still be revoked.
    Queued,
    /// It has begun.
    Running,
    /// It has a value.
    Completed,
    /// It ended without a value because somebody cancelled it, or its completer went away.
    Cancelled,
    /// It ended without a value because its loop stopped.
    Stopped,
    /// It had a value, which the reader has taken.
    Taken,
}

/// Why an operation ended without a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum End {
    /// Somebody cancelled it, or its completer went away.
    Cancelled,
    /// Its loop stopped.
    Stopped,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancelled => "the operation was cancelled",
            Self::Stopped => "the event loop stopped before the operation ended",
        })
    }
}

impl core::error::Error for End {}

/// What became of a request to cancel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "a requested cancellation only happens when the completer hears of it"]
pub enum Cancel {
    /// The operation had not begun, and never will.
    Revoked,
    /// The operation has begun; tell its completer to look.
    Requested,
    /// The operation had ended already; nothing changed.
    Ended,
}

/// Why a waiter could not be registered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotWaiting {
    /// The operation has ended: read it.
    Ended,
    /// Another waiter holds the only slot (without the feature `alloc` there is just one).
    Occupied,
}

/// Why the halves could not be handed out: they have been already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AlreadySplit;

impl fmt::Display for AlreadySplit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the completer and the reader of this result have been handed out already")
    }
}

impl core::error::Error for AlreadySplit {}

// SAFETY: the value moves from the completer's context to the reader's, hence `T: Send`. Shared
// references to it only come from a `Reader`, which is `Sync` only if `T` is.
unsafe impl<T: Send> Sync for Eventual<T> {}
// SAFETY: it owns its value and nothing that is bound to a thread.
unsafe impl<T: Send> Send for Eventual<T> {}

impl<T> Default for Eventual<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Eventual<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Eventual")
            .field("phase", &self.phase())
            .finish_non_exhaustive()
    }
}

impl<T> Eventual<T> {
    const_unless_loom! {
        /// Makes a result that waits for its completer.
        #[must_use]
        pub fn new() -> Self {
            Self {
                waiters: Waiters::new(QUEUED),
                value: UnsafeCell::new(MaybeUninit::uninit()),
            }
        }
    }

    /// Hands out the two halves, once.
    ///
    /// # Errors
    ///
    /// [`AlreadySplit`] if that has happened before.
    pub fn split(&self) -> Result<(Completer<&Self>, Reader<&Self>), AlreadySplit> {
        self.claim()?;
        Ok((Completer::new(self), Reader::new(self)))
    }

    /// Tells what has become of the operation, at this moment.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self.state().load(Ordering::Acquire) & PHASE {
            QUEUED => Phase::Queued,
            RUNNING => Phase::Running,
            COMPLETED => Phase::Completed,
            CANCELLED => Phase::Cancelled,
            STOPPED => Phase::Stopped,
            _ => Phase::Taken,
        }
    }

    #[inline]
    fn state(&self) -> &AtomicU8 {
        self.waiters.spare()
    }

    pub(crate) fn claim(&self) -> Result<(), AlreadySplit> {
        if self.state().fetch_or(SPLIT, Ordering::Relaxed) & SPLIT == 0 {
            Ok(())
        } else {
            Err(AlreadySplit)
        }
    }

    /// Leaves `QUEUED` for `RUNNING`; tells whether this call did.
    pub(crate) fn begin(&self) -> bool {
        self.leave_queued(RUNNING).is_ok()
    }

    /// Leaves `QUEUED` for `RUNNING` on behalf of somebody who revokes the operation; tells whether
    /// this call did. The caller is the completer then.
    ///
    /// Revoking takes two steps where something is to be dropped before the end shows.
    #[cfg(feature = "alloc")]
    pub(crate) fn begin_revoking(&self) -> bool {
        self.leave_queued(RUNNING | REVOKED).is_ok()
    }

    /// Tells whether the operation has begun and is its loop's to carry out.
    #[cfg(feature = "alloc")]
    pub(crate) fn is_running(&self) -> bool {
        self.state().load(Ordering::Acquire) & (PHASE | REVOKED) == RUNNING
    }

    pub(crate) fn is_cancel_requested(&self) -> bool {
        self.state().load(Ordering::Relaxed) & CANCEL != 0
    }

    pub(crate) fn is_ended(&self) -> bool {
        let order = Edge::EventualRead.order(Ordering::Acquire);
        is_ended(self.state().load(order))
    }

    /// Ends the operation with a value, and gives it back if no reader is left.
    ///
    /// # Safety
    ///
    /// The phase is `RUNNING`, and the caller is the completer.
    pub(crate) unsafe fn finish_with(&self, value: T) -> Option<T> {
        // SAFETY: the caller sees to it.
        unsafe { self.put(value) };
        // SAFETY: as above, and the value has just been put in place.
        unsafe { self.finish() }
    }

    /// Puts the value in its place, where nobody sees it before [`finish`](Self::finish).
    ///
    /// # Safety
    ///
    /// The phase is `RUNNING`, and the caller is the completer, which goes on to finish.
    pub(crate) unsafe fn put(&self, value: T) {
        self.value.with_mut(|slot| {
            // SAFETY: in `RUNNING` only the completer touches the cell.
            unsafe { (*slot).write(value) };
        });
    }

    /// Ends the operation with the value that is in its place, and gives it back if no reader is
    /// left.
    ///
    /// # Safety
    ///
    /// The phase is `RUNNING`, and the caller is the completer and has [put](Self::put) the value
    /// in its place.
    pub(crate) unsafe fn finish(&self) -> Option<T> {
        let before = self.leave_running(COMPLETED);
        // Taken before the waiters are woken, so that a waker that panics cannot leak it.
        let unread = (before & DETACHED != 0).then(|| {
            // SAFETY: the phase is COMPLETED and the reader went away before it was: nobody but
            // this completer will ever look at the value.
            unsafe { self.move_out() }
        });
        self.wake_waiters(before);
        unread
    }

    /// Ends the operation without a value.
    ///
    /// # Safety
    ///
    /// The phase is `RUNNING`, and the caller is the completer.
    pub(crate) unsafe fn finish_without(&self, end: End) {
        let before = self.leave_running(match end {
            End::Cancelled => CANCELLED,
            End::Stopped => STOPPED,
        });
        self.wake_waiters(before);
    }

    /// Asks for cancellation: at once while queued, as a request while running.
    pub(crate) fn cancel(&self) -> Cancel {
        match self.leave_queued(CANCELLED) {
            Ok(before) => {
                self.wake_waiters(before);
                Cancel::Revoked
            }
            Err(word) if is_ended(word) => Cancel::Ended,
            Err(_) => {
                let before = self.state().fetch_or(CANCEL, Ordering::AcqRel);
                if is_ended(before) {
                    Cancel::Ended
                } else {
                    Cancel::Requested
                }
            }
        }
    }

    pub(crate) fn register(&self, waker: &Waker) -> Result<WaitKey, NotWaiting> {
        let key = self
            .waiters
            .fill(waker)
            .map_err(|unfilled| match unfilled {
                Unfilled::Occupied => NotWaiting::Occupied,
                Unfilled::Closed => NotWaiting::Ended,
            })?;
        let order = Edge::EventualWaited.order(Ordering::AcqRel);
        if is_ended(self.state().fetch_or(WAITED, order)) {
            // Whether or not the completer saw the slot, this waiter knows: it need not be woken.
            self.waiters.clear(key);
            return Err(NotWaiting::Ended);
        }
        Ok(key)
    }

    pub(crate) fn unregister(&self, key: WaitKey) {
        self.waiters.clear(key);
    }

    /// Reads the outcome.
    ///
    /// # Safety
    ///
    /// No `move_out` happens while the returned reference lives.
    pub(crate) unsafe fn peek(&self) -> Option<Result<&T, End>> {
        let order = Edge::EventualRead.order(Ordering::Acquire);
        match self.state().load(order) & PHASE {
            COMPLETED => Some(Ok(self.value.with(|slot| {
                // SAFETY: in COMPLETED the value is written, and this load saw the release of
                // the completer; it stays until `move_out`, which the caller excludes.
                unsafe { &*slot.cast::<T>() }
            }))),
            CANCELLED => Some(Err(End::Cancelled)),
            STOPPED => Some(Err(End::Stopped)),
            _ => None,
        }
    }

    /// Moves the value out, leaving `TAKEN`.
    ///
    /// # Safety
    ///
    /// The phase is `COMPLETED` as seen with acquire, and nobody else reads or moves the value.
    pub(crate) unsafe fn move_out(&self) -> T {
        self.state().fetch_add(TAKEN - COMPLETED, Ordering::Relaxed);
        self.value.with(|slot| {
            // SAFETY: in COMPLETED the value is written; TAKEN keeps anybody from moving it twice.
            unsafe { slot.cast::<T>().read() }
        })
    }

    /// Marks that no reader is left, and returns the value if there is one.
    ///
    /// # Safety
    ///
    /// The caller is the reader, and reads no more.
    pub(crate) unsafe fn detach(&self) -> Option<T> {
        let order = Edge::EventualRead.order(Ordering::AcqRel);
        if self.state().fetch_or(DETACHED, order) & PHASE != COMPLETED {
            return None;
        }
        // SAFETY: completed before the reader left, so the completer has not taken it, and the
        // only reader is the caller.
        Some(unsafe { self.move_out() })
    }

    /// Leaves `QUEUED` for `phase`; returns the word before, or the word that was found instead.
    fn leave_queued(&self, phase: u8) -> Result<u8, u8> {
        // Acquires also what it only finds: a caller that is told of an end relies on what came
        // before it.
        let mut word = self.state().load(Ordering::Acquire);
        loop {
            if word & PHASE != QUEUED {
                return Err(word);
            }
            match self.state().compare_exchange_weak(
                word,
                word | phase,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return Ok(word),
                Err(found) => word = found,
            }
        }
    }

    /// Leaves `RUNNING` for the end `phase` and returns the word before, for
    /// [`wake_waiters`](Self::wake_waiters).
    fn leave_running(&self, phase: u8) -> u8 {
        let order = Edge::EventualFinish.order(Ordering::AcqRel);
        let before = self.state().fetch_add(phase - RUNNING, order);
        debug_assert_eq!(before & PHASE, RUNNING, "only a running operation finishes");
        before
    }

    fn wake_waiters(&self, before: u8) {
        if before & WAITED != 0 {
            self.waiters.wake_all();
        }
    }
}
