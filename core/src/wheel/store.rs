//! Says where the entries of a wheel are kept.

mod fixed;
#[cfg(feature = "alloc")]
mod heap;
#[cfg(not(feature = "alloc"))]
#[path = "store/no_heap.rs"]
mod heap;
#[cfg(feature = "alloc")]
mod vacancies;

use super::slab::Entry;

pub use fixed::FixedStore;
pub use heap::HeapStore;

/// Is where a [`Wheel`](super::Wheel) keeps its timers: a [`HeapStore`] or a [`FixedStore`].
///
/// This trait is sealed, because a wheel's links are indices into the store.
pub trait Store<T>: Entries<T> {}

impl<T, S: Entries<T>> Store<T> for S {}

/// Is what a store does for the wheel. Its name is not public, which seals [`Store`].
pub trait Entries<T> {
    /// What becomes of an entry that has used up its generations.
    const WORN_OUT: WornOut;

    /// Whether neighbours in a list may be so far apart that each is a miss of the caches.
    const IS_SCATTERED: bool;

    /// Returns the entries, at least those that [`take_vacant`](Self::take_vacant) has given out.
    fn entries(&self) -> &[Entry<T>];

    /// Returns the same entries for change.
    fn entries_mut(&mut self) -> &mut [Entry<T>];

    /// Returns the index of a vacant entry, which is less than [`NIL`](super::lists::NIL), and does
    /// not do so again until it is given back; returns `None` if there is no room.
    fn take_vacant(&mut self) -> Option<u32>;

    /// Takes back an entry that has become vacant.
    fn put_vacant(&mut self, index: u32);

    /// Returns how many entries there can be without allocating.
    fn capacity(&self) -> usize;
}

/// Says what becomes of an entry that has used up its generations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WornOut {
    /// It stays vacant for ever. Costs memory, once in 2<sup>32</sup> - 1 uses of one entry.
    Retire,
    /// It is used again from the first generation. Costs the certainty that a dead key stays dead.
    StartOver,
}
