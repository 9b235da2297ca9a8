//! How often a loop wakes up for timers.

use crochet_core::time::{Tick, Ticks};

/// Keeps sleeps that end for a timer apart, when many of them follow each other: timers that are due in
/// between are late, by less than the distance, and fire together.
///
/// A sleep and its end take processor time, whatever fires then: several microseconds, on some virtual
/// machines thirty. Where such sleeps are rare this changes nothing: a [`BURST`] of them may end as
/// close to each other as they like, and from then on they keep their distance.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When the last sleep was to end for a timer, and whether it has.
    end: Tick,
    has_ended: bool,
    /// When the last such sleep would have ended, had each kept its distance from the one before.
    even: Tick,
    /// How many timers had fired when the last sleep began.
    fired: u64,
    rate: Rate,
}

/// How fast timers fire.
#[derive(Debug, Default)]
struct Rate {
    /// From when on they are counted, and how many had fired by then.
    begin: Tick,
    fired: u64,
    is_high: bool,
}

/// Sleeps that go on are this far apart: as long as Linux lets other threads' timers be late by default.
const APART: Ticks = Ticks::new(50);

/// They are this far apart in a crowd: there, sleeps as close as usual would take more of the processor
/// than the timers do. Timers are counted at least for so long.
const CROWD_APART: Ticks = Ticks::new(200);

/// So many timers in [`APART`] are a crowd, if as many have fired since the last sleep began, and the next is
/// due this [`SOON`].
const CROWD: u64 = 4;

/// Shorter than [`APART`]: timers that are due together, and then none until later, are mostly no crowd,
/// even where the loop wakes up some time after the end of its sleep.
const SOON: Ticks = Ticks::new(16);

/// So far may sleeps be ahead of their distances: eight of them, or two in a crowd.
const BURST: Ticks = Ticks::new(400);

impl Pace {
    /// Returns when the sleep that begins at `now` is to end for the timer that is due at `deadline`,
    /// which is later: then, or still later. `fired` timers have fired so far.
    pub(super) fn sleep(&mut self, now: Tick, deadline: Tick, fired: u64) -> Tick {
        self.rate.measure(now, fired);
        // Some systems do not tell why a sleep has ended; then it has not ended for a timer before its time.
        if self.has_ended && self.end <= now {
            let is_crowd = self.rate.is_high
                && fired.wrapping_sub(self.fired) >= CROWD
                && deadline < now.saturating_add(SOON);
            let apart = if is_crowd { CROWD_APART } else { APART };
            self.even = self.even.max(self.end).saturating_add(apart);
        }
        self.has_ended = false;
        self.fired = fired;
        self.end = deadline.max(self.even.saturating_sub(BURST));
        self.end
    }

    /// Takes note that the sleep has ended for a timer.
    pub(super) fn ended(&mut self) {
        self.has_ended = true;
    }
}

