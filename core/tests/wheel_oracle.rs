//! Compares the timer wheel, in each of its forms, with a naive model.

#[path = "oracle/wheel.rs"]
mod oracle;

use crochet_core::wheel::FixedWheel;
use oracle::{Op, Pick, When};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// Gives spans that share slots, that cross the borders of levels, and that have any length.
fn spans() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0..4_u64,
        4 => 0..200_u64,
        2 => 0..10_000_u64,
        4 => (0..64_u32, -2..=2_i64)
            .prop_map(|(bit, offset)| (1_u64 << bit).wrapping_add_signed(offset)),
        1 => any::<u64>(),
    ]
}

/// Gives deadlines of which many are equal, though they are inserted at different times.
fn deadlines() -> impl Strategy<Value = When> {
    let landmarks = vec![
        63,
        64,
        65,
        100,
        4_095,
        4_096,
        5_000,
        262_144,
        262_145,
        1 << 24,
        u64::MAX,
    ];
    prop_oneof![
        5 => spans().prop_map(When::Ahead),
        1 => spans().prop_map(When::Behind),
        4 => prop::sample::select(landmarks).prop_map(When::At),
    ]
}

fn picks() -> impl Strategy<Value = Pick> {
    prop_oneof![
        3 => any::<usize>().prop_map(Pick::Pending),
        1 => any::<usize>().prop_map(Pick::Any),
    ]
}

fn operations() -> impl Strategy<Value = Vec<Op>> {
    let operation = prop_oneof![
        20 => deadlines().prop_map(Op::Insert),
        5 => picks().prop_map(Op::Cancel),
        6 => (picks(), deadlines()).prop_map(|(pick, when)| Op::Reset(pick, when)),
        8 => spans().prop_map(Op::Advance),
        3 => Just(Op::AdvanceToNext),
        1 => spans().prop_map(Op::Rewind),
        8 => (0..8_u8).prop_map(Op::Pop),
        1 => Just(Op::Drain),
    ];
    vec(operation, 0..120)
}

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_fixed_wheel_agrees_with_the_model(ops in operations()) {
        oracle::run(FixedWheel::<u32, 16, 3>::fixed(), 16, &ops);
    }

    #[test]
    fn a_fixed_wheel_of_one_level_agrees_with_the_model(ops in operations()) {
        oracle::run(FixedWheel::<u32, 64, 1>::fixed(), 64, &ops);
    }

    #[test]
    fn operations_read_from_bytes_agree_with_the_model(bytes in vec(any::<u8>(), 0..600)) {
        oracle::run(FixedWheel::<u32, 16, 10>::fixed(), 16, &oracle::decode(&bytes));
    }
}

#[cfg(feature = "alloc")]
mod heap {
    use super::{config, operations, oracle};
    use crochet_core::wheel::{HeapStore, Wheel};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn a_wheel_on_the_heap_agrees_with_the_model(ops in operations()) {
            oracle::run(Wheel::new(), usize::MAX, &ops);
        }

        #[test]
        fn a_wheel_whose_deadlines_are_far_agrees_with_the_model(ops in operations()) {
            let wheel: Wheel<u32, _, 2> = Wheel::with_store(HeapStore::new());
            oracle::run(wheel, usize::MAX, &ops);
        }
    }
}
