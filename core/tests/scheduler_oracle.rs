//! Compares the scheduler with a naive model, with tasks that wake, cancel, spawn, run, close and
//! panic from their polls and destructors.
#![cfg(all(feature = "alloc", not(crochet_loom)))]

#[path = "oracle/scheduler.rs"]
mod oracle;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn operations() -> impl Strategy<Value = Vec<oracle::Op>> {
    vec(any::<u8>(), 0..200).prop_map(|bytes| oracle::decode(&bytes))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_scheduler_agrees_with_the_model(ops in operations()) {
        oracle::run(&ops);
    }
}
