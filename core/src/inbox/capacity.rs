//! A bound on what may be queued at a time, apart from the queue itself.

use core::fmt;

use crate::primitive::{AtomicUsize, Edge, Ordering, const_unless_loom};

/// Counts what is queued against a limit.
///
/// The producer takes room before it pushes; the consumer gives room back when it has begun with
/// what it drained. Room is counted apart from the queue so that wake-ups, which must never be
/// refused, pass it by.
///
/// What happened before room was given back happens before whoever takes it goes on.
///
/// A producer that wants to wait for room announces that with
/// [`await_room`](Self::await_room); how it waits is the platform's matter. Nothing spins here.
#[derive(Debug)]
pub struct Capacity {
    // Twice the number in use, plus one while somebody waits for room.
    used: AtomicUsize,
    limit: usize,
}

const WAITED: usize = 1;
const ONE: usize = 2;

/// Whether somebody waits for the room that was given back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "a producer that waits for room must be told"]
pub enum Released {
    /// Nobody waits.
    Unneeded,
    /// At least one producer waits: tell all of them.
    Awaited,
}

/// Why nothing more may be queued: the limit is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoRoom;

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the inbox is full")
    }
}

impl core::error::Error for NoRoom {}

impl Capacity {
    /// The largest limit.
    pub const MAX: usize = usize::MAX / (2 * ONE);

    const_unless_loom! {
        /// Makes room for `limit` at a time, at most [`Capacity::MAX`].
        #[must_use]
        pub fn new(limit: usize) -> Self {
            let limit = if limit > Self::MAX { Self::MAX } else { limit };
            Self { used: AtomicUsize::new(0), limit }
        }
    }

    /// Returns the limit.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Returns how much is taken, at this moment.
    #[must_use]
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed) / ONE
    }

    /// Takes room for one.
    ///
    /// # Errors
    ///
    /// [`NoRoom`] when the limit is reached.
    pub fn take(&self) -> Result<(), NoRoom> {
        self.change(|used| (used / ONE < self.limit).then_some(used + ONE))
    }

    /// Takes room for one, or announces that the caller waits for it.
    ///
    /// # Errors
    ///
    /// [`NoRoom`] when the limit is reached; then the next [`release`](Self::release) says that
    /// somebody waits.
    pub fn await_room(&self) -> Result<(), NoRoom> {
        let mut took = false;
        self.change(|used| {
            took = used / ONE < self.limit;
            Some(if took { used + ONE } else { used | WAITED })
        })?;
        if took { Ok(()) } else { Err(NoRoom) }
    }

    /// Gives room for `count` back. More than was taken counts as all of it.
    pub fn release(&self, count: usize) -> Released {
        let mut before = 0;
        let freed = self.change(|used| {
            before = used;
            Some((used / ONE).saturating_sub(count) * ONE)
        });
        if freed.is_ok() && before & WAITED != 0 {
            Released::Awaited
        } else {
            Released::Unneeded
        }
    }

    fn change(&self, mut to: impl FnMut(usize) -> Option<usize>) -> Result<(), NoRoom> {
        let order = Edge::InboxRoom.order(Ordering::AcqRel);
        let mut used = self.used.load(Ordering::Relaxed);
        loop {
            let next = to(used).ok_or(NoRoom)?;
            match self
                .used
                .compare_exchange_weak(used, next, order, Ordering::Relaxed)
            {
                Ok(_) => return Ok(()),
                Err(found) => used = found,
            }
        }
    }
}

#[cfg(all(test, not(crochet_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_limit_beyond_the_largest_is_cut() {
        assert_eq!(Capacity::new(usize::MAX).limit(), Capacity::MAX);
        assert_eq!(Capacity::new(Capacity::MAX).limit(), Capacity::MAX);
    }

    #[test]
    fn giving_back_more_than_was_taken_gives_all_of_it_back() {
        let capacity = Capacity::new(2);
        assert_eq!(capacity.take(), Ok(()));
        assert_eq!(capacity.release(usize::MAX), Released::Unneeded);
        assert_eq!(capacity.used(), 0);
    }
}
