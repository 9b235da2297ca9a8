//! Lists of operations on the two halves of an eventual result.
#![no_main]

#[path = "../../core/tests/oracle/eventual.rs"]
mod oracle;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    oracle::run(usize::MAX, &oracle::decode(bytes));
});
