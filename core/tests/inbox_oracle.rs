//! Compares the inbox, in both of its forms, and the capacity with naive models.
#![cfg(not(crochet_loom))]

#[path = "oracle/capacity.rs"]
mod capacity;
#[path = "oracle/inbox.rs"]
mod oracle;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn operations() -> impl Strategy<Value = Vec<oracle::Op>> {
    vec(any::<u8>(), 0..100).prop_map(|bytes| oracle::decode(&bytes))
}

fn capacity_operations() -> impl Strategy<Value = Vec<capacity::Op>> {
    let operation = prop_oneof![
        4 => Just(capacity::Op::Take),
        4 => Just(capacity::Op::Await),
        3 => (0..4_u8).prop_map(capacity::Op::Release),
    ];
    vec(operation, 0..100)
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 1_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_inbox_agrees_with_the_model(ops in operations()) {
        oracle::run_linked(&ops);
    }

    #[test]
    fn a_fixed_inbox_agrees_with_the_model(ops in operations()) {
        oracle::run_fixed::<3>(&ops);
    }

    #[test]
    fn a_fixed_inbox_of_one_place_agrees_with_the_model(ops in operations()) {
        oracle::run_fixed::<1>(&ops);
    }

    #[test]
    fn a_fixed_inbox_without_a_place_agrees_with_the_model(ops in operations()) {
        oracle::run_fixed::<0>(&ops);
    }

    #[test]
    fn a_capacity_agrees_with_the_model(limit in 0..5_usize, ops in capacity_operations()) {
        capacity::run(limit, &ops);
    }
}
