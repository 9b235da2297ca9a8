//! A thread's wait in virtual time.

use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use super::{Awaits, Entry, Timeline, WaitId};
use crate::blocked::Interrupts;

/// A wait of the calling thread in virtual time.
#[derive(Debug)]
pub(crate) struct Nap {
    wait: Arc<Wait>,
    waker: Waker,
}

#[derive(Debug)]
struct Wait {
    timeline: Arc<Timeline>,
    id: WaitId,
    thread: Thread,
    awaits: Awaits,
    since: Interrupts,
}

impl Nap {
    /// Makes a wait until `deadline`, as part of a call that began at `since`.
    pub(crate) fn until(
        timeline: &Arc<Timeline>,
        deadline: Duration,
        awaits: Awaits,
        since: Interrupts,
    ) -> Self {
        let id = {
            let mut state = timeline.lock();
            state.last_id += 1;
            WaitId {
                deadline,
                id: state.last_id,
            }
        };
        let wait = Arc::new(Wait {
            timeline: Arc::clone(timeline),
            id,
            thread: thread::current(),
            awaits,
            since,
        });
        let waker = Waker::from(Arc::clone(&wait));
        Self { wait, waker }
    }

    /// Returns a waker that ends the wait.
    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Enters the thread. The caller then looks for reasons not to wait.
    pub(crate) fn begin(&self) {
        let Wait {
            timeline,
            id,
            thread,
            awaits,
            since,
        } = &*self.wait;
        let mut state = timeline.lock();
        if id.deadline > state.now {
            state.enter(*id, || Entry {
                thread: thread.clone(),
                awaits: *awaits,
                since: *since,
                parked: false,
            });
        }
    }

    /// Tells whether the time is up.
    pub(crate) fn is_over(&self) -> bool {
        self.wait.timeline.now() >= self.wait.id.deadline
    }

    /// Sleeps until the thread is unparked; not at all if the wait was ended since it
    /// [began](Self::begin).
    pub(crate) fn park(&self) {
        let timeline = &self.wait.timeline;
        let mut state = timeline.lock();
        let Some(entry) = state.entry_mut(self.wait.id) else {
            return;
        };
        entry.parked = true;
        timeline.go_on(&mut state);
        timeline.settled.notify_all();
        drop(state);
        thread::park();
    }
}

impl Drop for Nap {
    fn drop(&mut self) {
        let Wait { timeline, id, .. } = &*self.wait;
        let mut state = timeline.lock();
        // It may have been what the time stood still for: late, or interrupted.
        let was_waiting = state.leave(*id);
        if state.caught_up(*id) || was_waiting {
            timeline.go_on(&mut state);
        }
    }
}

impl Wake for Wait {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.timeline.lock().leave(self.id);
        self.thread.unpark();
    }
}
