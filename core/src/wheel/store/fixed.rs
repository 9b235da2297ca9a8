use super::{Entries, WornOut};
use crate::wheel::lists::NIL;
use crate::wheel::slab::Entry;
use core::fmt;

/// Keeps at most `N` timers in itself.
pub struct FixedStore<T, const N: usize> {
    entries: [Entry<T>; N],
    /// The entry that was given back last, which leads on to the one before.
    vacant: u32,
    /// How many have been given out at all.
    used: u32,
}

impl<T, const N: usize> FixedStore<T, N> {
    /// Makes a store without timers.
    #[must_use]
    pub const fn new() -> Self {
        const {
            assert!((N as u64) < NIL as u64, "an index is never NIL");
        }
        Self {
            entries: [const { Entry::VACANT }; N],
            vacant: NIL,
            used: 0,
        }
    }
}

impl<T, const N: usize> Default for FixedStore<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const N: usize> Entries<T> for FixedStore<T, N> {
    const WORN_OUT: WornOut = WornOut::StartOver;
    // It is small, and where it is used there may be no caches.
    const IS_SCATTERED: bool = false;

    fn entries(&self) -> &[Entry<T>] {
        &self.entries
    }

    fn entries_mut(&mut self) -> &mut [Entry<T>] {
        &mut self.entries
    }

    fn take_vacant(&mut self) -> Option<u32> {
        if self.vacant != NIL {
            let index = self.vacant;
            self.vacant = self.entries[index as usize].next();
            return Some(index);
        }
        let index = self.used;
        if index as usize == N {
            return None;
        }
        self.used += 1;
        Some(index)
    }

    fn put_vacant(&mut self, index: u32) {
        self.entries[index as usize].set_next(self.vacant);
        self.vacant = index;
    }

    fn capacity(&self) -> usize {
        N
    }
}

impl<T, const N: usize> fmt::Debug for FixedStore<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FixedStore")
            .field("capacity", &N)
            .finish_non_exhaustive()
    }
}
