use super::{Resolution, Tick, Ticks};
use core::time::Duration;
use proptest::prelude::*;

const NANO: Duration = Duration::from_nanos(1);

#[test]
fn exact_multiples_are_kept_in_both_directions() {
    for resolution in [
        Resolution::NANOSECOND,
        Resolution::MICROSECOND,
        Resolution::from_nanos(30_517),
    ] {
        for ticks in [0, 1, 2, 63, 64, 1_000_000] {
            let span = Ticks::new(ticks);
            let duration = resolution.duration(span);
            assert_eq!(
                duration.as_nanos(),
                u128::from(ticks) * u128::from(resolution.nanos().get())
            );
            assert_eq!(resolution.ticks_ceil(duration), span);
            assert_eq!(resolution.elapsed_floor(duration), span);
        }
    }
}

#[test]
fn one_nanosecond_over_rounds_a_deadline_up_and_a_clock_down() {
    let resolution = Resolution::MILLISECOND;
    let over = Duration::from_millis(7) + NANO;
    assert_eq!(resolution.ticks_ceil(over), Ticks::new(8));
    assert_eq!(resolution.elapsed_floor(over), Ticks::new(7));

    let under = Duration::from_millis(7) - NANO;
    assert_eq!(resolution.ticks_ceil(under), Ticks::new(7));
    assert_eq!(resolution.elapsed_floor(under), Ticks::new(6));

    assert_eq!(resolution.ticks_ceil(NANO), Ticks::new(1));
    assert_eq!(resolution.elapsed_floor(NANO), Ticks::ZERO);
}

#[test]
fn conversions_saturate_instead_of_overflowing() {
    assert_eq!(Resolution::NANOSECOND.ticks_ceil(Duration::MAX), Ticks::MAX);
    assert_eq!(
        Resolution::NANOSECOND.elapsed_floor(Duration::MAX),
        Ticks::MAX
    );
    assert_eq!(
        Resolution::NANOSECOND.deadline(Duration::MAX, Duration::MAX),
        Tick::MAX
    );
    assert_eq!(
        Resolution::from_nanos(u64::MAX).duration(Ticks::MAX),
        Duration::MAX
    );
    assert_eq!(
        Resolution::from_nanos(2_000_000_000).duration(Ticks::MAX),
        Duration::MAX
    );
}

#[test]
fn the_border_of_64_bits_of_nanoseconds_is_not_a_border() {
    let resolution = Resolution::from_nanos(1_000);
    let last = Duration::from_nanos(u64::MAX);
    let ticks = u64::MAX / 1_000;
    assert_eq!(resolution.elapsed_floor(last), Ticks::new(ticks));
    assert_eq!(resolution.elapsed_floor(last + NANO), Ticks::new(ticks));
    assert_eq!(resolution.ticks_ceil(last), Ticks::new(ticks + 1));
    assert_eq!(resolution.ticks_ceil(last + NANO), Ticks::new(ticks + 1));
    assert_eq!(
        resolution.duration(Ticks::new(ticks + 1)),
        Duration::from_micros(ticks + 1)
    );
    assert_eq!(
        Resolution::from_nanos(1_000_000_000).duration(Ticks::MAX),
        Duration::from_secs(u64::MAX)
    );
}

#[test]
#[should_panic(expected = "a tick lasts at least one nanosecond")]
fn a_resolution_of_zero_is_refused() {
    let _zero = Resolution::from_nanos(core::hint::black_box(0));
}

#[test]
fn instants_and_spans_stop_at_their_ends() {
    assert_eq!(Tick::MAX.checked_add(Ticks::new(1)), None);
    assert_eq!(Tick::MAX.saturating_add(Ticks::new(1)), Tick::MAX);
    assert_eq!(Tick::ZERO.checked_sub(Ticks::new(1)), None);
    assert_eq!(Tick::ZERO.saturating_sub(Ticks::new(1)), Tick::ZERO);
    assert_eq!(Tick::new(3).checked_since(Tick::new(4)), None);
    assert_eq!(Tick::new(3).saturating_since(Tick::new(4)), Ticks::ZERO);
    assert_eq!(Ticks::MAX.checked_add(Ticks::new(1)), None);
    assert_eq!(Ticks::MAX.saturating_add(Ticks::new(1)), Ticks::MAX);
    assert_eq!(Ticks::ZERO.checked_sub(Ticks::new(1)), None);
    assert_eq!(Ticks::ZERO.saturating_sub(Ticks::new(1)), Ticks::ZERO);
}

fn durations() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (0..5_u64, 0..1_000_000_000_u32).prop_map(|(secs, nanos)| Duration::new(secs, nanos)),
        (any::<u64>(), 0..1_000_000_000_u32).prop_map(|(secs, nanos)| Duration::new(secs, nanos)),
    ]
}

fn resolutions() -> impl Strategy<Value = Resolution> {
    prop_oneof![1..2_000_u64, 1..=u64::MAX].prop_map(Resolution::from_nanos)
}

proptest! {
    #[test]
    fn a_clock_that_reached_the_deadline_is_never_early(
        resolution in resolutions(), clock in durations(), deadline in durations(),
    ) {
        let ticks = resolution.ticks_ceil(deadline);
        if resolution.elapsed_floor(clock) >= ticks && ticks < Ticks::MAX {
            prop_assert!(clock >= deadline);
        }
    }

    #[test]
    fn a_delay_never_ends_early_and_at_most_one_tick_late(
        resolution in (1..5_000_u64).prop_map(Resolution::from_nanos),
        start in 0..100_000_u64, delay in 0..100_000_u64, passed in 0..200_000_u64,
    ) {
        let start = Duration::from_nanos(start);
        let delay = Duration::from_nanos(delay);
        let passed = Duration::from_nanos(passed);
        let deadline = resolution.deadline(start, delay);
        let begin = Tick::ZERO.saturating_add(resolution.elapsed_floor(start));
        prop_assert_eq!(resolution.deadline(start, Duration::ZERO), begin);
        prop_assert!(delay.is_zero() || deadline > begin);
        let now = Tick::ZERO.saturating_add(resolution.elapsed_floor(start + passed));
        if now >= deadline {
            prop_assert!(passed >= delay);
        } else {
            prop_assert!(passed < delay + resolution.duration(Ticks::new(1)));
        }
    }

    #[test]
    fn conversions_agree_with_exact_arithmetic(
        resolution in resolutions(), span in durations(), ticks in any::<u64>(),
    ) {
        let tick = u128::from(resolution.nanos().get());
        let limit = u128::from(u64::MAX);
        let nanos = span.as_nanos();
        let floor = u128::from(resolution.elapsed_floor(span).get());
        let ceil = u128::from(resolution.ticks_ceil(span).get());
        prop_assert_eq!(floor, (nanos / tick).min(limit));
        prop_assert_eq!(ceil, nanos.div_ceil(tick).min(limit));
        let back = resolution.duration(Ticks::new(ticks)).as_nanos();
        prop_assert_eq!(back, (u128::from(ticks) * tick).min(Duration::MAX.as_nanos()));
    }

    #[test]
    fn adding_and_subtracting_a_span_agree(start in any::<u64>(), span in any::<u64>()) {
        let start = Tick::new(start);
        let span = Ticks::new(span);
        if let Some(end) = start.checked_add(span) {
            prop_assert_eq!(end.checked_sub(span), Some(start));
            prop_assert_eq!(end.checked_since(start), Some(span));
            prop_assert_eq!(end, start.saturating_add(span));
        } else {
            prop_assert_eq!(start.saturating_add(span), Tick::MAX);
        }
    }
}
