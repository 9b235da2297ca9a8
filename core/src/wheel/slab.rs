//! Gives each timer an entry that stays where it is, and a key that dies with it.

use super::lists::{NIL, Place};
use super::store::{Store, WornOut};
use crate::time::Tick;
use core::marker::PhantomData;
use core::num::NonZeroU32;

/// Names a timer of a wheel, until the timer is popped or cancelled.
///
/// A key is worth nothing in another wheel, where it may name another timer or none.
///
/// Keys of one entry differ in their generation, of which there are 2<sup>32</sup> - 1. On the heap
/// an entry that has used up its generations is never used again, so a dead key stays dead. In a
/// fixed wheel generations start over, lest the wheel wear out: a dead key names a timer again if
/// it is kept while its entry is reused exactly a multiple of 2<sup>32</sup> - 1 times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    index: u32,
    generation: NonZeroU32,
}

/// Is one timer, linked into the list at its place; or, without a value, vacant.
#[derive(Debug)]
pub struct Entry<T> {
    deadline: Tick,
    previous: u32,
    next: u32,
    generation: NonZeroU32,
    place: Place,
    value: Option<T>,
}

/// Is all entries, and how many are taken.
pub(super) struct Slab<T, S> {
    store: S,
    len: u32,
    values: PhantomData<T>,
}

impl<T> Entry<T> {
    pub(super) const VACANT: Self = Self {
        deadline: Tick::ZERO,
        previous: NIL,
        next: NIL,
        generation: NonZeroU32::MIN,
        place: Place::LATE,
        value: None,
    };

    pub(super) fn deadline(&self) -> Tick {
        self.deadline
    }

    pub(super) fn set_deadline(&mut self, deadline: Tick) {
        self.deadline = deadline;
    }

    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Makes this the last entry of the list at `place`, after `previous`.
    pub(super) fn append(&mut self, place: Place, previous: u32) {
        self.place = place;
        self.previous = previous;
        self.next = NIL;
    }

    pub(super) fn previous(&self) -> u32 {
        self.previous
    }

    pub(super) fn set_previous(&mut self, index: u32) {
        self.previous = index;
    }

    pub(super) fn next(&self) -> u32 {
        self.next
    }

    pub(super) fn set_next(&mut self, index: u32) {
        self.next = index;
    }

    pub(super) fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    pub(super) fn value_mut(&mut self) -> Option<&mut T> {
        self.value.as_mut()
    }
}

impl<T, S> Slab<T, S> {
    pub(super) const fn new(store: S) -> Self {
        Self {
            store,
            len: 0,
            values: PhantomData,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len as usize
    }
}

impl Key {
    pub(super) fn index(self) -> u32 {
        self.index
    }
}

impl<T, S: Store<T>> Slab<T, S> {
    pub(super) fn capacity(&self) -> usize {
        self.store.capacity()
    }

    /// Returns all entries, for the lists to link.
    pub(super) fn entries_mut(&mut self) -> &mut [Entry<T>] {
        self.store.entries_mut()
    }

    /// Fills a vacant entry, which the caller then links into a list; gives the value back if there
    /// is none.
    #[inline(always)]
    pub(super) fn insert(&mut self, deadline: Tick, value: T) -> Result<Key, T> {
        let Some(index) = self.store.take_vacant() else {
            return Err(value);
        };
        let entry = &mut self.store.entries_mut()[index as usize];
        entry.deadline = deadline;
        entry.value = Some(value);
        self.len += 1;
        Ok(Key {
            index,
            generation: entry.generation,
        })
    }

    /// Empties an entry that the caller has unlinked; returns `None` if it is vacant.
    #[inline(always)]
    pub(super) fn remove(&mut self, index: u32) -> Option<(Key, T)> {
        let entry = &mut self.store.entries_mut()[index as usize];
        let value = entry.value.take()?;
        let key = Key {
            index,
            generation: entry.generation,
        };
        self.len -= 1;
        entry.generation = match (entry.generation.checked_add(1), S::WORN_OUT) {
            (Some(generation), _) => generation,
            (None, WornOut::StartOver) => NonZeroU32::MIN,
            // The store does not get the entry back, so it is vacant, and its keys dead, for ever.
            (None, WornOut::Retire) => return Some((key, value)),
        };
        self.store.put_vacant(index);
        Some((key, value))
    }

    /// Returns the entry that `key` names, or `None` if the key is dead.
    pub(super) fn get(&self, key: Key) -> Option<&Entry<T>> {
        let entry = self.store.entries().get(key.index as usize)?;
        // A vacant entry has a generation too, which a key of another wheel may happen to have.
        (entry.generation == key.generation && entry.value.is_some()).then_some(entry)
    }

    /// Returns the index of the entry that `key` names, or `None` if the key is dead.
    pub(super) fn index_of(&self, key: Key) -> Option<u32> {
        self.get(key).map(|_| key.index)
    }

    pub(super) fn is_occupied(&self, index: u32) -> bool {
        self.store.entries()[index as usize].value.is_some()
    }
}

#[cfg(test)]
mod tests;
