//! Ids of stashed results.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::process;
use std::str::FromStr;
use std::time::SystemTime;

/// Names a result in the stash. Made to be kept in a web session: `Display` and `FromStr` give and
/// take 32 hexadecimal digits.
///
/// An id is used once in the life of a process. It is 128 bits long and cannot be guessed from
/// others: it is a counter, enciphered under a key of 128 bits that the standard library takes from
/// the system's random source (by [`RandomState`], whose SipHash is a keyed pseudo-random function
/// made to withstand an adversary who sees its outputs). That guards results from visitors who make
/// ids up. It does not make an id a password: whoever reads it can fetch the result.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ResultId(u128);

/// A text is not an id: it is not 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParseResultIdError(());

const DIGITS: usize = 32;

impl fmt::Display for ResultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for ResultId {
    type Err = ParseResultIdError;

    fn from_str(text: &str) -> Result<Self, ParseResultIdError> {
        let is_id = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id
            .then(|| u128::from_str_radix(text, 16).ok())
            .flatten()
            .map(Self)
            .ok_or(ParseResultIdError(()))
    }
}

impl fmt::Display for ParseResultIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the id of a result is 32 hexadecimal digits")
    }
}

impl std::error::Error for ParseResultIdError {}

/// Turns numbers into ids and back: a permutation of 128 bits that is secret to the process, so
/// different numbers have different ids.
///
/// A Feistel network over two halves of 64 bits, with SipHash as its round function.
#[derive(Debug)]
pub(super) struct Cipher {
    key: RandomState,
    // A forked child inherits what the standard library draws keys from, and so do its siblings.
    process: u32,
    made: Option<u128>,
}

/// With a pseudo-random round function, four rounds suffice against an adversary who sees ids and
/// tries others; the rest is margin.
const ROUNDS: u8 = 8;

impl Cipher {
    pub(super) fn new() -> Self {
        let made = SystemTime::UNIX_EPOCH.elapsed();
        Self {
            key: RandomState::new(),
            process: process::id(),
            made: made.ok().map(|made| made.as_nanos()),
        }
    }

    /// Returns the id of a number.
    pub(super) fn id(&self, number: u64) -> ResultId {
        let (mut high, mut low) = (0, number);
        for round in 0..ROUNDS {
            (high, low) = (low, high ^ self.mix(round, low));
        }
        ResultId(u128::from(high) << 64 | u128::from(low))
    }

    /// Returns the number of an id, if it is one of this cipher's.
    pub(super) fn number(&self, id: ResultId) -> Option<u64> {
        let mut high = (id.0 >> 64) as u64;
        let mut low = id.0 as u64;
        for round in (0..ROUNDS).rev() {
            (high, low) = (low ^ self.mix(round, high), high);
        }
        (high == 0).then_some(low)
    }

    fn mix(&self, round: u8, half: u64) -> u64 {
        self.key.hash_one((self.process, self.made, round, half))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_number_has_an_id_of_its_own_which_leads_back_to_it() {
        let cipher = Cipher::new();
        let numbers: Vec<u64> = (0..10_000).chain([u64::MAX, 1 << 63, 1 << 32]).collect();
        let ids: HashSet<ResultId> = numbers.iter().map(|number| cipher.id(*number)).collect();
        assert_eq!(ids.len(), numbers.len());
        for number in numbers {
            assert_eq!(cipher.number(cipher.id(number)), Some(number));
        }
    }

    #[test]
    fn what_is_near_an_id_is_no_id() {
        let cipher = Cipher::new();
        for number in 0..100 {
            let ResultId(id) = cipher.id(number);
            for bit in 0..128 {
                assert_eq!(cipher.number(ResultId(id ^ 1 << bit)), None);
            }
        }
    }

    #[test]
    fn successive_ids_differ_in_about_half_of_their_bits() {
        let cipher = Cipher::new();
        let flips: u32 = (0..1000)
            .map(|number| (cipher.id(number).0 ^ cipher.id(number + 1).0).count_ones())
            .sum();
        // 64 000 on average; the standard deviation is 179.
        assert!((62_000..66_000).contains(&flips), "{flips}");
    }

    #[test]
    fn ids_of_another_cipher_are_none_of_this_one() {
        let (here, there) = (Cipher::new(), Cipher::new());
        assert!((0..1000).all(|number| here.number(there.id(number)).is_none()));
    }

    #[test]
    fn siblings_that_inherit_a_key_have_different_ids() {
        let parent = Cipher::new();
        let child = |process| Cipher {
            key: parent.key.clone(),
            process,
            made: parent.made,
        };
        assert_ne!(child(100).id(0), child(101).id(0));
    }

    #[test]
    fn an_id_survives_its_text() {
        for id in [ResultId(0), ResultId(u128::MAX), Cipher::new().id(7)] {
            assert_eq!(id.to_string().len(), DIGITS);
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
        }
        let near = ["", "0", "+0000000000000000000000000000000", " "];
        for text in near {
            assert_eq!(text.parse::<ResultId>(), Err(ParseResultIdError(())));
        }
        assert!("0".repeat(33).parse::<ResultId>().is_err());
        assert!("g".repeat(32).parse::<ResultId>().is_err());
    }
}
