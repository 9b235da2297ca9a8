//! Compares the eventual result with a naive model, in every order of the operations on its halves.
#![cfg(not(crochet_loom))]

#[path = "oracle/eventual.rs"]
mod oracle;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

const SLOTS: usize = if cfg!(feature = "alloc") {
    usize::MAX
} else {
    1
};

fn operations() -> impl Strategy<Value = Vec<oracle::Op>> {
    vec(any::<u8>(), 0..60).prop_map(|bytes| oracle::decode(&bytes))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn an_eventual_result_agrees_with_the_model(ops in operations()) {
        oracle::run(SLOTS, &ops);
    }
}
