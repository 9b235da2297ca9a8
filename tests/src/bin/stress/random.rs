//! Random choices that the seed decides.

use std::ops::Range;
use std::time::Duration;

/// A stream of random numbers: Steele's, Lea's and Flood's SplitMix.
#[derive(Debug)]
pub(crate) struct Random {
    state: u64,
}

/// The step of the sequence: two to the 64th by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl Random {
    /// Makes one of the streams of a seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut one = Self {
            state: seed ^ stream.wrapping_mul(GOLDEN.rotate_left(17)),
        };
        one.state = one.next();
        one
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("a length is no longer than 64 bits");
        usize::try_from(self.next() % bound).expect("it is below a length")
    }

    /// Says yes once in so many times.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn micros(&mut self, range: Range<u64>) -> Duration {
        Duration::from_micros(range.start + self.next() % (range.end - range.start))
    }

    /// Picks one of several, each as often as its weight says.
    pub(crate) fn weighted<T: Copy>(&mut self, choices: &[(usize, T)]) -> T {
        let sum = choices.iter().map(|(weight, _)| weight).sum();
        let mut at = self.below(sum);
        for (weight, choice) in choices {
            if at < *weight {
                return *choice;
            }
            at -= weight;
        }
        unreachable!("the number is below the sum of the weights")
    }
}