impl Rate {
    /// Takes note that `fired` timers have fired until `now`.
    fn measure(&mut self, now: Tick, fired: u64) {
        let span = now.saturating_since(self.begin);
        if span < CROWD_APART {
            return;
        }
        let count = fired.wrapping_sub(self.fired);
        self.is_high = count.saturating_mul(APART.get()) >= span.get().saturating_mul(CROWD);
        (self.begin, self.fired) = (now, fired);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Timers that are due `every` so many ticks, `crowd` of them each time, and a loop that wakes up `delay`
    /// after the end of its sleep; returns how late the timers are that the sleeps are to end for.
    fn lateness(every: u64, crowd: u64, delay: u64, sleeps: usize) -> Vec<u64> {
        let mut pace = Pace::default();
        let (mut now, mut fired) = (100_000, 0);
        (0..sleeps)
            .map(|_| {
                let deadline = now - now % every + every;
                let end = pace.sleep(Tick::new(now), Tick::new(deadline), fired);
                let woken = end.get() + delay;
                fired += (woken / every - now / every) * crowd;
                now = woken;
                pace.ended();
                end.get() - deadline
            })
            .collect()
    }

    /// Asserts that timers are in time at first, so many, and then up to `late`.
    #[track_caller]
    fn assert_late(all: &[u64], in_time: usize, late: u64) {
        let first = all.iter().position(|&one| one > 0);
        assert_eq!(first, Some(in_time));
        let settled = all[all.len() / 2..].iter().max();
        assert_eq!((all.iter().max(), settled), (Some(&late), Some(&late)));
    }

    #[test]
    fn timers_that_are_apart_are_not_late() {
        for (every, crowd) in [(50, 1), (50, 1_000), (100, 8), (199, 1_000), (700, 1_000)] {
            for delay in [0, 30] {
                let late = lateness(every, crowd, delay, 1_000);
                assert_eq!(late.iter().max(), Some(&0), "{every} {crowd} {delay}");
            }
        }
    }

    #[test]
    fn many_that_are_close_wait_for_each_other_after_the_first() {
        assert_late(&lateness(25, 1, 0, 1_000), 17, 25);
        assert_late(&lateness(20, 1, 0, 1_000), 14, 40);
        // A crowd, but for the time to the next.
        assert_late(&lateness(25, 1_000, 0, 1_000), 17, 25);
        // Of the distance, some has passed when the loop wakes up.
        assert_late(&lateness(20, 1, 30, 1_000), 41, 10);
    }

    #[test]
    fn a_crowd_waits_longer() {
        for (every, crowd, delay, in_time, late) in
            [(1, 1, 0, 9, 199), (10, 100, 0, 11, 190), (1, 1, 30, 8, 169)]
        {
            assert_late(&lateness(every, crowd, delay, 1_000), in_time, late);
        }
    }

    #[test]
    fn a_crowd_is_told_by_its_rate_however_long_the_sleeps_are() {
        for delay in [0, 30] {
            let longest = |every| lateness(every, 1, delay, 1_000).into_iter().max();
            assert!(longest(12) > Some(150), "four in 48 ticks");
            assert!(longest(14) < Some(50), "four in 56 ticks");
        }
    }

    #[test]
    fn a_few_at_once_now_and_then_are_not_late() {
        // Three in a row every 250 ticks, and one row of eight.
        let rows = (4..1_000).flat_map(|row| [0, 5, 10].map(|phase| row * 250 + phase));
        let row = (0..8).map(|index| 500_000 + index * 10);
        for due in [rows.collect::<Vec<_>>(), row.collect()] {
            let mut sleeper = Sleeper::default();
            for deadline in due {
                if deadline > sleeper.now {
                    let end = sleeper.sleep_until(deadline, 1);
                    assert_eq!(end, deadline);
                }
            }
        }
    }

    #[test]
    fn one_that_sleeps_again_and_again_is_no_crowd() {
        let mut sleeper = Sleeper::default();
        for _ in 0..1_000 {
            let deadline = sleeper.now + 5;
            assert!(sleeper.sleep_until(deadline, 1) - deadline < 50);
        }
    }

    /// A loop whose sleeps end when they are to.
    #[derive(Default)]
    struct Sleeper {
        pace: Pace,
        now: u64,
        fired: u64,
    }

    impl Sleeper {
        /// Sleeps for a timer that is due at `deadline`, which fires with others, `fired` in all; returns
        /// until when.
        fn sleep_until(&mut self, deadline: u64, fired: u64) -> u64 {
            let now = Tick::new(self.now);
            let end = self.pace.sleep(now, Tick::new(deadline), self.fired);
            (self.now, self.fired) = (end.get(), self.fired + fired);
            self.pace.ended();
            self.now
        }

        /// Sleeps for one that is due in a tick; returns how long.
        fn sleep(&mut self, fired: u64) -> u64 {
            let now = self.now;
            self.sleep_until(now + 1, fired) - now
        }
    }

    #[test]
    fn a_crowd_that_is_over_has_the_next_wait_no_longer() {
        let mut sleeper = Sleeper::default();
        for _ in 0..20 {
            sleeper.sleep(1_000);
        }
        // Sixteen in 200 ticks are one still, fifteen are not.
        let slept = [16, 16, 15, 1, 1].map(|fired| sleeper.sleep(fired));
        assert_eq!(slept, [200, 200, 200, 50, 50]);
    }

    #[test]
    fn sleeps_that_something_else_ends_do_not_count() {
        let mut pace = Pace::default();
        // Each is over by the time of the next, and timers have fired meanwhile.
        for now in (0..100_000).step_by(10) {
            let deadline = Tick::new(now + 5);
            assert_eq!(pace.sleep(Tick::new(now), deadline, now * 100), deadline);
        }
        // Those are no crowd of the first that ends for a timer.
        let mut sleeper = Sleeper {
            pace,
            now: 100_000,
            fired: 10_000_000,
        };
        sleeper.sleep(0);
        for _ in 0..8 {
            assert_eq!(sleeper.sleep(0), 1);
        }
    }

    #[test]
    fn a_sleep_whose_time_has_not_come_has_not_ended_for_a_timer() {
        let mut pace = Pace::default();
        for now in 0..1_000 {
            let deadline = Tick::new(now + 1_000_000);
            assert_eq!(pace.sleep(Tick::new(now), deadline, 0), deadline);
            pace.ended();
        }
        let soon = Tick::new(1_001);
        assert_eq!(pace.sleep(Tick::new(1_000), soon, 0), soon);
    }

    #[test]
    fn a_sleep_is_counted_once() {
        let mut pace = Pace::default();
        let first = pace.sleep(Tick::new(1_000), Tick::new(1_001), 0);
        pace.ended();
        // One after the other is ended by something else.
        for now in 0..100 {
            let now = Tick::new(first.get() + now);
            let soon = now.saturating_add(Ticks::new(1));
            assert_eq!(pace.sleep(now, soon, 0), soon);
        }
    }
}
