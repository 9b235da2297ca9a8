//! The system's poller, through mio.

use std::io;
use std::time::Duration;

use crochet_core::driver::Until;
use crochet_core::time::Tick;

use super::timerfd::PreciseTimer;
use crate::context::{Context, RESOLUTION};
use crate::registry::Registry;

/// mio's poll, its events, and a timer finer than its timeouts.
#[derive(Debug)]
pub(crate) struct Poller {
    poll: mio::Poll,
    events: mio::Events,
    timer: PreciseTimer,
}

/// How many events one look takes in.
const EVENTS: usize = 1024;

/// Deadlines further away than this are left to the poller's timeout, half of it at a time; the
/// precise timer, which costs a system call to set, is for the nearer ones. Far deadlines are
/// mostly cancelled or moved before they come near.
const NEAR: Duration = Duration::from_secs(1);

impl Poller {
    pub(crate) fn new() -> io::Result<(Self, mio::Waker, Registry)> {
        let poll = mio::Poll::new()?;
        let waker = mio::Waker::new(poll.registry(), Registry::WAKER)?;
        let timer = PreciseTimer::new(poll.registry(), Registry::TIMER)?;
        let registry = Registry::new(poll.registry().try_clone()?);
        let poller = Self {
            poll,
            events: mio::Events::with_capacity(EVENTS),
            timer,
        };
        Ok((poller, waker, registry))
    }

    pub(crate) fn park(&mut self, until: Until, context: &Context) -> io::Result<()> {
        let timeout = match until {
            Until::Now => Some(Duration::ZERO),
            Until::Woken => None,
            Until::Deadline(deadline) => self.timeout(deadline, context)?,
        };
        match self.poll.poll(&mut self.events, timeout) {
            Ok(()) => {}
            // A signal: the next turn looks again.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            Err(error) => return Err(error),
        }
        for event in &self.events {
            match event.token() {
                Registry::WAKER => {}
                Registry::TIMER => self.timer.has_fired(),
                _ => context.registry.dispatch(event),
            }
        }
        Ok(())
    }

    /// Returns the timeout for a sleep until `deadline`, and sets the precise timer if it is near.
    fn timeout(&mut self, deadline: Tick, context: &Context) -> io::Result<Option<Duration>> {
        let at = RESOLUTION.duration(deadline.saturating_since(Tick::ZERO));
        let left = at.saturating_sub(context.time.elapsed());
        if left.is_zero() {
            return Ok(Some(Duration::ZERO));
        }
        if left > NEAR {
            return Ok(Some(left - NEAR / 2));
        }
        self.timer.set(deadline, left)
    }
}
