//! Links the entries of a wheel into lists, one for each place where a timer can be.

use super::slab::Entry;
use crate::time::Tick;

/// Says in which list a timer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The deadline lies in the block of the last level that the time is in, and first differs from
    /// the time in digit `level`, where it has the value `slot`.
    Slot {
        /// A digit of the deadline, counted from the lowest, less than `LEVELS`.
        level: u8,
        /// The value of this digit, less than [`SLOTS`], and more than that of the time.
        slot: u8,
    },
    /// The deadline lies in a later block of the last level.
    Far,
    /// The deadline had passed at insertion; the timer becomes due with the next advance.
    Late,
    /// The timer waits to be popped.
    Due,
}

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
    /// Returns the place of a timer that is inserted at the time `now`.
    pub(super) fn of<const LEVELS: usize>(now: Tick, deadline: Tick) -> Self {
        if deadline <= now {
            return Self::Late;
        }
        let level = (now.get() ^ deadline.get()).ilog2() / DIGIT;
        if level as usize >= LEVELS {
            return Self::Far;
        }
        let slot = deadline.get() >> (level * DIGIT) & (SLOTS as u64 - 1);
        // Neither cast truncates: a level is less than 11, a slot less than 64.
        Self::Slot {
            level: level as u8,
            slot: slot as u8,
        }
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

    /// Returns the first due entry, or [`NIL`].
    pub(super) const fn first_due(&self) -> u32 {
        self.due.head
    }

    /// Returns a tick that no entry's deadline is before, or `None` if there is no entry.
    pub(super) fn earliest(&self) -> Option<Tick> {
        if !self.due.is_empty() || !self.late.is_empty() {
            return Some(self.due.earliest.min(self.late.earliest));
        }
        self.first_waiting().map(|place| self.earliest_of(place))
    }

    /// Returns the place that the time `now` enters first and the tick at which it does, or `None`
    /// if no timer waits for its deadline.
    ///
    /// The timers of one level are in slots after the time's, and before every timer of a higher
    /// level, so the first slot of the lowest level is the first of all.
    pub(super) fn first(&self, now: Tick) -> Option<(Place, Tick)> {
        let place = self.first_waiting()?;
        let start = match place {
            Place::Slot { level, slot } => {
                let shift = u32::from(level) * DIGIT;
                block(now, shift + DIGIT) | u64::from(slot) << shift
            }
            _ => block(self.far.earliest, LEVELS as u32 * DIGIT),
        };
        Some((place, Tick::new(start)))
    }

    /// Returns a tick that no deadline at `place` is before.
    pub(super) fn earliest_of(&self, place: Place) -> Tick {
        self.list(place).earliest
    }

    /// Adds an entry at the end of a list.
    pub(super) fn push_back<T>(&mut self, entries: &mut [Entry<T>], index: u32, place: Place) {
        if let Place::Slot { level, slot } = place {
            self.occupied[usize::from(level)] |= 1 << slot;
            self.levels |= 1 << level;
        }
        let list = self.list_mut(place);
        let tail = list.tail;
        list.tail = index;
        let entry = &mut entries[index as usize];
        list.earliest = list.earliest.min(entry.deadline());
        entry.set_place(place);
        entry.set_previous(tail);
        entry.set_next(NIL);
        if tail == NIL {
            list.head = index;
        } else {
            entries[tail as usize].set_next(index);
        }
    }

    /// Takes an entry out of the list that it is in.
    pub(super) fn unlink<T>(&mut self, entries: &mut [Entry<T>], index: u32) {
        let entry = &entries[index as usize];
        let (place, previous, next) = (entry.place(), entry.previous(), entry.next());
        let list = self.list_mut(place);
        if previous == NIL {
            list.head = next;
        } else {
            entries[previous as usize].set_next(next);
        }
        if next == NIL {
            list.tail = previous;
        } else {
            entries[next as usize].set_previous(previous);
        }
        if list.is_empty() {
            self.empty(place);
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
        if let Place::Slot { level, slot } = place {
            let occupied = &mut self.occupied[usize::from(level)];
            *occupied &= !(1 << slot);
            if *occupied == 0 {
                self.levels &= !(1 << level);
            }
        }
    }

    /// Returns the place of the timers that are neither due nor late and whose deadlines are first.
    fn first_waiting(&self) -> Option<Place> {
        let level = self.levels.trailing_zeros();
        if let Some(occupied) = self.occupied.get(level as usize) {
            // Neither cast truncates: `level` is less than `LEVELS` and a word has 64 bits.
            return Some(Place::Slot {
                level: level as u8,
                slot: occupied.trailing_zeros() as u8,
            });
        }
        if self.far.is_empty() {
            None
        } else {
            Some(Place::Far)
        }
    }

    fn list(&self, place: Place) -> &List {
        match place {
            Place::Slot { level, slot } => &self.slots[usize::from(level)][usize::from(slot)],
            Place::Far => &self.far,
            Place::Late => &self.late,
            Place::Due => &self.due,
        }
    }

    fn list_mut(&mut self, place: Place) -> &mut List {
        match place {
            Place::Slot { level, slot } => &mut self.slots[usize::from(level)][usize::from(slot)],
            Place::Far => &mut self.far,
            Place::Late => &mut self.late,
            Place::Due => &mut self.due,
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
