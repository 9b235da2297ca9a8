//! The system's poller with deadlines.

use std::io;
#[cfg(unix)]
use std::os::fd::BorrowedFd;
use std::time::Duration;

use crochet_core::driver::{Clock as _, Until};
use crochet_core::time::Tick;

use super::pace::Pace;
use super::timerfd::PreciseTimer;
use crate::backend::{Backend, Parts, Poller, Waker};
use crate::context::{Context, RESOLUTION, TimeSource};
use crate::registry::Registry;

/// A back end's poller, and a timer finer than its timeouts, where there is one.
#[derive(Debug)]
pub(crate) struct SystemPoller {
    poller: Box<dyn Poller>,
    timer: Option<PreciseTimer>,
    pace: Pace,
}

/// Deadlines further away than this are left to the poller's timeout, half of it at a time; the
/// precise timer, which costs a system call to set, is for the nearer ones. Far deadlines are
/// mostly cancelled or moved before they come near.
const NEAR: Duration = Duration::from_secs(1);

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

    pub(crate) fn park(&mut self, until: Until, context: &Context) -> io::Result<()> {
        let timeout = match until {
            Until::Now => Some(Duration::ZERO),
            Until::Woken => None,
            Until::Deadline(deadline) => self.timeout(deadline, context)?,
        };
        let timer = &mut self.timer;
        self.poller.wait(timeout, &mut |event| match timer {
            Some(timer) if event.token == Registry::TIMER => timer.has_fired(),
            _ => {
                context.counters().io_events.add(1);
                context.registry.dispatch(event);
            }
        })
    }

    /// Returns the timeout for a sleep until `deadline`, and sets the precise timer if it is near.
    fn timeout(&mut self, deadline: Tick, context: &Context) -> io::Result<Option<Duration>> {
        let now = TimeSource::now(&context.time);
        let at = self.pace.sleep(now, deadline);
        let left = RESOLUTION.duration(at.saturating_since(now));
        match &mut self.timer {
            None => Ok(Some(left)),
            Some(_) if left.is_zero() => Ok(Some(left)),
            Some(_) if left > NEAR => Ok(Some(left - NEAR / 2)),
            Some(timer) => timer.set(at, left),
        }
    }
}
