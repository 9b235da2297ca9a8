//! Keeps timers in a hierarchical wheel: insert in constant time, and so cancel and reset what is not due.
//!
//! A [`Wheel`] maps deadlines to values. It reads no clock: the owner calls [`Wheel::advance`] with
//! the time, takes what became due with [`Wheel::pop_due`], and sleeps until
//! [`Wheel::next_deadline`]. [`Wheel`] grows on the heap; [`FixedWheel`] holds a fixed number of
//! timers in itself, needs no allocator, and can be made in a constant.
//!
//! # Order
//!
//! Timers fire in the order of their deadlines, and timers with equal deadlines in the order of
//! their insertion, for every deadline that a [`Tick`] can tell. A reset counts as an insertion.
//!
//! A deadline that is not after [`Wheel::now`] when it is inserted counts as due at the time of the
//! insertion. Such a timer is *late*: it becomes due at the next `advance`, even one to the same
//! tick, and before the timers of the wheel. So a timer that is inserted while others fire never
//! fires in the same batch, whatever its deadline; this is Twisted's rule that `callLater(0, f)`
//! runs `f` in the next turn, and it keeps a timer that re-arms itself from holding up the loop.
//!
//! # How it works
//!
//! A level has 64 slots; a slot of level 0 spans one tick, and a slot of each further level spans a
//! whole lower level. A timer waits at the level of the highest 6-bit digit in which its deadline
//! differs from the time, in the slot that this digit names. When the time enters a slot of a
//! higher level, the slot's timers move down, as soon as all before them have been popped. Bitmaps
//! tell the occupied slots, so that empty ones are never looked at. A timer whose deadline differs in
//! a digit above the last level waits in one *far* list until the time enters its block of
//! 64<sup>`LEVELS`</sup> ticks.
//!
//! Moving down costs at most one step for each level over the life of a timer, but a slot moves as
//! a whole: a million timers in one slot of a higher level are moved in one step, when the time is
//! advanced or the last timer before them is popped, or cancelled or reset while due. The far list
//! is searched once for each block that holds one of its timers, so choose `LEVELS` so that few
//! timers are far: 8 levels of 1 microsecond span 8.9 years, 4 levels of 1 millisecond 4.6 hours.

#![forbid(unsafe_code)]

mod drain;
mod error;
mod lists;
mod slab;
mod store;

use crate::time::Tick;
use core::fmt;
use core::hint::black_box;
use lists::{Lists, NIL, Place};
use slab::Slab;

pub use drain::Drain;
pub use error::{Full, Stale};
pub use slab::Key;
pub use store::{FixedStore, HeapStore, Store};

/// Holds values of type `T` until their deadlines; see the [module](self) for order and costs.
///
/// `S` is where the timers are stored and `LEVELS`, from 1 to 10, is the number of levels of 64
/// slots. The levels are part of the value and take 1 KiB each.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use crochet_core::time::Tick;
/// use crochet_core::wheel::Wheel;
///
/// let mut wheel: Wheel<&str> = Wheel::new();
/// let tea = wheel.insert(Tick::new(300), "tea")?;
/// wheel.insert(Tick::new(200), "toast")?;
/// assert_eq!(wheel.next_deadline(), Some(Tick::new(200)));
///
/// wheel.advance(Tick::new(250));
/// assert_eq!(wheel.pop_due().map(|(_, value)| value), Some("toast"));
/// assert_eq!(wheel.pop_due(), None);
/// assert_eq!(wheel.cancel(tea), Some("tea"));
/// # }
/// # Ok::<(), crochet_core::wheel::Full<&str>>(())
/// ```
pub struct Wheel<T, S = HeapStore<T>, const LEVELS: usize = 8> {
    slab: Slab<T, S>,
    lists: Lists<LEVELS>,
    now: Tick,
    /// Up to where timers have been moved down, at most `now`: places are those as seen from here.
    ///
    /// If it is before `now`, some timer is due, and the first one is in the due list or, if that
    /// is empty, in a slot of one tick.
    reached: Tick,
}

/// Is a [`Wheel`] that holds at most `N` timers in itself and never allocates.
///
/// # Examples
///
/// ```
/// use crochet_core::time::Tick;
/// use crochet_core::wheel::FixedWheel;
///
/// const WHEEL: FixedWheel<char, 2> = FixedWheel::fixed();
///
/// let mut wheel = WHEEL;
/// assert!(wheel.insert(Tick::new(1), 'a').is_ok());
/// assert!(wheel.insert(Tick::new(1), 'b').is_ok());
/// assert_eq!(wheel.insert(Tick::new(1), 'c').unwrap_err().into_inner(), 'c');
/// ```
pub type FixedWheel<T, const N: usize, const LEVELS: usize = 4> =
    Wheel<T, FixedStore<T, N>, LEVELS>;

#[cfg(feature = "alloc")]
impl<T> Wheel<T> {
    /// Makes an empty wheel at [`Tick::ZERO`], without allocating.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_store(HeapStore::new())
    }

    /// Makes an empty wheel at [`Tick::ZERO`] with memory for `capacity` timers.
    ///
    /// # Panics
    ///
    /// Panics if the memory would exceed `isize::MAX` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self::with_store(HeapStore::with_capacity(capacity))
    }
}

