//! How often a loop wakes up for timers.

use crochet_core::time::{Tick, Ticks};

/// Keeps sleeps that end for a timer apart, when many of them follow each other: timers that are due in
/// between are late, by less than [`APART`], and fire together.
///
/// A sleep and its end take several microseconds of processor time, whatever fires then. Where such
/// sleeps are rare this changes nothing: [`BURST`] of them may end as close to each other as they
/// like, and from then on one each [`APART`].
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When the last sleep was to end for a timer, and whether it has.
    end: Tick,
    has_ended: bool,
    /// When the last such sleep would have ended, had each been [`APART`] from the one before.
    even: Tick,
}

/// Sleeps that go on are this far apart: as long as Linux lets other threads' timers be late by default.
const APART: Ticks = Ticks::new(50);

/// So many sleeps may end before that.
const BURST: u64 = 8;

impl Pace {
    /// Returns when the sleep that begins at `now` is to end for the timer that is due at `deadline`,
    /// which is later: then, or still later.
    pub(super) fn sleep(&mut self, now: Tick, deadline: Tick) -> Tick {
        // Some systems do not tell why a sleep has ended; then it has not ended for a timer before its time.
        if self.has_ended && self.end <= now {
            self.even = self.even.max(self.end).saturating_add(APART);
        }
        self.has_ended = false;
        let burst = Ticks::new(APART.get() * BURST);
        self.end = deadline.max(self.even.saturating_sub(burst));
        self.end
    }

    /// Takes note that the sleep has ended for a timer.
    pub(super) fn ended(&mut self) {
        self.has_ended = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sleeps for timers that are due `every` so many ticks, each sleep as long as it is told to;
    /// returns how late the timers are that it ends for.
    fn lateness(every: u64, sleeps: usize) -> Vec<u64> {
        let mut pace = Pace::default();
        let mut now = 1_000;
        (0..sleeps)
            .map(|_| {
                let deadline = now - now % every + every;
                now = pace.sleep(Tick::new(now), Tick::new(deadline)).get();
                pace.ended();
                now - deadline
            })
            .collect()
    }

    #[test]
    fn timers_that_are_apart_are_not_late() {
        assert_eq!(lateness(50, 100), vec![0; 100]);
        assert_eq!(lateness(700, 100), vec![0; 100]);
    }

    #[test]
    fn a_few_that_are_close_are_not_late() {
        let late = lateness(10, 100);
        assert_eq!(late[..8], [0; 8]);
    }

    #[test]
    fn many_that_are_close_wait_for_each_other() {
        let late = lateness(1, 1_000);
        assert!(late.iter().all(|late| *late < APART.get()), "{late:?}");
        assert_eq!(late[20..], [APART.get() - 1; 980]);
    }

    #[test]
    fn sleeps_that_something_else_ends_do_not_count() {
        let mut pace = Pace::default();
        // Each is over by the time of the next.
        for now in (0..100_000).step_by(10) {
            let deadline = Tick::new(now + 5);
            assert_eq!(pace.sleep(Tick::new(now), deadline), deadline);
        }
    }

    #[test]
    fn a_sleep_whose_time_has_not_come_has_not_ended_for_a_timer() {
        let mut pace = Pace::default();
        for now in 0..1_000 {
            let deadline = Tick::new(now + 1_000_000);
            assert_eq!(pace.sleep(Tick::new(now), deadline), deadline);
            pace.ended();
        }
        let soon = Tick::new(1_001);
        assert_eq!(pace.sleep(Tick::new(1_000), soon), soon);
    }
}
