extern crate alloc;
extern crate std;

use super::{FixedStore, FixedWheel, Key, Stale, Store, Wheel};
use crate::time::Tick;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;
use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Mutex;

/// Is large enough for each test below, and has so few levels that far deadlines are near.
type Small = FixedWheel<u64, 64, 2>;

/// The number of ticks that the levels of `Small` span.
const BLOCK: u64 = 64 * 64;

fn add<T, S: Store<T>, const LEVELS: usize>(
    wheel: &mut Wheel<T, S, LEVELS>,
    deadline: u64,
    value: T,
) -> Key {
    wheel
        .insert(Tick::new(deadline), value)
        .expect("the wheel has room")
}

fn fire<T, S: Store<T>, const LEVELS: usize>(wheel: &mut Wheel<T, S, LEVELS>, now: u64) -> Vec<T> {
    wheel.advance(Tick::new(now));
    core::iter::from_fn(|| wheel.pop_due())
        .map(|(_, value)| value)
        .collect()
}

#[test]
fn timers_fire_in_the_order_of_their_deadlines() {
    let mut wheel = Small::fixed();
    let deadlines = [
        BLOCK * 3,
        5,
        BLOCK + 1,
        64,
        63,
        65,
        BLOCK - 1,
        1,
        BLOCK,
        4_000,
    ];
    for deadline in deadlines {
        add(&mut wheel, deadline, deadline);
    }
    let mut sorted = Vec::from(deadlines);
    sorted.sort_unstable();
    assert_eq!(fire(&mut wheel, u64::MAX), sorted);
}

#[test]
fn equal_deadlines_fire_in_insertion_order() {
    for deadline in [1, 63, 64, 100, BLOCK - 1, BLOCK, BLOCK * 9 + 77, u64::MAX] {
        let mut wheel = Small::fixed();
        for (step, value) in (0..16).enumerate() {
            // Later insertions find the time nearer to the deadline, and so other lists.
            let before = deadline - 1;
            assert_eq!(
                fire(&mut wheel, before - before / (step as u64 + 1)),
                vec![]
            );
            add(&mut wheel, deadline, value);
        }
        assert_eq!(
            fire(&mut wheel, deadline),
            (0..16).collect::<Vec<_>>(),
            "at {deadline}"
        );
    }
}

#[test]
fn never_fires_early() {
    for deadline in [1, 63, 64, 65, 4_095, 4_096, 4_097, 1 << 40, u64::MAX] {
        let mut wheel = Small::fixed();
        add(&mut wheel, deadline, 1);
        assert_eq!(fire(&mut wheel, deadline / 2), vec![]);
        assert_eq!(fire(&mut wheel, deadline - 1), vec![]);
        assert_eq!(fire(&mut wheel, deadline), vec![1]);
    }
}

#[test]
fn cancelled_timer_never_fires() {
    let mut wheel = Small::fixed();
    let keys: Vec<_> = [2, 2, 2, 70, 5_000]
        .map(|tick| add(&mut wheel, tick, tick))
        .into();
    assert_eq!(wheel.cancel(keys[1]), Some(2));
    assert_eq!(wheel.cancel(keys[1]), None);
    assert_eq!(wheel.cancel(keys[3]), Some(70));
    assert_eq!(wheel.cancel(keys[4]), Some(5_000));
    assert_eq!(fire(&mut wheel, u64::MAX), vec![2, 2]);
    assert_eq!(wheel.cancel(keys[0]), None);
    assert!(wheel.is_empty());
}

#[test]
fn cancelling_any_of_a_slot_keeps_the_others_in_order() {
    for cancelled in 0..3 {
        let mut wheel = Small::fixed();
        let keys: Vec<_> = (0..3).map(|value| add(&mut wheel, 70, value)).collect();
        assert_eq!(wheel.cancel(keys[cancelled]), Some(cancelled as u64));
        add(&mut wheel, 70, 3);
        let mut expected = vec![0, 1, 2, 3];
        expected.remove(cancelled);
        assert_eq!(fire(&mut wheel, 70), expected);
    }
}

#[test]
fn a_due_timer_can_be_cancelled_or_reset_until_it_is_popped() {
    let mut wheel = Small::fixed();
    let keys: Vec<_> = (1..=4).map(|tick| add(&mut wheel, tick, tick)).collect();
    wheel.advance(Tick::new(10));
    assert_eq!(wheel.pop_due(), Some((keys[0], 1)));
    assert_eq!(wheel.cancel(keys[1]), Some(2));
    assert_eq!(wheel.reset(keys[2], Tick::new(11)), Ok(()));
    assert_eq!(wheel.pop_due(), Some((keys[3], 4)));
    assert_eq!(wheel.pop_due(), None);
    assert_eq!(fire(&mut wheel, 11), vec![3]);
}

