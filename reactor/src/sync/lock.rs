//! A value that one task at a time may use.

use std::cell::{RefCell, RefMut};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use super::semaphore::{Permit, Semaphore};

/// A value that one task at a time may use, also across an `.await`: Twisted's `DeferredLock`.
///
/// Cloning it gives another handle on the same value. Use [`Lock<()>`](Lock) to guard what is elsewhere.
///
/// ```
/// use crochet_reactor::sync::Lock;
/// use crochet_reactor::{Reactor, join_all, sleep};
/// use std::time::Duration;
///
/// let mut reactor = Reactor::new()?;
/// let sum = Lock::new(0);
/// let total = reactor.block_on(async move {
///     let adding = (1..=4).map(|number| {
///         let sum = sum.clone();
///         async move {
///             let mut total = sum.acquire().await;
///             let before = *total;
///             sleep(Duration::from_micros(10)).await;
///             *total = before + number;
///         }
///     });
///     join_all(adding).await;
///     *sum.try_acquire().expect("everybody has done")
/// })?;
/// assert_eq!(total, 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Lock<T> {
    turn: Semaphore,
    // None while an owned guard has it.
    value: Rc<RefCell<Option<T>>>,
}

/// The right to use the value of a [`Lock`]. Dropping it lets whoever has waited longest have it.
#[must_use = "the lock is free again when this is dropped"]
pub struct LockGuard<'a, T> {
    // Dropped first: the next may use the value at once.
    value: RefMut<'a, T>,
    _turn: Permit,
}

/// The right to use the value of a [`Lock`], as a [`LockGuard`] that borrows nothing.
#[must_use = "the lock is free again when this is dropped"]
pub struct OwnedLockGuard<T> {
    // Taken out of the lock, and put back before the next has its turn.
    value: Option<T>,
    place: Rc<RefCell<Option<T>>>,
    _turn: Permit,
}

const WITH_ITS_TURN: &str = "who has the turn has the value";

impl<T> Lock<T> {
    /// Makes a lock that is free.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self {
            turn: Semaphore::new(1),
            value: Rc::new(RefCell::new(Some(value))),
        }
    }

    /// Waits for the value.
    ///
    /// A task that has it and waits for it again waits for itself, for ever.
    ///
    /// # Cancellation
    ///
    /// Dropping the future gives its place in the line up; a lock that it had got by then passes on.
    pub async fn acquire(&self) -> LockGuard<'_, T> {
        let turn = self.turn.acquire().await;
        self.guard(turn)
    }

    /// Takes the value if nobody has it or waits for it.
    #[must_use]
    pub fn try_acquire(&self) -> Option<LockGuard<'_, T>> {
        let turn = self.turn.try_acquire()?;
        Some(self.guard(turn))
    }

    /// Waits for the value, for a guard that need not stay beside the lock: it can be kept, and moved into
    /// other tasks.
    ///
    /// # Cancellation
    ///
    /// As [`acquire`](Self::acquire).
    pub async fn acquire_owned(self) -> OwnedLockGuard<T> {
        let turn = self.turn.acquire().await;
        self.owned_guard(turn)
    }

    /// Takes the value if nobody has it or waits for it, as [`acquire_owned`](Self::acquire_owned).
    #[must_use]
    pub fn try_acquire_owned(&self) -> Option<OwnedLockGuard<T>> {
        let turn = self.turn.try_acquire()?;
        Some(self.clone().owned_guard(turn))
    }

    /// Tells whether somebody has the value, or is about to be given it.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.turn.available() == 0
    }

    fn guard(&self, turn: Permit) -> LockGuard<'_, T> {
        LockGuard {
            value: RefMut::map(self.value.borrow_mut(), |value| {
                value.as_mut().expect(WITH_ITS_TURN)
            }),
            _turn: turn,
        }
    }

    fn owned_guard(self, turn: Permit) -> OwnedLockGuard<T> {
        let value = self.value.borrow_mut().take();
        OwnedLockGuard {
            value,
            place: self.value,
            _turn: turn,
        }
    }
}

impl<T> Clone for Lock<T> {
    fn clone(&self) -> Self {
        Self {
            turn: self.turn.clone(),
            value: Rc::clone(&self.value),
        }
    }
}

impl<T> Deref for LockGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for LockGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T> Deref for OwnedLockGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect(WITH_ITS_TURN)
    }
}

impl<T> DerefMut for OwnedLockGuard<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect(WITH_ITS_TURN)
    }
}

impl<T> Drop for OwnedLockGuard<T> {
    fn drop(&mut self) {
        self.place.replace(self.value.take());
    }
}

impl<T> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock")
            .field("locked", &self.is_locked())
            .finish_non_exhaustive()
    }
}

impl<T: fmt::Debug> fmt::Debug for OwnedLockGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnedLockGuard").field(&**self).finish()
    }
}

impl<T: fmt::Debug> fmt::Debug for LockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LockGuard").field(&*self.value).finish()
    }
}
