//! A timer with nanoseconds, where the poller's own timeouts only have milliseconds.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use crochet_core::time::Tick;
use mio::unix::SourceFd;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

/// A timerfd in the poller's set, set again only when the deadline changes.
#[derive(Debug)]
pub(crate) struct PreciseTimer {
    fd: OwnedFd,
    set_for: Option<Tick>,
}

impl PreciseTimer {
    pub(crate) fn new(registry: &mio::Registry, token: mio::Token) -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let fd = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        registry.register(
            &mut SourceFd(&fd.as_raw_fd()),
            token,
            mio::Interest::READABLE,
        )?;
        Ok(Self { fd, set_for: None })
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
