//! What a reactor is asked to measure.

use std::time::Duration;

use crate::reactor::Builder;

/// What a reactor measures the time of, for its [`Times`](super::Times).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Timing {
    /// Nothing; the clock is not read for it.
    #[default]
    Off,
    /// Each turn, which costs two looks at the clock per turn.
    Turns,
    /// Each turn, each poll of a task and each delayed call, which costs two more looks at the clock per poll.
    TurnsAndPolls,
}

/// The settings of a reactor's watch.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings {
    pub(super) timing: Timing,
    pub(super) slow_poll: Option<Duration>,
    pub(super) long_turn: Option<Duration>,
}

impl Builder {
    /// Chooses what the reactor measures; the default is nothing.
    ///
    /// [`Remote::times`](crate::Remote::times) returns what was measured. It is real time, also on
    /// virtual time.
    #[must_use]
    pub fn timing(self, timing: Timing) -> Self {
        self.with_watch(|watch| watch.timing = timing)
    }

    /// Warns when one poll of a task, or one [delayed call](crate::call_later), takes longer than
    /// `threshold`: in that time the loop can do nothing else. Off by default.
    ///
    /// The warning names the task and the place that spawned or submitted it, or asked for the call. It goes to the log,
    /// at most once a second, and tells how many were left out; [`Stats`](crate::Stats) counts them
    /// all. This costs two looks at the clock per poll.
    #[must_use]
    pub fn slow_poll(self, threshold: Duration) -> Self {
        self.with_watch(|watch| watch.slow_poll = Some(threshold))
    }

    /// Notes when a turn takes longer than `threshold`, from its beginning until it looks for
    /// events: so late are timers and events. Off by default.
    ///
    /// The note goes to the log, as information, at most once a second; [`Stats`](crate::Stats)
    /// counts them all. This costs two looks at the clock per turn.
    #[must_use]
    pub fn long_turn(self, threshold: Duration) -> Self {
        self.with_watch(|watch| watch.long_turn = Some(threshold))
    }
}
