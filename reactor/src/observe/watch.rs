//! Measuring turns and polls, for reactors that are asked to.

use std::fmt;
use std::panic::Location;
use std::time::{Duration, Instant};

use crochet_core::driver::{Clock, Park, Until};
use crochet_core::time::Tick;

use super::Scheduler;
use super::counters::Counters;
use super::histogram::{Histogram, Recorder};
use super::rate::RateLimit;
use super::settings::{Settings, Timing};
use crate::caught;
use crate::panic;
use crate::shared::Shared;

/// How long a reactor's turns and polls took, as far as it [measures](crate::Timing) them.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Times {
    /// The turns, each from its beginning until it looks for events.
    pub turns: Histogram,
    /// The polls of tasks, and delayed calls; empty unless they are measured.
    pub polls: Histogram,
}

/// The times that a loop records, and other threads read.
#[derive(Debug)]
pub(crate) struct Recorders {
    turns: Recorder,
    polls: Recorder,
}

impl Recorders {
    /// Makes the recorders that these settings ask for.
    pub(crate) fn for_settings(settings: &Settings) -> Option<Box<Self>> {
        (settings.timing != Timing::Off).then(|| {
            Box::new(Self {
                turns: Recorder::new(),
                polls: Recorder::new(),
            })
        })
    }

    pub(crate) fn read(&self) -> Times {
        Times {
            turns: self.turns.read(),
            polls: self.polls.read(),
        }
    }
}

/// Looks at the clock around turns and polls, and says when they take too long.
#[derive(Debug)]
pub(crate) struct Watch {
    settings: Settings,
    slow_polls: RateLimit,
    long_turns: RateLimit,
}

impl Watch {
    /// Makes the watch that these settings ask for; `None` when nothing is to be measured.
    pub(crate) fn for_settings(settings: Settings) -> Option<Box<Self>> {
        let watch = Box::new(Self {
            settings,
            slow_polls: RateLimit::default(),
            long_turns: RateLimit::default(),
        });
        (watch.looks_at_turns() || watch.looks_at_polls()).then_some(watch)
    }

    fn looks_at_turns(&self) -> bool {
        self.settings.timing != Timing::Off || self.settings.long_turn.is_some()
    }

    fn looks_at_polls(&self) -> bool {
        self.settings.timing == Timing::TurnsAndPolls || self.settings.slow_poll.is_some()
    }

    /// Runs the scheduler's next task by `run`, and measures that.
    // Apart from the turn, which would need more registers for it also when nothing is measured.
    #[inline(never)]
    pub(crate) fn around_poll<R>(
        &self,
        scheduler: &Scheduler<Shared>,
        run: impl FnOnce() -> R,
    ) -> R {
        if !self.looks_at_polls() {
            return run();
        }
        // Copied before: the task may be gone afterwards.
        let process = scheduler.shared().generation();
        let next = scheduler.next_task();
        let Some(label) = next.map(|task| task.note().label(process)) else {
            return run();
        };
        let begun = Instant::now();
        let result = run();
        self.polled(&label, begun, scheduler.shared());
        result
    }

    /// Makes a delayed call, which was asked for at `site`, and measures that as a poll.
    pub(crate) fn around_call(
        &self,
        site: &'static Location<'static>,
        shared: &Shared,
        call: impl FnOnce(),
    ) {
        if !self.looks_at_polls() {
            return call();
        }
        let begun = Instant::now();
        // One that panics took its time too.
        let made = panic::catch(call);
        let (file, line) = (site.file(), site.line());
        self.polled(
            &format_args!("the delayed call of {file}:{line}"),
            begun,
            shared,
        );
        if let Err(panic) = made {
            caught::report(&"a delayed call", &panic);
        }
    }

    fn polled(&self, what: &dyn fmt::Display, begun: Instant, shared: &Shared) {
        let now = Instant::now();
        let took = now.saturating_duration_since(begun);
        if self.settings.timing == Timing::TurnsAndPolls {
            if let Some(recorders) = shared.recorders() {
                recorders.polls.record(took);
            }
        }
        if let Some(threshold) = exceeded(took, self.settings.slow_poll) {
            shared.counters().slow_polls.add(1);
            tell(&self.slow_polls, now, |more| {
                log::warn!(
                    target: "crochet::reactor",
                    "{what} took {took:?} in one poll, longer than {threshold:?}, in which the \
                     loop did nothing else{more}",
                );
            });
        }
    }

