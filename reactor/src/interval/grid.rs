//! Points in time at equal distances.

use std::time::Duration;

/// A grid of ticks, anchored at a time of the reactor's clock, of which some have been counted.
///
/// Everything is in whole nanoseconds: the ticks do not drift, however many there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    start: Duration,
    period: Duration,
    counted: u64,
}

impl Grid {
    /// Makes a grid whose first tick is at `start`.
    pub(crate) const fn from(start: Duration, period: Duration) -> Self {
        Self {
            start,
            period,
            counted: 0,
        }
    }

    /// Makes a grid whose first tick is one period after `start`.
    pub(crate) const fn after(start: Duration, period: Duration) -> Self {
        Self {
            start,
            period,
            counted: 1,
        }
    }

    /// Returns the distance of the ticks.
    pub(crate) const fn period(&self) -> Duration {
        self.period
    }

    /// Anchors the grid anew: the next tick is one period after `start`.
    pub(crate) fn anchor(&mut self, start: Duration) {
        *self = Self::after(start, self.period);
    }

    /// Returns the tick that is to come first.
    pub(crate) fn first(&self) -> Duration {
        match self.counted {
            0 => self.start,
            _ => self.next_after(self.start),
        }
    }

    /// Returns the first tick after `now`; with a period of zero, `now`.
    pub(crate) fn next_after(&self, now: Duration) -> Duration {
        let Some(since) = now.checked_sub(self.start) else {
            return self.start;
        };
        if self.period.is_zero() {
            return now;
        }
        let beyond = remainder(since, self.period);
        now.saturating_add(self.period - beyond)
    }

    /// Returns how many ticks have come until `now` that were not counted before, and counts them.
    /// The caller has waited for one, so it is at least one.
    pub(crate) fn count(&mut self, now: Duration) -> u64 {
        if self.period.is_zero() {
            return 1;
        }
        let since = now.saturating_sub(self.start);
        let passed = since.as_nanos() / self.period.as_nanos() + 1;
        let passed = u64::try_from(passed).unwrap_or(u64::MAX);
        let new = passed.saturating_sub(self.counted).max(1);
        self.counted = self.counted.saturating_add(new);
        new
    }
}

/// Returns what is left of `span` after taking `period` away as often as possible.
fn remainder(span: Duration, period: Duration) -> Duration {
    const NANOS_PER_SEC: u128 = 1_000_000_000;
    let left = span.as_nanos() % period.as_nanos();
    let secs = u64::try_from(left / NANOS_PER_SEC).expect("it is less than a duration");
    let nanos = u32::try_from(left % NANOS_PER_SEC).expect("it is less than a second");
    Duration::new(secs, nanos)
}

#[cfg(test)]
mod tests {
    use super::Grid;
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_next_tick_is_after_now_and_on_the_grid() {
        let grid = Grid::from(SECOND * 10, SECOND * 3);
        for (now, next) in [(0, 10), (9, 10), (10, 13), (12, 13), (13, 16), (100, 103)] {
            assert_eq!(grid.next_after(SECOND * now), SECOND * next, "at {now}");
        }
    }

    #[test]
    fn ticks_do_not_drift() {
        let third = Duration::from_nanos(333_333_333);
        let grid = Grid::from(Duration::ZERO, third);
        let mut now = Duration::ZERO;
        for _ in 0..1000 {
            now = grid.next_after(now + Duration::from_nanos(1));
        }
        assert_eq!(now, third * 1000);
    }

    #[test]
    fn each_tick_is_counted_once() {
        let mut grid = Grid::from(Duration::ZERO, SECOND);
        let half = SECOND / 2;
        let times = [
            Duration::ZERO,
            SECOND,
            SECOND * 2,
            SECOND * 5 + half,
            SECOND * 6,
        ];
        assert_eq!(times.map(|now| grid.count(now)), [1, 1, 1, 3, 1]);
        grid.anchor(SECOND * 6 + half);
        assert_eq!(grid.first(), SECOND * 7 + half);
        assert_eq!(grid.count(SECOND * 7 + half), 1);
    }

    #[test]
    fn spans_that_cannot_be_told_saturate() {
        let grid = Grid::after(Duration::MAX, SECOND);
        assert_eq!(grid.first(), Duration::MAX);
        let mut fine = Grid::from(Duration::ZERO, Duration::from_nanos(1));
        assert_eq!(fine.count(Duration::MAX), u64::MAX);
        assert_eq!(fine.next_after(Duration::MAX), Duration::MAX);
    }
}