#[cfg(feature = "alloc")]
impl<T> Default for Wheel<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const N: usize, const LEVELS: usize> Wheel<T, FixedStore<T, N>, LEVELS> {
    /// Makes an empty wheel at [`Tick::ZERO`] for at most `N` timers.
    #[must_use]
    pub const fn fixed() -> Self {
        Self::with_store(FixedStore::new())
    }
}

impl<T, S, const LEVELS: usize> Wheel<T, S, LEVELS> {
    /// Returns the latest time that was given to [`advance`](Self::advance).
    #[must_use]
    pub const fn now(&self) -> Tick {
        self.now
    }

    /// Returns the number of timers that have neither been popped nor cancelled.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.slab.len()
    }

    /// Tells whether there is no timer, due or not.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns a tick that is not after the earliest deadline, or `None` if there is no timer.
    ///
    /// While a timer is due or late this is a tick not after [`now`](Self::now), otherwise one
    /// after it, so a loop that sleeps until this tick and calls [`advance`](Self::advance) always
    /// gets on. It is then the earliest deadline itself, unless the timer that had it was cancelled
    /// or reset while it shared a slot of a higher level: the slot keeps the old bound until the
    /// time gets there, which costs one wake-up for nothing.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Tick> {
        self.lists.earliest()
    }
}

impl<T, S: Store<T>, const LEVELS: usize> Wheel<T, S, LEVELS> {
    /// Makes an empty wheel at [`Tick::ZERO`] that keeps its timers in `store`.
    ///
    /// This is the way to a wheel on the heap with another number of levels:
    ///
    /// ```
    /// # #[cfg(feature = "alloc")] {
    /// use crochet_core::wheel::{HeapStore, Wheel};
    ///
    /// let wheel: Wheel<u32, _, 4> = Wheel::with_store(HeapStore::new());
    /// assert!(wheel.is_empty());
    /// # }
    /// ```
    #[must_use]
    pub const fn with_store(store: S) -> Self {
        Self {
            slab: Slab::new(store),
            lists: Lists::new(),
            now: Tick::ZERO,
            reached: Tick::ZERO,
        }
    }

