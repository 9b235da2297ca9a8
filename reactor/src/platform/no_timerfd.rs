//! Precise timers on systems whose poller takes fine timeouts itself, or has nothing finer.

use std::io;
use std::time::Duration;

use crochet_core::time::Tick;

use crate::backend::Sources;

/// There is none: the poller's own timeout is used, which is rounded up.
#[derive(Debug)]
pub(crate) enum PreciseTimer {}

impl PreciseTimer {
    pub(crate) fn new(_sources: &dyn Sources, _token: usize) -> io::Result<Option<Self>> {
        Ok(None)
    }

    pub(crate) fn set(&mut self, _deadline: Tick, _left: Duration) -> io::Result<Option<Duration>> {
        match *self {}
    }

    pub(crate) fn has_fired(&mut self) {
        match *self {}
    }
}