#[test]
fn insert_from_a_firing_timer_waits_for_the_next_advance() {
    let mut wheel = Small::fixed();
    add(&mut wheel, 5, 1);
    add(&mut wheel, 6, 2);
    wheel.advance(Tick::new(6));
    assert_eq!(wheel.pop_due().map(|(_, value)| value), Some(1));
    add(&mut wheel, 0, 3);
    add(&mut wheel, 6, 4);
    assert_eq!(wheel.pop_due().map(|(_, value)| value), Some(2));
    assert_eq!(wheel.pop_due(), None);
    let next = wheel.next_deadline().expect("two timers are late");
    assert!(next <= wheel.now());
    assert_eq!(fire(&mut wheel, 6), vec![3, 4]);
}

#[test]
fn late_timers_fire_before_the_wheel_and_in_insertion_order() {
    let mut wheel = Small::fixed();
    wheel.advance(Tick::new(100));
    add(&mut wheel, 101, 1);
    add(&mut wheel, 100, 2);
    add(&mut wheel, 3, 3);
    assert_eq!(fire(&mut wheel, 101), vec![2, 3, 1]);
}

#[test]
fn unpopped_timers_keep_their_turn() {
    let mut wheel = Small::fixed();
    add(&mut wheel, 1, 1);
    wheel.advance(Tick::new(1));
    add(&mut wheel, 1, 2);
    add(&mut wheel, 2, 3);
    assert_eq!(fire(&mut wheel, 2), vec![1, 2, 3]);
}

#[test]
fn reset_keeps_the_key_and_counts_as_an_insertion() {
    let mut wheel = Small::fixed();
    let first = add(&mut wheel, 50, 1);
    add(&mut wheel, 50, 2);
    let third = add(&mut wheel, 9_999, 3);
    assert_eq!(wheel.reset(first, Tick::new(50)), Ok(()));
    assert_eq!(wheel.reset(third, Tick::new(50)), Ok(()));
    assert_eq!(wheel.deadline(third), Some(Tick::new(50)));
    assert_eq!(fire(&mut wheel, 50), vec![2, 1, 3]);
    assert_eq!(wheel.reset(third, Tick::new(60)), Err(Stale));
}

#[test]
fn time_that_goes_back_changes_nothing() {
    let mut wheel = Small::fixed();
    wheel.advance(Tick::new(70));
    add(&mut wheel, 70, 1);
    add(&mut wheel, 80, 2);
    assert_eq!(fire(&mut wheel, 69), vec![]);
    assert_eq!(wheel.now(), Tick::new(70));
    assert_eq!(fire(&mut wheel, 80), vec![1, 2]);
}

#[test]
fn far_deadlines_fire_on_time_and_in_insertion_order() {
    let mut wheel = Small::fixed();
    let far = BLOCK * 1_000 + 17;
    let end = add(&mut wheel, u64::MAX, 0);
    add(&mut wheel, far, 1);
    add(&mut wheel, far + BLOCK, 2);
    assert_eq!(fire(&mut wheel, far - 18), vec![]);
    add(&mut wheel, far, 3);
    assert_eq!(fire(&mut wheel, far - 17), vec![]);
    add(&mut wheel, far, 4);
    assert_eq!(fire(&mut wheel, far), vec![1, 3, 4]);
    assert_eq!(wheel.next_deadline(), Some(Tick::new(far + BLOCK)));
    assert_eq!(fire(&mut wheel, u64::MAX - 1), vec![2]);
    assert_eq!(fire(&mut wheel, u64::MAX), vec![0]);
    assert!(!wheel.contains(end));
}

#[test]
fn next_deadline_is_never_late() {
    let mut wheel = Small::fixed();
    assert_eq!(wheel.next_deadline(), None);
    let far = add(&mut wheel, BLOCK * 2, 1);
    assert_eq!(wheel.next_deadline(), Some(Tick::new(BLOCK * 2)));
    let early = add(&mut wheel, 130, 2);
    add(&mut wheel, 140, 3);
    assert_eq!(wheel.next_deadline(), Some(Tick::new(130)));
    assert_eq!(wheel.cancel(early), Some(2));
    assert_eq!(wheel.next_deadline(), Some(Tick::new(130)));
    assert_eq!(fire(&mut wheel, 130), vec![]);
    assert_eq!(wheel.next_deadline(), Some(Tick::new(140)));
    assert_eq!(fire(&mut wheel, 140), vec![3]);
    assert_eq!(wheel.cancel(far), Some(1));
    assert_eq!(wheel.next_deadline(), None);
}

