//! Links the entries of a wheel into lists, one for each place where a timer can be.

use super::slab::Entry;
use crate::time::Tick;

/// Says in which list a timer is: by the number of a slot, counted through all levels, or as one of
/// the other lists.
///
/// In slot `slot` of level `level` are deadlines in the block of the last level that the time is in, which first
/// differ from the time in digit `level`, counted from the lowest, where they have the value `slot`,
/// more than the time's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u16);

/// Is the index that means no entry.
pub(super) const NIL: u32 = u32::MAX;

/// How many bits of a deadline select a slot within a level.
const DIGIT: u32 = 6;
const SLOTS: usize = 64;

const _: () = assert!(SLOTS == 1 << DIGIT, "a digit names each slot of a level");
const _: () = assert!(
    SLOTS == u64::BITS as usize,
    "a level's bitmap has a bit for each slot"
);

/// Is every list of a wheel and the bitmaps that find the first one.
pub(super) struct Lists<const LEVELS: usize> {
    /// Bit `level` is set exactly if `occupied[level]` is not zero.
    levels: u16,
    /// Bit `slot` of `occupied[level]` is set exactly if `slots[level][slot]` is not empty.
    occupied: [u64; LEVELS],
    slots: [[List; SLOTS]; LEVELS],
    far: List,
    late: List,
    due: List,
}

/// Is a first-in first-out list of entries, doubly linked by index.
#[derive(Clone, Copy)]
struct List {
    head: u32,
    tail: u32,
    /// No entry has an earlier deadline. Removals leave it, unless they empty the list.
    earliest: Tick,
}

impl Place {
    /// The deadline lies in a later block of the last level.
    const FAR: Self = Self(u16::MAX);
    /// The deadline had passed at insertion; the timer becomes due with the next advance.
    pub(super) const LATE: Self = Self(u16::MAX - 1);
    /// The timer waits to be popped.
    pub(super) const DUE: Self = Self(u16::MAX - 2);

    /// Returns the place of a timer that is inserted at the time `now`.
    #[inline]
    pub(super) fn of<const LEVELS: usize>(now: Tick, deadline: Tick) -> Self {
        if deadline <= now {
            return Self::LATE;
        }
        let level = (now.get() ^ deadline.get()).ilog2() / DIGIT;
        if level as usize >= LEVELS {
            return Self::FAR;
        }
        let slot = deadline.get() >> (level * DIGIT) & (SLOTS as u64 - 1);
        Self::slot(level, slot as u32)
    }

    /// Returns the place of a slot.
    fn slot(level: u32, slot: u32) -> Self {
        // Not truncated: a level is less than 11, a slot less than 64.
        Self((level << DIGIT | slot) as u16)
    }

    fn level(self) -> u32 {
        u32::from(self.0) >> DIGIT
    }

    /// Returns the bit of the slot in its level's bitmap.
    fn bit(self) -> u64 {
        1 << (usize::from(self.0) % SLOTS)
    }

    /// Tells whether all timers here have the same deadline.
    pub(super) fn is_of_one_tick(self) -> bool {
        usize::from(self.0) < SLOTS
    }
}

impl<const LEVELS: usize> Lists<LEVELS> {
    pub(super) const fn new() -> Self {
        const {
            assert!(LEVELS >= 1, "a wheel has a level");
            assert!(
                LEVELS * (DIGIT as usize) < u64::BITS as usize,
                "a level is a digit of a tick"
            );
            assert!(
                LEVELS <= u16::BITS as usize,
                "a level has a bit in the bitmap of levels"
            );
        }
        Self {
            levels: 0,
            occupied: [0; LEVELS],
            slots: [[List::EMPTY; SLOTS]; LEVELS],
            far: List::EMPTY,
            late: List::EMPTY,
            due: List::EMPTY,
        }
    }

    pub(super) const fn late_is_empty(&self) -> bool {
        self.late.is_empty()
    }

    pub(super) const fn due_is_empty(&self) -> bool {
        self.due.is_empty()
    }

    /// Returns a tick that no entry's deadline is before, or `None` if there is no entry.
    pub(super) fn earliest(&self) -> Option<Tick> {
        let waiting = self.first_waiting().map(|place| self.earliest_of(place));
        if self.due.is_empty() && self.late.is_empty() {
            return waiting;
        }
        let at_hand = self.due.earliest.min(self.late.earliest);
        Some(waiting.map_or(at_hand, |waiting| waiting.min(at_hand)))
    }

