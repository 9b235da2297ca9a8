//! Points in time on a reactor's clock.

use std::time::{Duration, Instant};

use crate::context;
use crate::pause;
use crate::remote::Remote;

/// The instant, on a reactor's clock, at which something is to have ended.
///
/// Made by [`Remote::deadline`] on any thread, it counts the time that an operation spends in the
/// reactor's queue. Made by [`Deadline::after`] on the reactor, it bounds several steps together, by
/// [`timeout_at`](crate::timeout_at).
#[derive(Clone, Debug)]
pub struct Deadline {
    at: pause::Deadline,
    remote: Remote,
}

impl Remote {
    /// Returns the instant at which `delay` from now has passed on the reactor's clock.
    #[must_use]
    pub fn deadline(&self, delay: Duration) -> Deadline {
        Deadline {
            at: pause::Deadline::after(delay, self.shared()),
            remote: self.clone(),
        }
    }
}

impl Deadline {
    /// Returns the instant at which `delay` from now has passed, on the clock of the reactor that
    /// the calling thread runs.
    ///
    /// # Panics
    ///
    /// When the calling thread is not running a reactor.
    #[must_use]
    #[track_caller]
    pub fn after(delay: Duration) -> Self {
        Remote::new(context::expect_current().scheduler.clone()).deadline(delay)
    }

    /// Returns how long it is until the deadline: zero when it has come, and the longest duration
    /// there is when it is too far away to be an instant. Zero also in a forked child, for a reactor on
    /// virtual time.
    #[must_use]
    pub fn left(&self) -> Duration {
        match (self.at, self.remote.shared().timeline()) {
            (pause::Deadline::System(None), None) => Duration::MAX,
            (pause::Deadline::System(Some(at)), None) => {
                at.saturating_duration_since(Instant::now())
            }
            // Nothing moves it in a forked child, where its lock may be held by nobody.
            (pause::Deadline::Virtual(_), Some(_)) if self.remote.shared().is_forked() => {
                Duration::ZERO
            }
            (pause::Deadline::Virtual(at), Some(timeline)) => at.saturating_sub(timeline.now()),
            _ => pause::Deadline::is_of_another_reactor(),
        }
    }
}
