use super::vacancies::Vacancies;
use super::{Entries, WornOut};
use crate::wheel::lists::NIL;
use crate::wheel::slab::Entry;
use alloc::collections::TryReserveError;
use alloc::vec::Vec;
use core::fmt;

/// Keeps timers on the heap and grows as needed, by a quarter at a time; it never shrinks.
pub struct HeapStore<T> {
    entries: Vec<Entry<T>>,
    /// The entries that have been given back.
    vacancies: Vacancies,
    /// For how many entries there is room in both.
    room: usize,
}

/// By how many entries it grows at least.
const STEP: usize = 16;

impl<T> HeapStore<T> {
    /// Makes a store without timers and without allocating.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
            vacancies: Vacancies::new(),
            room: 0,
        }
    }

    /// Makes a store with memory for `capacity` timers.
    ///
    /// # Panics
    ///
    /// Panics if the memory would exceed `isize::MAX` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        let mut store = Self {
            entries: Vec::with_capacity(capacity),
            ..Self::new()
        };
        match store.reserve(0) {
            // Tried again, and an error then, when the room is needed.
            Ok(()) | Err(_) => store,
        }
    }

    /// Makes room for so many entries more, in both or, as far as others can tell, in neither.
    #[cold]
    fn reserve(&mut self, more: usize) -> Result<(), TryReserveError> {
        self.entries.try_reserve_exact(more)?;
        self.vacancies.reach(self.entries.capacity())?;
        self.room = self.entries.capacity();
        Ok(())
    }
}

impl<T> Default for HeapStore<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Entries<T> for HeapStore<T> {
    const WORN_OUT: WornOut = WornOut::Retire;
    const IS_SCATTERED: bool = true;

    fn entries(&self) -> &[Entry<T>] {
        &self.entries
    }

    fn entries_mut(&mut self) -> &mut [Entry<T>] {
        &mut self.entries
    }

    #[inline]
    fn take_vacant(&mut self) -> Option<u32> {
        if let Some(index) = self.vacancies.take() {
            return Some(index);
        }
        let index = u32::try_from(self.entries.len()).ok()?;
        if index == NIL {
            return None;
        }
        if self.entries.len() == self.room {
            let quarter = self.room / 4;
            let steps = [quarter.max(STEP), STEP];
            steps.into_iter().find(|more| self.reserve(*more).is_ok())?;
        }
        self.entries.push(Entry::VACANT);
        Some(index)
    }

    #[inline]
    fn put_vacant(&mut self, index: u32) {
        self.vacancies.put(index);
    }

    fn capacity(&self) -> usize {
        self.room
    }
}

impl<T> fmt::Debug for HeapStore<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapStore")
            .field("capacity", &self.room)
            .finish_non_exhaustive()
    }
}