    fn turned(&self, begun: Instant, shared: &Shared) {
        let now = Instant::now();
        let took = now.saturating_duration_since(begun);
        if let Some(recorders) = shared.recorders() {
            recorders.turns.record(took);
        }
        if let Some(threshold) = exceeded(took, self.settings.long_turn) {
            shared.counters().long_turns.add(1);
            tell(&self.long_turns, now, |more| {
                log::info!(
                    target: "crochet::reactor",
                    "a turn took {took:?}, longer than {threshold:?}{more}",
                );
            });
        }
    }
}

fn exceeded(took: Duration, threshold: Option<Duration>) -> Option<Duration> {
    threshold.filter(|threshold| took > *threshold)
}

fn tell(limit: &RateLimit, now: Instant, message: impl FnOnce(More)) {
    if let Some(held_back) = limit.admit(now) {
        caught::contain("the logger", || message(More(held_back)));
    }
}

/// The end of a message: how many like it were not given.
struct More(u64);

impl fmt::Display for More {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            count => write!(f, " ({count} more since the last message)"),
        }
    }
}

/// A platform for one turn, which is over for the watch when the platform is to look for events.
#[derive(Debug)]
pub(crate) struct Watched<'a, P> {
    platform: P,
    shared: &'a Shared,
    begun: Option<(&'a Watch, Instant)>,
}

impl<'a, P> Watched<'a, P> {
    /// Begins a turn.
    pub(crate) fn begin(platform: P, watch: Option<&'a Watch>, shared: &'a Shared) -> Self {
        let watch = watch.filter(|watch| watch.looks_at_turns());
        Self {
            platform,
            shared,
            begun: watch.map(|watch| (watch, Instant::now())),
        }
    }

    fn counters(&self) -> &Counters {
        self.shared.counters()
    }
}

impl<P: Park> Park for Watched<'_, P> {
    type Error = P::Error;

    fn park(&mut self, until: Until) -> Result<(), P::Error> {
        if let Some((watch, begun)) = self.begun.take() {
            watch.turned(begun, self.shared);
        }
        if until != Until::Now {
            // Now, and not when it ends: whoever looks meanwhile is to find a loop that sleeps.
            self.counters().sleeps.add(1);
        }
        self.platform.park(until)
    }
}

impl<P: Clock> Clock for Watched<'_, P> {
    fn now(&self) -> Tick {
        self.platform.now()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::convert::Infallible;
    use std::sync::Arc;

    use super::*;
    use crate::shared::Bell;
    use crate::timeline::Timeline;

    /// Notes how many turns have been recorded when it is to sleep.
    struct Sleeper<'a> {
        shared: &'a Shared,
        recorded: Cell<Option<u64>>,
    }

    impl Park for &Sleeper<'_> {
        type Error = Infallible;

        fn park(&mut self, _until: Until) -> Result<(), Infallible> {
            let times = self.shared.recorders().map(Recorders::read);
            self.recorded.set(times.map(|times| times.turns.count()));
            Ok(())
        }
    }

    #[test]
    fn the_sleep_is_no_part_of_the_turn() {
        let settings = Settings {
            timing: Timing::Turns,
            ..Settings::default()
        };
        let bell = Bell::Virtual(Arc::new(Timeline::default()));
        let pool = crate::pool::Settings::default();
        let shared = Shared::new(bell, None, pool).recording(&settings);
        let watch = Watch::for_settings(settings);
        let sleeper = Sleeper {
            shared: &shared,
            recorded: Cell::new(None),
        };
        let mut watched = Watched::begin(&sleeper, watch.as_deref(), &shared);
        assert_eq!(watched.park(Until::Woken), Ok(()));
        assert_eq!(sleeper.recorded.get(), Some(1));
        assert_eq!(shared.stats().sleeps, 1);
    }
}