#[test]
fn a_loop_that_sleeps_until_the_next_deadline_gets_on() {
    let mut wheel: FixedWheel<u64, 64, 10> = FixedWheel::fixed();
    let deadlines = [
        1,
        63,
        64,
        4_095,
        4_096,
        1 << 24,
        1 << 36,
        (1 << 59) + 1,
        1 << 60,
        u64::MAX,
    ];
    let keys: Vec<_> = deadlines.map(|tick| add(&mut wheel, tick, tick)).into();
    for key in keys.iter().step_by(2) {
        assert!(wheel.cancel(*key).is_some());
    }
    let mut fired = Vec::new();
    while let Some(next) = wheel.next_deadline() {
        assert!(next > wheel.now());
        fired.extend(fire(&mut wheel, next.get()));
        assert_eq!(wheel.now(), next);
    }
    assert_eq!(fired, vec![63, 4_095, 1 << 24, (1 << 59) + 1, u64::MAX]);
}

#[test]
fn a_full_fixed_wheel_gives_the_value_back() {
    let mut wheel: FixedWheel<&str, 2> = FixedWheel::fixed();
    assert_eq!(wheel.capacity(), 2);
    let first = add(&mut wheel, 1, "a");
    add(&mut wheel, 2, "b");
    let full = wheel
        .insert(Tick::new(3), "c")
        .expect_err("both places are taken");
    assert_eq!(full.into_inner(), "c");
    assert_eq!(wheel.cancel(first), Some("a"));
    assert!(wheel.insert(Tick::new(3), "c").is_ok());
    assert_eq!(fire(&mut wheel, 3), vec!["b", "c"]);
}

#[test]
fn stale_key_of_a_reused_entry_is_refused() {
    let mut wheel: FixedWheel<u8, 1> = FixedWheel::fixed();
    let popped = add(&mut wheel, 1, 1);
    assert_eq!(fire(&mut wheel, 1), vec![1]);
    let cancelled = add(&mut wheel, 2, 2);
    assert_eq!(wheel.cancel(cancelled), Some(2));
    let live = add(&mut wheel, 3, 3);
    for stale in [popped, cancelled] {
        assert!(!wheel.contains(stale));
        assert_eq!(wheel.get(stale), None);
        assert_eq!(wheel.get_mut(stale), None);
        assert_eq!(wheel.deadline(stale), None);
        assert_eq!(wheel.reset(stale, Tick::new(9)), Err(Stale));
        assert_eq!(wheel.cancel(stale), None);
    }
    assert_eq!(wheel.get(live), Some(&3));
}

#[test]
fn a_key_of_another_wheel_does_no_harm() {
    let mut one: FixedWheel<u8, 4> = FixedWheel::fixed();
    let mut other: FixedWheel<u8, 4> = FixedWheel::fixed();
    let keys: Vec<_> = (0..4).map(|value| add(&mut one, 1, value)).collect();
    let vacant = add(&mut other, 1, 9);
    assert_eq!(other.cancel(vacant), Some(9));
    for key in keys {
        assert_eq!(other.cancel(key), None);
        assert_eq!(other.reset(key, Tick::new(1)), Err(Stale));
    }
    assert!(other.is_empty());
}

#[test]
fn a_value_can_be_changed_in_place() {
    let mut wheel = Small::fixed();
    let key = add(&mut wheel, 5, 1);
    *wheel.get_mut(key).expect("the timer waits") += 10;
    assert_eq!(fire(&mut wheel, 5), vec![11]);
}

#[test]
fn drain_takes_timers_from_every_place() {
    let mut wheel = Small::fixed();
    wheel.advance(Tick::new(1));
    let keys: Vec<_> = [0, 2, 70, BLOCK * 5]
        .map(|tick| add(&mut wheel, tick, tick))
        .into();
    wheel.advance(Tick::new(2));
    let late = add(&mut wheel, 1, 1);

    let mut drained: Vec<_> = wheel.drain().map(|(_, value)| value).collect();
    drained.sort_unstable();
    assert_eq!(drained, vec![0, 1, 2, 70, BLOCK * 5]);
    assert!(keys.iter().chain([&late]).all(|&key| !wheel.contains(key)));
    assert_eq!((wheel.len(), wheel.next_deadline()), (0, None));
    assert_eq!(wheel.now(), Tick::new(2));

    add(&mut wheel, 71, 9);
    assert_eq!(fire(&mut wheel, 71), vec![9]);
}

struct PanicsWhenDropped<'a> {
    dropped: &'a Cell<u32>,
    panics: bool,
}

impl Drop for PanicsWhenDropped<'_> {
    fn drop(&mut self) {
        self.dropped.set(self.dropped.get() + 1);
        assert!(!self.panics, "a value's drop panics");
    }
}

