//! Values that are counted, and know when they are used after their end.

use std::hint;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::faults;

static MADE: AtomicU64 = AtomicU64::new(0);
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// What a [`Payload`] is filled with when it is dropped.
const GONE: u64 = 0xdead_dead_dead_dead;

/// A numbered value, which operations carry to the loop and give back.
///
/// It is on the heap, so that memory checkers see every use after its end, and repeats its number so
/// that the program sees some itself.
#[derive(Debug)]
pub(crate) struct Payload(Box<[u64; 4]>);

impl Payload {
    pub(crate) fn new(number: u64) -> Self {
        MADE.fetch_add(1, Ordering::Relaxed);
        Self(Box::new([number, !number, number, !number]))
    }

    pub(crate) fn number(&self) -> u64 {
        let [one, two, three, four] = *self.0;
        faults::expect(one == three && two == four && one == !two, || {
            format!("a payload has been overwritten: {:x?}", self.0)
        });
        one
    }
}

impl Clone for Payload {
    fn clone(&self) -> Self {
        Self::new(self.number())
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        self.number();
        self.0.fill(GONE);
        hint::black_box(&self.0);
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

/// How many payloads have been made, and how many dropped.
pub(crate) fn counts() -> (u64, u64) {
    let made = MADE.load(Ordering::Relaxed);
    (made, DROPPED.load(Ordering::Relaxed))
}

/// A value whose destructor panics.
#[derive(Debug)]
pub(crate) struct Bomb;

/// What panics that belong to the program say.
pub(crate) const ON_PURPOSE: &str = "on purpose";

impl Drop for Bomb {
    fn drop(&mut self) {
        // A second panic while the first is on its way would end the process, by the language's rules.
        if !std::thread::panicking() {
            panic!("{ON_PURPOSE}");
        }
    }
}
