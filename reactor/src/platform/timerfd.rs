//! A timer with nanoseconds, where the poller's own timeouts only have milliseconds.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use crochet_core::time::Tick;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use crate::backend::{Interest, Sources, Trigger};

/// A timerfd in the poller's set, set again only when the deadline changes.
#[derive(Debug)]
pub(crate) struct PreciseTimer {
    fd: OwnedFd,
    set_for: Option<Tick>,
}

impl PreciseTimer {
    /// Makes a timer that is registered with the poller. There is none where that would have to be
    /// armed each time: such a poller has its own timeouts.
    pub(crate) fn new(sources: &dyn Sources, token: usize) -> io::Result<Option<Self>> {
        if sources.trigger() == Trigger::Oneshot {
            return Ok(None);
        }
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let fd = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        sources.register(fd.as_fd(), token, Interest::Read)?;
        Ok(Some(Self { fd, set_for: None }))
    }

    /// Makes the poller return when `left`, which ends at `deadline`, has passed. Returns the
    /// timeout to poll with.
    ///
    /// A timer that is set for a deadline that has since been cancelled stays set: one early
    /// return later costs less than a system call now.
    pub(crate) fn set(&mut self, deadline: Tick, left: Duration) -> io::Result<Option<Duration>> {
        if self.set_for != Some(deadline) {
            let value = Timespec::try_from(left).map_err(io::Error::other)?;
            let once = Itimerspec {
                it_interval: Timespec::default(),
                it_value: value,
            };
            timerfd_settime(&self.fd, TimerfdTimerFlags::empty(), &once)?;
            self.set_for = Some(deadline);
        }
        Ok(None)
    }

    /// Notes that the poller has reported the timer.
    ///
    /// It is not read: it is registered edge-triggered, and setting it again clears it.
    pub(crate) fn has_fired(&mut self) {
        self.set_for = None;
    }
}