    /// Returns the place that the time `now` enters first and the tick at which it does, or `None`
    /// if no timer waits for its deadline.
    ///
    /// The timers of one level are in slots after the time's, and before every timer of a higher
    /// level, so the first slot of the lowest level is the first of all.
    pub(super) fn first(&self, now: Tick) -> Option<(Place, Tick)> {
        let place = self.first_waiting()?;
        let start = if place == Place::FAR {
            block(self.far.earliest, LEVELS as u32 * DIGIT)
        } else {
            let shift = place.level() * DIGIT;
            let slot = u64::from(place.0) & (SLOTS as u64 - 1);
            block(now, shift + DIGIT) | slot << shift
        };
        Some((place, Tick::new(start)))
    }

    /// Returns a tick that no deadline at `place` is before.
    pub(super) fn earliest_of(&self, place: Place) -> Tick {
        self.list(place).earliest
    }

    /// Returns the first entry of a list, or [`NIL`].
    pub(super) fn head_of(&self, place: Place) -> u32 {
        self.list(place).head
    }

    /// Returns the last entry of a list, or [`NIL`].
    pub(super) fn tail_of(&self, place: Place) -> u32 {
        self.list(place).tail
    }

    /// Adds an entry at the end of a list.
    #[inline]
    pub(super) fn push_back<T>(
        &mut self,
        entries: &mut [Entry<T>],
        index: u32,
        deadline: Tick,
        place: Place,
    ) {
        let list = self.list_mut(place);
        let tail = list.tail;
        list.tail = index;
        list.earliest = list.earliest.min(deadline);
        if tail == NIL {
            list.head = index;
            if let Some(occupied) = self.occupied.get_mut(place.level() as usize) {
                *occupied |= place.bit();
                self.levels |= 1 << place.level();
            }
        } else {
            entries[tail as usize].set_next(index);
        }
        entries[index as usize].append(place, tail);
    }

    /// Takes an entry out of the list that it is in.
    #[inline]
    pub(super) fn unlink<T>(&mut self, entries: &mut [Entry<T>], index: u32) {
        let entry = &entries[index as usize];
        let (place, previous, next) = (entry.place(), entry.previous(), entry.next());
        if previous == NIL && next == NIL {
            self.empty(place);
            return;
        }
        if previous == NIL {
            self.list_mut(place).head = next;
        } else {
            entries[previous as usize].set_next(next);
        }
        if next == NIL {
            self.list_mut(place).tail = previous;
        } else {
            entries[next as usize].set_previous(previous);
        }
    }

    /// Empties a list and returns its first entry, from which the others can still be reached.
    pub(super) fn take(&mut self, place: Place) -> u32 {
        let head = self.list(place).head;
        self.empty(place);
        head
    }

    fn empty(&mut self, place: Place) {
        *self.list_mut(place) = List::EMPTY;
        if let Some(occupied) = self.occupied.get_mut(place.level() as usize) {
            *occupied &= !place.bit();
            if *occupied == 0 {
                self.levels &= !(1 << place.level());
            }
        }
    }

    /// Returns the place of the timers that are neither due nor late and whose deadlines are first.
    fn first_waiting(&self) -> Option<Place> {
        let level = self.levels.trailing_zeros();
        if let Some(occupied) = self.occupied.get(level as usize) {
            return Some(Place::slot(level, occupied.trailing_zeros()));
        }
        if self.far.is_empty() {
            None
        } else {
            Some(Place::FAR)
        }
    }

    #[inline]
    fn list(&self, place: Place) -> &List {
        match self.slots.as_flattened().get(usize::from(place.0)) {
            Some(slot) => slot,
            None => match place {
                Place::FAR => &self.far,
                Place::LATE => &self.late,
                _ => &self.due,
            },
        }
    }

    #[inline]
    fn list_mut(&mut self, place: Place) -> &mut List {
        match self.slots.as_flattened_mut().get_mut(usize::from(place.0)) {
            Some(slot) => slot,
            None => match place {
                Place::FAR => &mut self.far,
                Place::LATE => &mut self.late,
                _ => &mut self.due,
            },
        }
    }
}

impl List {
    const EMPTY: Self = Self {
        head: NIL,
        tail: NIL,
        earliest: Tick::MAX,
    };

    const fn is_empty(&self) -> bool {
        self.head == NIL
    }
}

/// Returns the first tick of the block of 2<sup>`bits`</sup> ticks that holds `tick`.
const fn block(tick: Tick, bits: u32) -> u64 {
    tick.get() >> bits << bits
}
