use super::{Key, Store, Wheel};
use core::fmt;
use core::iter::FusedIterator;

/// Takes all timers out of a wheel; made by [`Wheel::drain`].
pub struct Drain<'a, T, S: Store<T>, const LEVELS: usize> {
    wheel: &'a mut Wheel<T, S, LEVELS>,
    /// Every entry before this one is vacant.
    next: u32,
}

impl<'a, T, S: Store<T>, const LEVELS: usize> Drain<'a, T, S, LEVELS> {
    pub(super) fn new(wheel: &'a mut Wheel<T, S, LEVELS>) -> Self {
        Self { wheel, next: 0 }
    }
}

impl<T, S: Store<T>, const LEVELS: usize> Iterator for Drain<'_, T, S, LEVELS> {
    type Item = (Key, T);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.wheel.is_empty() {
            let index = self.next;
            self.next += 1;
            if self.wheel.slab.is_occupied(index) {
                return self.wheel.remove(index);
            }
        }
        None
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.wheel.len(), Some(self.wheel.len()))
    }
}

impl<T, S: Store<T>, const LEVELS: usize> ExactSizeIterator for Drain<'_, T, S, LEVELS> {}

impl<T, S: Store<T>, const LEVELS: usize> FusedIterator for Drain<'_, T, S, LEVELS> {}

impl<T, S: Store<T>, const LEVELS: usize> Drop for Drain<'_, T, S, LEVELS> {
    fn drop(&mut self) {
        // Each value is out of the wheel before it is dropped, so a panic leaves the wheel whole.
        while self.next().is_some() {}
    }
}

impl<T, S: Store<T>, const LEVELS: usize> fmt::Debug for Drain<'_, T, S, LEVELS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drain")
            .field("len", &self.wheel.len())
            .finish_non_exhaustive()
    }
}
