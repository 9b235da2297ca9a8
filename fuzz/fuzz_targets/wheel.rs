//! Lists of operations on the timer wheel, in each of its forms.
#![no_main]

#[path = "../../core/tests/oracle/wheel.rs"]
mod oracle;

use crochet_core::wheel::{FixedWheel, HeapStore, Wheel};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let ops = oracle::decode(bytes);
    oracle::run(Wheel::new(), usize::MAX, &ops);
    let shallow: Wheel<u32, _, 2> = Wheel::with_store(HeapStore::new());
    oracle::run(shallow, usize::MAX, &ops);
    oracle::run(FixedWheel::<u32, 16, 3>::fixed(), 16, &ops);
});
