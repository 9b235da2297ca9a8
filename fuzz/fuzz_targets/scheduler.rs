//! Lists of operations on the scheduler, with tasks that do things to it in turn.
#![no_main]

#[path = "../../core/tests/oracle/scheduler.rs"]
mod oracle;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    oracle::run(&oracle::decode(bytes));
});
