//! Lists of operations on the inbox, in both of its forms.
#![no_main]

#[path = "../../core/tests/oracle/inbox.rs"]
mod oracle;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let ops = oracle::decode(bytes);
    oracle::run_linked(&ops);
    oracle::run_fixed::<1>(&ops);
    oracle::run_fixed::<3>(&ops);
});