    /// Returns how many timers fit without allocating.
    ///
    /// A [`FixedWheel`] never holds more than this.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.slab.capacity()
    }

    /// Adds a timer, to be given out by [`pop_due`](Self::pop_due) once the time has reached
    /// `deadline`.
    ///
    /// A `deadline` that is not after [`now`](Self::now) is late: it becomes due at the next
    /// [`advance`](Self::advance), not at once.
    ///
    /// # Errors
    ///
    /// [`Full`] gives the value back if all of a [`FixedWheel`]'s places are taken, or if there is
    /// no memory for more timers, or no number: a wheel holds fewer than 2<sup>32</sup>.
    // Inlined, so that the value is made in its place.
    #[inline(always)]
    pub fn insert(&mut self, deadline: Tick, value: T) -> Result<Key, Full<T>> {
        let key = self.slab.insert(deadline, value).map_err(Full::new)?;
        let place = self.place_of(deadline);
        let entries = self.slab.entries_mut();
        self.lists.push_back(entries, key.index(), deadline, place);
        Ok(key)
    }

    /// Removes a timer and returns its value, even if it is due already but not popped.
    ///
    /// Returns `None` if the timer has been popped or cancelled before.
    pub fn cancel(&mut self, key: Key) -> Option<T> {
        let index = self.slab.index_of(key)?;
        let (_, value) = self.remove(index)?;
        Some(value)
    }

    /// Gives a timer a new deadline; its key stays valid.
    ///
    /// Among timers with an equal deadline it is the last, as if just inserted. A timer that was
    /// due but not popped waits again, and one whose new deadline is not after [`now`](Self::now)
    /// becomes due at the next [`advance`](Self::advance).
    ///
    /// # Errors
    ///
    /// [`Stale`] if the timer has been popped or cancelled before.
    pub fn reset(&mut self, key: Key, deadline: Tick) -> Result<(), Stale> {
        let index = self.slab.index_of(key).ok_or(Stale::new())?;
        let place = self.place_of(deadline);
        let entries = self.slab.entries_mut();
        self.lists.unlink(entries, index);
        entries[index as usize].set_deadline(deadline);
        self.lists.push_back(entries, index, deadline, place);
        self.settle();
        Ok(())
    }

    /// Returns the value of a timer, or `None` if it has been popped or cancelled.
    #[must_use]
    pub fn get(&self, key: Key) -> Option<&T> {
        self.slab.get(key)?.value()
    }

    /// Returns the value of a timer for change, or `None` if it has been popped or cancelled.
    #[must_use]
    pub fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let index = self.slab.index_of(key)?;
        self.slab.entries_mut()[index as usize].value_mut()
    }

    /// Returns the deadline of a timer, or `None` if it has been popped or cancelled.
    #[must_use]
    pub fn deadline(&self, key: Key) -> Option<Tick> {
        Some(self.slab.get(key)?.deadline())
    }

    /// Tells whether a timer has neither been popped nor cancelled.
    #[must_use]
    pub fn contains(&self, key: Key) -> bool {
        self.slab.index_of(key).is_some()
    }

    /// Moves the time to `now`; every timer whose deadline is not after `now` becomes due.
    ///
    /// Takes a few instructions if no timer is late and the time enters no occupied slot, and never
    /// longer for a far jump than for the timers on the way; most of these are moved when those
    /// before them have been popped. A time before [`now`](Self::now)
    /// changes nothing.
    pub fn advance(&mut self, now: Tick) {
        if now < self.now {
            return;
        }
        if !self.lists.late_is_empty() {
            // What was due before has its turn before.
            self.collect_due();
            self.distribute(Place::LATE);
        }
        self.now = now;
        self.settle();
    }

    /// Takes the next due timer, in firing order; its key is dead from then on.
    ///
    /// Returns `None` if every timer that became due until the last [`advance`](Self::advance) has
    /// been taken or cancelled.
    #[must_use = "a popped timer is gone from the wheel"]
    pub fn pop_due(&mut self) -> Option<(Key, T)> {
        let mut index = self.lists.head_of(Place::DUE);
        if index == NIL {
            if self.reached == self.now {
                return None;
            }
            let (place, _) = self.lists.first(self.reached)?;
            index = self.lists.head_of(place);
        }
        self.remove(index)
    }

    /// Removes all timers and returns them, due or not, in no particular order.
    ///
    /// Dropping the iterator drops the rest. Their keys are dead. The time stays.
    pub fn drain(&mut self) -> Drain<'_, T, S, LEVELS> {
        Drain::new(self)
    }

    /// Drops all timers; their keys are dead. The time and the memory stay.
    ///
    /// # Panics
    ///
    /// Panics if dropping a value does. The timers that were not dropped by then stay in the wheel,
    /// which can still be used.
    pub fn clear(&mut self) {
        drop(self.drain());
    }

    /// Returns the place of a timer that is inserted, or reset, now.
    #[inline]
    fn place_of(&self, deadline: Tick) -> Place {
        if deadline <= self.now {
            Place::LATE
        } else {
            Place::of::<LEVELS>(self.reached, deadline)
        }
    }

    /// Sees to it that the first one that is due is at hand, if one is.
    #[inline]
    fn settle(&mut self) {
        if self.reached != self.now {
            self.move_down();
        }
    }

    /// Moves timers down until the first one that is due is at hand, or none is.
    ///
    /// The timers of one tick are left in their slot: each is moved down once less.
    #[inline(never)]
    fn move_down(&mut self) {
        while self.reached != self.now && self.lists.due_is_empty() {
            match self.lists.first(self.reached) {
                Some((place, start)) if start <= self.now => {
                    if place.is_of_one_tick() {
                        break;
                    }
                    self.enter(place);
                }
                _ => self.reached = self.now,
            }
        }
    }

    /// Moves every timer that is due into the due list.
    fn collect_due(&mut self) {
        while let Some((place, start)) = self.lists.first(self.reached) {
            if start > self.now {
                break;
            }
            self.enter(place);
        }
        self.reached = self.now;
    }

    /// Moves the timers of the place that is entered first.
    fn enter(&mut self, place: Place) {
        // No timer is due between the slot's start and its earliest deadline, so the steps down to
        // the levels between them can be skipped.
        self.reached = self.lists.earliest_of(place).min(self.now);
        self.distribute(place);
    }

    /// Empties the list at `place`, which the time has entered, and gives each of its timers, in
    /// order, the place that it now has. Equal deadlines stay in order: a younger timer with the
    /// same deadline is either behind in this list or, being inserted after this, behind in the
    /// next.
    fn distribute(&mut self, place: Place) {
        let entries = self.slab.entries_mut();
        let mut last = self.lists.tail_of(place);
        let mut index = self.lists.take(place);
        while index != NIL {
            // One neighbour has to come from memory before the next is known. So the list is read
            // from both ends: half of it is at hand when its turn comes.
            if S::IS_SCATTERED {
                if let Some(entry) = entries.get(last as usize) {
                    let is_left = entry.place() == place;
                    last = black_box(if is_left { entry.previous() } else { NIL });
                }
            }
            let entry = &entries[index as usize];
            let (deadline, next) = (entry.deadline(), entry.next());
            let place = match Place::of::<LEVELS>(self.reached, deadline) {
                Place::LATE => Place::DUE,
                waiting => waiting,
            };
            self.lists.push_back(entries, index, deadline, place);
            index = next;
        }
    }

    // Inlined, so that the value, which may be large, is not handed on in memory.
    #[inline(always)]
    fn remove(&mut self, index: u32) -> Option<(Key, T)> {
        self.lists.unlink(self.slab.entries_mut(), index);
        self.settle();
        self.slab.remove(index)
    }
}

impl<T, S, const LEVELS: usize> fmt::Debug for Wheel<T, S, LEVELS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wheel")
            .field("now", &self.now)
            .field("len", &self.len())
            .field("next_deadline", &self.next_deadline())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
