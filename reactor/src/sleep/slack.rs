//! Putting deadlines off a little so that they coincide.

use std::time::Duration;

use crochet_core::time::{Tick, Ticks};

use crate::context::RESOLUTION;

/// How much later than asked for a timer may be fired, in ticks. Four bytes, for every timer has one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Slack(u32);

impl Slack {
    /// Not at all.
    pub(crate) const NONE: Self = Self(0);

    /// Makes a slack of `span`, rounded down to whole ticks, and to an hour and eleven minutes if it is longer.
    pub(crate) fn new(span: Duration) -> Self {
        let ticks = RESOLUTION.elapsed_floor(span).get();
        Self(u32::try_from(ticks).unwrap_or(u32::MAX))
    }

    /// Returns the tick for a timer whose deadline is `deadline`: of those that the slack allows,
    /// the one that is a multiple of the greatest power of two.
    ///
    /// Whatever their deadlines, timers whose slacks overlap that tick choose the same. It is found
    /// in a few instructions, without a look at the other timers.
    pub(crate) fn apply(self, deadline: Tick) -> Tick {
        if self == Self::NONE {
            return deadline;
        }
        let latest = deadline.saturating_add(Ticks::new(self.0.into())).get();
        let Some(before) = deadline.get().checked_sub(1) else {
            return deadline;
        };
        // Where both agree, every tick between them does. At the highest bit where they differ,
        // `latest` has a one and `before` a zero: so with the bits below cleared it is after `before`.
        let differing = before ^ latest;
        let below = u64::MAX.checked_shr(differing.leading_zeros() + 1);
        Tick::new(latest & !below.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slack(ticks: u32) -> Slack {
        Slack(ticks)
    }

    #[test]
    fn without_slack_a_deadline_stays() {
        for deadline in [0, 1, 2, 3, 1 << 40, u64::MAX] {
            let deadline = Tick::new(deadline);
            assert_eq!(Slack::NONE.apply(deadline), deadline);
        }
    }

    #[test]
    fn the_tick_is_the_roundest_of_those_allowed() {
        for deadline in 1..300_u64 {
            for span in 0..80_u32 {
                let chosen = slack(span).apply(Tick::new(deadline)).get();
                let allowed = deadline..=deadline + u64::from(span);
                let roundest = allowed
                    .clone()
                    .max_by_key(|tick| tick.trailing_zeros())
                    .unwrap();
                assert!(allowed.contains(&chosen));
                assert_eq!(chosen.trailing_zeros(), roundest.trailing_zeros());
            }
        }
    }

    #[test]
    fn the_last_tick_is_not_passed() {
        let chosen = slack(u32::MAX).apply(Tick::new(u64::MAX - 5));
        assert!(chosen >= Tick::new(u64::MAX - 5));
        assert_eq!(slack(7).apply(Tick::ZERO), Tick::ZERO);
    }

    #[test]
    fn a_slack_is_rounded_down_and_limited() {
        assert_eq!(Slack::new(Duration::from_nanos(1999)), slack(1));
        assert_eq!(Slack::new(Duration::from_nanos(999)), Slack::NONE);
        assert_eq!(Slack::new(Duration::MAX), slack(u32::MAX));
        assert_eq!(slack(u32::MAX).apply(Tick::new(1)), Tick::new(1 << 32));
    }
}
