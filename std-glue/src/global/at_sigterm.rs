//! Draining the process's reactor when a signal asks the process to end.

use std::time::Duration;

use crochet_reactor::glue::Latch;
use crochet_reactor::{Phase, Remote};

use super::{Place, drain};
use crate::error::StopError;

/// Who runs the reactor that was drained, and so sees its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Drained {
    /// This library; the reactor has ended.
    Here,
    /// The application; the reactor is ending.
    ByItsOwner,
}

/// Drains the process's reactor, stops it when `limit` has passed, and waits for that.
pub(crate) fn drain_until_ended(limit: Duration) -> Result<Drained, StopError> {
    let installed = Place::here().installed.get().ok_or(StopError::NotSetUp)?;
    if installed.hosted.is_some() {
        return drain(limit).map(|()| Drained::Here);
    }
    drain_at_its_owner(&installed.remote, limit);
    Ok(Drained::ByItsOwner)
}

fn drain_at_its_owner(remote: &Remote, limit: Duration) {
    let (drained, opener) = Latch::closed();
    remote.add_trigger(Phase::Before, limit, move || async move { drop(opener) });
    remote.drain();
    if !remote.is_stopped() && !drained.wait_within(limit) {
        remote.stop();
    }
}
