//! Precise timers on systems whose poller takes fine timeouts itself, or has nothing finer.

use std::io;
use std::time::Duration;

use crochet_core::time::Tick;

/// Nothing: the poller's own timeout is used, which mio rounds up.
#[derive(Debug)]
pub(crate) struct PreciseTimer;

impl PreciseTimer {
    pub(crate) fn new(_registry: &mio::Registry, _token: mio::Token) -> io::Result<Self> {
        Ok(Self)
    }

    pub(crate) fn set(&mut self, _deadline: Tick, left: Duration) -> io::Result<Option<Duration>> {
        Ok(Some(left))
    }

    pub(crate) fn has_fired(&mut self) {}
}
