//! Blocking a thread on something that is polled.

use std::task::{Poll, Waker};
use std::time::Duration;

use crate::blocked::Interrupts;
use crate::pause::Pause;
use crate::pool::Blocked;
use crate::shared::Shared;
use crate::thread::is_reactor_thread;
use crate::wait::{BlockingError, with_blocker};

/// Blocks until `poll` is ready, at most for `timeout`, on the clock of the reactor that it belongs to.
///
/// `poll` leaves the waker that it is given where the next change uses it. It is called once more after
/// every reason to give up has been found, so that what came at the last moment is not passed over.
///
/// Also returns the pause, if there was one. Virtual time does not go on past its deadline until it is
/// dropped: until the caller has taken back what it did not get rid of.
pub(super) fn block<R>(
    shared: &Shared,
    timeout: Duration,
    mut poll: impl FnMut(&Waker) -> Poll<R>,
) -> (Result<R, BlockingError>, Option<Pause>) {
    if let Poll::Ready(ready) = poll(Waker::noop()) {
        return (Ok(ready), None);
    }
    if is_reactor_thread() {
        return (Err(BlockingError::OnReactorThread), None);
    }
    let since = Interrupts::so_far();
    let _blocked = Blocked::enter();
    let mut pause = Pause::lasting(timeout, since, shared);
    let polled = with_blocker(|blocker| {
        let _waiting = blocker.wait_for(shared);
        loop {
            pause.begin();
            // Asked in this order, so that a result is never passed over.
            let reason = shared.reason_not_to_wait(since);
            if let Poll::Ready(ready) = poll(pause.waker(blocker.waker())) {
                return Ok(ready);
            }
            if let Some(reason) = reason {
                return Err(reason);
            }
            if pause.is_over() {
                return Err(BlockingError::TimedOut);
            }
            pause.park();
        }
    });
    (polled, Some(pause))
}
