use super::{Entries, WornOut};
use crate::wheel::lists::NIL;
use crate::wheel::slab::Entry;
use alloc::vec::Vec;
use core::fmt;

/// Keeps timers on the heap and grows as needed; it never shrinks.
pub struct HeapStore<T> {
    entries: Vec<Entry<T>>,
}

impl<T> HeapStore<T> {
    /// Makes a store without timers and without allocating.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
        }
    }

    /// Makes a store with memory for `capacity` timers.
    ///
    /// # Panics
    ///
    /// Panics if the memory would exceed `isize::MAX` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            entries: Vec::with_capacity(capacity),
        }
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

    fn grow(&mut self) -> Option<u32> {
        match u32::try_from(self.entries.len()) {
            Ok(index) if index != NIL && self.entries.try_reserve(1).is_ok() => {
                self.entries.push(Entry::VACANT);
                Some(index)
            }
            _ => None,
        }
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
