use super::vacancies::Vacancies;
use super::{Entries, WornOut};
use crate::wheel::lists::NIL;
use crate::wheel::slab::Entry;
use alloc::vec::Vec;
use core::fmt;

/// Keeps timers on the heap and grows as needed, by a quarter at a time; it never shrinks.
pub struct HeapStore<T> {
    entries: Vec<Entry<T>>,
    /// The entries that have been given back. There is room for all.
    vacancies: Vacancies,
}

/// How many entries the first growth makes room for.
const FIRST: usize = 16;

impl<T> HeapStore<T> {
    /// Makes a store without timers and without allocating.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
            vacancies: Vacancies::new(),
        }
    }

    /// Makes a store with memory for `capacity` timers.
    ///
    /// # Panics
    ///
    /// Panics if the memory would exceed `isize::MAX` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        let mut vacancies = Vacancies::new();
        let entries = Vec::with_capacity(capacity);
        vacancies
            .reach(entries.capacity())
            .expect("the entries took more");
        Self { entries, vacancies }
    }

    #[cold]
    fn reserve(&mut self) -> Option<()> {
        let more = FIRST.max(self.entries.len() / 4);
        self.entries.try_reserve_exact(more).ok()?;
        self.vacancies.reach(self.entries.capacity()).ok()
    }
}

impl<T> Default for HeapStore<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Entries<T> for HeapStore<T> {
    const WORN_OUT: WornOut = WornOut::Retire;

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
        if self.entries.len() == self.entries.capacity() {
            self.reserve()?;
        }
        self.entries.push(Entry::VACANT);
        Some(index)
    }

    #[inline]
    fn put_vacant(&mut self, index: u32) {
        self.vacancies.put(index);
    }

    fn capacity(&self) -> usize {
        self.entries.capacity()
    }
}

impl<T> fmt::Debug for HeapStore<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapStore")
            .field("capacity", &self.entries.capacity())
            .finish_non_exhaustive()
    }
}
