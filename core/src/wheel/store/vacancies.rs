//! Finds a vacant entry with a low index.
//!
//! Reusing the entry freed last would be simpler. But timers fire in another order than they were
//! made in, so after many have fired such a list leads through all of the memory, and every timer
//! made from then on costs a cache miss, as does each neighbour in its list.

use crate::wheel::lists::NIL;
use alloc::collections::TryReserveError;
use alloc::vec::Vec;
use core::mem;

/// Is a set of indices, as a tree of bits and a spare one: taking one and putting one in touch a word
/// at each level at most, and mostly just one.
///
/// Bit `i` of level 0 tells whether `i` is in the set, and bit `i` of any other level whether word
/// `i` of the level below has a bit.
pub(super) struct Vacancies {
    /// One that is not in the tree, or [`NIL`]: what comes and goes by itself stays out of it.
    spare: u32,
    levels: [Vec<u64>; LEVELS],
    /// The word of level 0 that was taken from last.
    word: usize,
}

/// How many levels there are: the words of the last one, of 2<sup>24</sup> indices each, are tried
/// one after the other.
const LEVELS: usize = 4;

/// How many bits of an index select a bit within a word.
const BITS: u32 = u64::BITS.ilog2();

impl Vacancies {
    pub(super) const fn new() -> Self {
        Self {
            spare: NIL,
            levels: [const { Vec::new() }; LEVELS],
            word: 0,
        }
    }

    /// Makes room for the indices below `count`, which are not put in.
    pub(super) fn reach(&mut self, count: usize) -> Result<(), TryReserveError> {
        let mut words = count;
        for level in &mut self.levels {
            words = words.div_ceil(1 << BITS);
            if words > level.len() {
                level.try_reserve(words - level.len())?;
                level.resize(words, 0);
            }
        }
        Ok(())
    }

    /// Takes an index out of the set: the spare one, one near the last, or the lowest.
    #[inline]
    pub(super) fn take(&mut self) -> Option<u32> {
        if self.spare != NIL {
            return Some(mem::replace(&mut self.spare, NIL));
        }
        self.take_from_tree()
    }

    fn take_from_tree(&mut self) -> Option<u32> {
        let bits = match self.levels[0].get_mut(self.word) {
            Some(bits) if *bits != 0 => bits,
            _ => {
                self.word = self.first_word()?;
                &mut self.levels[0][self.word]
            }
        };
        let index = self.word << BITS | bits.trailing_zeros() as usize;
        *bits &= *bits - 1;
        if *bits == 0 {
            self.empty(self.word);
        }
        // Not truncated: there is no room for more.
        Some(index as u32)
    }

    /// Puts an index in for which there is room, less than [`NIL`].
    #[inline]
    pub(super) fn put(&mut self, index: u32) {
        if self.spare == NIL {
            self.spare = index;
        } else {
            self.put_into_tree(index);
        }
    }

    fn put_into_tree(&mut self, index: u32) {
        let mut at = index as usize;
        for level in &mut self.levels {
            let bits = &mut level[at >> BITS];
            let was = *bits;
            *bits |= bit(at);
            if was != 0 {
                break;
            }
            at >>= BITS;
        }
    }

    /// Returns the first word of level 0 that has a bit.
    #[cold]
    fn first_word(&self) -> Option<usize> {
        let (top, below) = self.levels.split_last()?;
        let mut word = top.iter().position(|&bits| bits != 0)?;
        word = word << BITS | top[word].trailing_zeros() as usize;
        for level in below[1..].iter().rev() {
            word = word << BITS | level[word].trailing_zeros() as usize;
        }
        Some(word)
    }

    /// Notes that a word of level 0 has no bit any more.
    #[cold]
    fn empty(&mut self, mut at: usize) {
        for level in &mut self.levels[1..] {
            let bits = &mut level[at >> BITS];
            *bits &= !bit(at);
            if *bits != 0 {
                break;
            }
            at >>= BITS;
        }
    }
}

/// Returns the bit of `at` in its word.
const fn bit(at: usize) -> u64 {
    1 << (at % (1 << BITS))
}

#[cfg(test)]
mod tests {
    use super::Vacancies;
    use alloc::collections::BTreeSet;
    use alloc::vec::Vec;

    #[test]
    fn what_is_put_in_is_taken_once() {
        // Two words of level 2, so that every level but the last has more than one.
        const COUNT: u32 = 64 * 64 * 64 + 100;
        let mut vacancies = Vacancies::new();
        assert_eq!(vacancies.take(), None);
        vacancies.reach(COUNT as usize).expect("there is memory");
        assert_eq!(vacancies.take(), None);

        let mut expected = BTreeSet::new();
        for step in 0..COUNT {
            // Coprime to the count, so that each index comes once.
            let index = (u64::from(step) * 15_485_863 % u64::from(COUNT)) as u32;
            assert!(expected.insert(index));
            vacancies.put(index);
            if step % 3 == 0 {
                let taken = vacancies.take().expect("one is there");
                assert!(expected.remove(&taken), "{taken} is not there");
            }
        }
        while let Some(taken) = vacancies.take() {
            assert!(expected.remove(&taken), "{taken} is not there");
        }
        assert!(expected.is_empty());
    }

    #[test]
    fn indices_that_were_put_in_without_order_are_taken_in_order() {
        let mut vacancies = Vacancies::new();
        vacancies.reach(10_000).expect("there is memory");
        for step in 0..10_000 {
            vacancies.put(step * 7_919 % 10_000);
        }
        let spare = vacancies.take();
        let taken: Vec<u32> = core::iter::from_fn(|| vacancies.take()).collect();
        assert_eq!(spare, Some(0), "the first is kept at hand");
        assert_eq!(taken, (1..10_000).collect::<Vec<_>>());
    }

    #[test]
    fn one_that_comes_and_goes_stays_the_same() {
        let mut vacancies = Vacancies::new();
        vacancies.reach(300).expect("there is memory");
        (100..300).for_each(|index| vacancies.put(index));
        let first = vacancies.take().expect("there are some");
        for _ in 0..10 {
            vacancies.put(first);
            assert_eq!(vacancies.take(), Some(first));
        }
        let second = vacancies.take().expect("there are more");
        for _ in 0..10 {
            vacancies.put(first);
            vacancies.put(second);
            assert_eq!(vacancies.take(), Some(first));
            assert_eq!(vacancies.take(), Some(second));
        }
    }
}
