//! How a thread sleeps until something happens or its time is up, on either kind of clock.

use std::task::Waker;
use std::time::{Duration, Instant};

use crate::blocked::Interrupts;
use crate::primitive::{park, park_timeout};
use crate::shared::Shared;
use crate::timeline::{Awaits, Nap};
use crate::wait_strategy::{Callers, Spun};

/// The instant, on a reactor's clock, until which a thread waits for that reactor.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deadline {
    /// `None` is too far away to be an instant, hence too far away to come.
    System(Option<Instant>),
    /// Counted from the making of the reactor.
    Virtual(Duration),
}

/// A wait of the calling thread for a reactor.
///
/// The thread [begins](Self::begin), looks for what it waits for, then [parks](Self::park), and
/// does so again when it wakes up. Whoever ends the wait unparks it.
#[derive(Debug)]
pub(crate) enum Pause {
    System {
        deadline: Option<Instant>,
        left: Duration,
    },
    Virtual(Nap),
}

impl Deadline {
    /// Returns the instant at which `timeout` from now has passed.
    pub(crate) fn after(timeout: Duration, shared: &Shared) -> Self {
        match shared.timeline() {
            None => Self::System(Instant::now().checked_add(timeout)),
            Some(timeline) => Self::Virtual(timeline.deadline(timeout)),
        }
    }

    /// Says that a deadline was made on another kind of clock than it is used on.
    #[cold]
    pub(crate) fn is_of_another_reactor() -> ! {
        unreachable!("a deadline is used with the reactor that it was made for")
    }
}

impl Pause {
    /// Makes a wait that lasts at most for `timeout`, as part of a call that began at `since`.
    pub(crate) fn lasting(timeout: Duration, since: Interrupts, shared: &Shared) -> Self {
        match Deadline::after(timeout, shared) {
            Deadline::System(deadline) => Self::System {
                deadline,
                left: timeout,
            },
            until @ Deadline::Virtual(_) => Self::until(until, Awaits::End, since, shared),
        }
    }

    /// Makes a wait until `deadline`, which is of this reactor, as part of a call that began at
    /// `since`.
    pub(crate) fn until(
        deadline: Deadline,
        awaits: Awaits,
        since: Interrupts,
        shared: &Shared,
    ) -> Self {
        match (deadline, shared.timeline()) {
            (Deadline::Virtual(deadline), Some(timeline)) => {
                Self::Virtual(Nap::until(timeline, deadline, awaits, since))
            }
            (Deadline::System(deadline), None) => Self::System {
                deadline,
                left: left_until(deadline),
            },
            _ => Deadline::is_of_another_reactor(),
        }
    }

    /// Returns what ends the wait when it is woken; `usual` unparks the calling thread.
    pub(crate) fn waker<'a>(&'a self, usual: &'a Waker) -> &'a Waker {
        match self {
            Self::System { .. } => usual,
            Self::Virtual(nap) => nap.waker(),
        }
    }

    /// Spins until what is waited for `has_ended`, if threads do that before they sleep; not beyond
    /// the deadline, nor when the wait `is_pointless`. Tells whether it has ended.
    pub(crate) fn spin(
        &mut self,
        callers: &Callers,
        has_ended: impl Fn() -> bool,
        is_pointless: impl Fn() -> bool,
    ) -> bool {
        let Self::System { deadline, left } = self else {
            return false;
        };
        let spun = callers.spin(*left, has_ended, is_pointless);
        if spun == Spun::InVain {
            *left = left_until(*deadline);
        }
        spun == Spun::UntilEnd
    }

    /// Announces that the thread is about to wait.
    pub(crate) fn begin(&self) {
        match self {
            Self::System { .. } => {}
            Self::Virtual(nap) => nap.begin(),
        }
    }

    /// Tells whether the time is up.
    pub(crate) fn is_over(&self) -> bool {
        match self {
            Self::System { left, .. } => left.is_zero(),
            Self::Virtual(nap) => nap.is_over(),
        }
    }

    /// Sleeps until the thread is unparked, at most until the time is up.
    pub(crate) fn park(&mut self) {
        match self {
            Self::System { deadline, left } => {
                match deadline {
                    Some(_) => park_timeout(*left),
                    None => park(),
                }
                *left = left_until(*deadline);
            }
            Self::Virtual(nap) => nap.park(),
        }
    }
}

fn left_until(deadline: Option<Instant>) -> Duration {
    deadline.map_or(Duration::MAX, |deadline| {
        deadline.saturating_duration_since(Instant::now())
    })
}
