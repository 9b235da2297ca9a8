//! How often a loop wakes up for timers.

use crochet_core::time::{Tick, Ticks};

/// Keeps sleeps that end for a timer apart, when many of them follow each other: timers that are due in
/// between are late, by less than the distance, and fire together.
///
/// A sleep and its end take processor time, whatever fires then: several microseconds, on some virtual
/// machines thirty. Where such sleeps are rare this changes nothing: [`BURST`] of them may end as
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
}

/// Sleeps that go on are this far apart: as long as Linux lets other threads' timers be late by default.
const APART: Ticks = Ticks::new(50);

/// They are this far apart when a [`CROWD`] of timers has fired at the end of the last: with so many to
/// fire, sleeps that follow each other as closely as before would take more of the processor than the
/// timers do.
const CROWD_APART: Ticks = Ticks::new(200);

/// So many timers, all fired between two sleeps, are a crowd.
const CROWD: u64 = 8;

/// So many sleeps may end closer to each other.
const BURST: u64 = 8;

impl Pace {
    /// Returns when the sleep that begins at `now` is to end for the timer that is due at `deadline`,
    /// which is later: then, or still later. `fired` timers have fired so far.
    pub(super) fn sleep(&mut self, now: Tick, deadline: Tick, fired: u64) -> Tick {
        // Some systems do not tell why a sleep has ended; then it has not ended for a timer before its time.
        if self.has_ended && self.end <= now {
            let is_crowd = fired.wrapping_sub(self.fired) >= CROWD;
            let apart = if is_crowd { CROWD_APART } else { APART };
            self.even = self.even.max(self.end).saturating_add(apart);
        }
        self.has_ended = false;
        self.fired = fired;
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

    /// Timers that are due `every` so many ticks, `crowd` of them each time, and sleeps as long as they
    /// are told to be; returns how late the timers are that the sleeps end for.
    fn lateness(every: u64, crowd: u64, sleeps: usize) -> Vec<u64> {
        let mut pace = Pace::default();
        let (mut now, mut fired) = (1_000, 0);
        (0..sleeps)
            .map(|_| {
                let deadline = now - now % every + every;
                let end = pace.sleep(Tick::new(now), Tick::new(deadline), fired);
                fired += (end.get() / every - now / every) * crowd;
                now = end.get();
                pace.ended();
                now - deadline
            })
            .collect()
    }

    #[test]
    fn timers_that_are_apart_are_not_late() {
        assert_eq!(lateness(50, 1, 100), vec![0; 100]);
        assert_eq!(lateness(700, 1, 100), vec![0; 100]);
        assert_eq!(lateness(700, 1_000, 100), vec![0; 100]);
    }

    #[test]
    fn a_few_that_are_close_are_not_late() {
        for crowd in [1, 1_000] {
            // The distance may be four times as long, so there are four times fewer.
            let few = if crowd < CROWD { 8 } else { 2 };
            assert_eq!(lateness(10, crowd, few), vec![0; few]);
        }
    }

    #[test]
    fn many_that_are_close_wait_for_each_other() {
        let late = lateness(10, 1, 1_000);
        assert!(late.iter().all(|late| *late < APART.get()), "{late:?}");
        assert_eq!(late[20..], [APART.get() - 10; 980]);
    }

    #[test]
    fn a_crowd_waits_longer() {
        let late = lateness(1, 1, 1_000);
        let longest = CROWD_APART.get() - 1;
        assert!(late.iter().all(|late| *late <= longest), "{late:?}");
        assert_eq!(late[20..], [longest; 980]);
    }

    #[test]
    fn a_crowd_that_is_over_has_the_next_wait_no_longer() {
        let mut pace = Pace::default();
        let (mut now, mut fired) = (0, 0);
        let mut sleep = |pace: &mut Pace, crowd| {
            let end = pace.sleep(Tick::new(now), Tick::new(now + 1), fired).get();
            let slept = end - now;
            (now, fired) = (end, fired + crowd);
            pace.ended();
            slept
        };
        for _ in 0..20 {
            sleep(&mut pace, 1_000);
        }
        assert_eq!(sleep(&mut pace, 1), CROWD_APART.get());
        assert_eq!(sleep(&mut pace, 1), APART.get());
    }

    #[test]
    fn sleeps_that_something_else_ends_do_not_count() {
        let mut pace = Pace::default();
        // Each is over by the time of the next.
        for now in (0..100_000).step_by(10) {
            let deadline = Tick::new(now + 5);
            assert_eq!(pace.sleep(Tick::new(now), deadline, now * 100), deadline);
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
}