#[test]
fn a_panic_while_clearing_leaves_the_wheel_usable() {
    let dropped = Cell::new(0);
    let mut wheel: FixedWheel<PanicsWhenDropped<'_>, 8> = FixedWheel::fixed();
    for place in 0..5 {
        add(
            &mut wheel,
            60 + place,
            PanicsWhenDropped {
                dropped: &dropped,
                panics: place == 2,
            },
        );
    }
    assert!(catch_unwind(AssertUnwindSafe(|| wheel.clear())).is_err());
    assert_eq!((wheel.len(), dropped.get()), (2, 3));
    wheel.advance(Tick::new(63));
    assert!(wheel.pop_due().is_some());
    wheel.clear();
    assert_eq!((wheel.len(), dropped.get()), (0, 5));
}

#[test]
fn a_fixed_wheel_lives_in_a_static() {
    static WHEEL: Mutex<FixedWheel<u8, 4>> = Mutex::new(FixedWheel::fixed());
    let mut wheel = WHEEL.lock().expect("no other test uses it");
    add(&mut wheel, 3, 1);
    assert_eq!(fire(&mut wheel, 3), vec![1]);
}

#[test]
fn debug_tells_the_state_without_the_values() {
    let mut wheel: FixedWheel<PanicsWhenDropped<'_>, 2> = FixedWheel::fixed();
    wheel.advance(Tick::new(3));
    assert_eq!(
        format!("{wheel:?}"),
        "Wheel { now: Tick(3), len: 0, next_deadline: None, .. }"
    );
    assert_eq!(
        format!("{:?}", FixedStore::<u8, 7>::new()),
        "FixedStore { capacity: 7, .. }"
    );
}

#[cfg(feature = "alloc")]
#[test]
fn a_warm_wheel_on_the_heap_does_not_grow() {
    let mut wheel: Wheel<u64> = Wheel::with_capacity(100);
    let capacity = wheel.capacity();
    assert!(capacity >= 100);
    for round in 1..=50 {
        for timer in 0..100 {
            add(&mut wheel, round * 1_000 + timer, timer);
        }
        assert_eq!(
            fire(&mut wheel, round * 1_000 + 99),
            (0..100).collect::<Vec<_>>()
        );
    }
    assert_eq!(wheel.capacity(), capacity);
}

/// Makes a wheel whose time is far ahead of its first timer, which is due, in its slot.
fn lagging() -> (Small, Vec<Key>) {
    let mut wheel = Small::fixed();
    let keys = [10, 10, 70, BLOCK + 5, BLOCK * 3]
        .map(|tick| add(&mut wheel, tick, tick))
        .into();
    wheel.advance(Tick::new(BLOCK * 2));
    (wheel, keys)
}

fn popped(wheel: &mut Small) -> Vec<u64> {
    core::iter::from_fn(|| wheel.pop_due())
        .map(|(_, value)| value)
        .collect()
}

#[test]
fn what_is_due_behind_one_that_is_cancelled_or_reset_is_at_hand() {
    for reset in [false, true] {
        let (mut wheel, keys) = lagging();
        for key in &keys[..3] {
            if reset {
                assert_eq!(wheel.reset(*key, Tick::new(BLOCK * 2 + 1)), Ok(()));
            } else {
                assert!(wheel.cancel(*key).is_some());
            }
            assert!(wheel.next_deadline() <= Some(wheel.now()));
        }
        assert_eq!(popped(&mut wheel), [BLOCK + 5]);
        let next = if reset { BLOCK * 2 + 1 } else { BLOCK * 3 };
        assert_eq!(wheel.next_deadline(), Some(Tick::new(next)));
        let rest = fire(&mut wheel, u64::MAX);
        assert_eq!(rest.len(), if reset { 4 } else { 1 });
    }
}

#[test]
fn a_timer_that_is_set_while_others_are_due_fires_after_them_and_not_with_them() {
    let (mut wheel, _) = lagging();
    for deadline in [BLOCK * 2 + 1, BLOCK * 2 + 70, BLOCK * 9] {
        add(&mut wheel, deadline, deadline);
    }
    assert_eq!(popped(&mut wheel), [10, 10, 70, BLOCK + 5]);
    let expected = [BLOCK * 2 + 1, BLOCK * 2 + 70, BLOCK * 3, BLOCK * 9];
    assert_eq!(fire(&mut wheel, u64::MAX), expected);
}

#[test]
fn a_late_timer_fires_after_those_that_were_due_before_it_was_set() {
    let (mut wheel, _) = lagging();
    assert_eq!(wheel.pop_due().map(|(_, value)| value), Some(10));
    add(&mut wheel, 1, 1);
    let expected = [10, 70, BLOCK + 5, 1, BLOCK * 3];
    assert_eq!(fire(&mut wheel, u64::MAX), expected);
}
