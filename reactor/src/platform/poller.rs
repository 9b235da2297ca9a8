//! The system's poller with deadlines.

use std::io;
#[cfg(unix)]
use std::os::fd::BorrowedFd;
use std::time::Duration;

use crochet_core::driver::{Clock as _, Until};
use crochet_core::time::{Tick, Ticks};

use super::pace::Pace;
use super::timerfd::PreciseTimer;
use crate::backend::{Backend, EVENTS, Event, Parts, Poller, Waker};
use crate::context::{Context, RESOLUTION, TimeSource};
use crate::registry::Registry;

/// A back end's poller, and a timer finer than its timeouts, where there is one.
#[derive(Debug)]
pub(crate) struct SystemPoller {
    poller: Box<dyn Poller>,
    timer: Option<PreciseTimer>,
    pace: Pace,
    /// When the loop last looked for events although a timer was due.
    looked: Tick,
}

/// Deadlines further away than this are left to the poller's timeout, half of it at a time; the
/// precise timer, which costs a system call to set, is for the nearer ones. Far deadlines are
/// mostly cancelled or moved before they come near.
const NEAR: Duration = Duration::from_secs(1);

/// How many events a look takes in that is not to sleep, mostly because other work is left: they wait in line with that,
/// so the caches will have forgotten what was touched for them in any case, and they are not to wait for one turn more.
const ALL_AT_ONCE: usize = 1024;

const _: () = assert!(ALL_AT_ONCE % EVENTS == 0);

/// While timers are due whenever the loop would sleep, it looks for events no more often than this.
const FRESH: Ticks = Ticks::new(10);

impl SystemPoller {
    pub(crate) fn open(backend: Backend) -> io::Result<(Self, Box<dyn Waker>, Registry)> {
        let Parts {
            poller,
            sources,
            waker,
        } = backend.open()?;
        let timer = PreciseTimer::new(&*sources, Registry::TIMER)?;
        let this = Self {
            poller,
            timer,
            pace: Pace::default(),
            looked: Tick::ZERO,
        };
        Ok((this, waker, Registry::new(sources)))
    }

    pub(crate) fn backend(&self) -> Backend {
        self.poller.backend()
    }

    #[cfg(unix)]
    pub(crate) fn pollable_fd(&self) -> Option<BorrowedFd<'_>> {
        self.poller.pollable_fd()
    }

    /// Tells whether there may be events that the last look has left.
    pub(crate) fn may_have_events(&self) -> bool {
        self.poller.may_have_more()
    }

    pub(crate) fn park(&mut self, until: Until, context: &Context) -> io::Result<()> {
        let timeout = match until {
            Until::Now => Some(Duration::ZERO),
            Until::Woken => None,
            Until::Deadline(deadline) => {
                let now = TimeSource::now(&context.time);
                if now < deadline {
                    self.sleep(now, deadline, context)?
                } else if now.saturating_since(self.looked) < FRESH {
                    return Ok(());
                } else {
                    self.looked = now;
                    Some(Duration::ZERO)
                }
            }
        };
        let Self { timer, pace, .. } = self;
        let mut is_for_timer = timer.is_none();
        let shared = context.scheduler.shared();
        let mut handle = |event: Event| match timer {
            // A waker has forked, and this is the child: what is left is its parent's.
            _ if shared.is_forked() => {}
            Some(timer) if event.token == Registry::TIMER => {
                timer.has_fired();
                is_for_timer = true;
            }
            _ => {
                // Without a timer of its own, only a sleep that nothing has ended has ended for one.
                is_for_timer &= timer.is_some();
                context.counters().io_events.add(1);
                context.registry.dispatch(event);
            }
        };
        self.poller.wait(timeout, &mut handle)?;
        let mut room = ALL_AT_ONCE - EVENTS;
        while timeout == Some(Duration::ZERO)
            && room > 0
            && self.poller.may_have_more()
            && !shared.is_forked()
        {
            self.poller.wait(timeout, &mut handle)?;
            room -= EVENTS;
        }
        if is_for_timer {
            pace.ended();
        }
        Ok(())
    }

    /// Returns the timeout for a sleep until `deadline`, and sets the precise timer if it is near.
    fn sleep(
        &mut self,
        now: Tick,
        deadline: Tick,
        context: &Context,
    ) -> io::Result<Option<Duration>> {
        let fired = context.counters().timers_fired.get();
        let end = self.pace.sleep(now, deadline, fired);
        let left = RESOLUTION.duration(end.saturating_since(now));
        match &mut self.timer {
            None => Ok(Some(left)),
            Some(_) if left > NEAR => Ok(Some(left - NEAR / 2)),
            Some(timer) => timer.set(end, left),
        }
    }
}
