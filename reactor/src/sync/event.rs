//! Something that has happened, or not yet.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll};

use super::wait_list::{Left, Ticket, WaitList};
use crate::caught;

/// A flag that tasks can wait for.
///
/// Cloning it gives another handle on the same flag.
///
/// ```
/// use crochet_reactor::sync::Event;
/// use crochet_reactor::{Reactor, call_later};
/// use std::time::Duration;
///
/// let mut reactor = Reactor::new()?;
/// reactor.block_on(async {
///     let ready = Event::new();
///     let theirs = ready.clone();
///     call_later(Duration::from_micros(10), move || theirs.set());
///     ready.wait().await;
///     assert!(ready.is_set());
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Event {
    state: Rc<RefCell<State>>,
}

struct State {
    is_set: bool,
    waiters: WaitList<(), ()>,
}

impl Event {
    /// Makes an event that has not happened.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: Rc::new(RefCell::new(State {
                is_set: false,
                waiters: WaitList::new(),
            })),
        }
    }

    /// Sets the flag, and wakes all that wait, in the order in which they began to. They go on even if
    /// it is cleared before they come to run.
    pub fn set(&self) {
        self.state.borrow_mut().is_set = true;
        // One by one: a waker is foreign code, and may add waiters by clearing the flag.
        let waiting = self.state.borrow().waiters.waiting();
        for _ in 0..waiting {
            let woken = self.state.borrow_mut().waiters.grant(|()| ());
            let Some(waker) = woken else { return };
            caught::wake(waker);
        }
    }

    /// Clears the flag: who waits from now on waits for it to be set again.
    pub fn clear(&self) {
        self.state.borrow_mut().is_set = false;
    }

    /// Tells whether the flag is set.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.state.borrow().is_set
    }

    /// Waits until the flag is set; not at all when it is.
    pub fn wait(&self) -> Wait {
        Wait {
            event: self.clone(),
            ticket: None,
        }
    }

    /// Returns how many wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.state.borrow().waiters.waiting()
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}

/// The future of [`Event::wait`].
#[must_use = "a future does nothing unless it is polled"]
pub struct Wait {
    event: Event,
    ticket: Option<Ticket>,
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let this = &mut *self;
        // Cloned before the borrow, and dropped after it: a waker is foreign code.
        let mut waker = cx.waker().clone();
        let mut state = this.event.state.borrow_mut();
        this.ticket = match this.ticket.take() {
            None if state.is_set => None,
            None => Some(state.waiters.join(waker, ())),
            Some(ticket) => state.waiters.claim(ticket, &mut waker).err(),
        };
        match this.ticket {
            None => Poll::Ready(()),
            Some(_) => Poll::Pending,
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else {
            return;
        };
        let left = self.event.state.borrow_mut().waiters.leave(ticket);
        match left {
            Left::Waiting((), waker) => caught::drop_waker(waker),
            // The others have been woken too.
            Left::Granted(()) => {}
        }
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("set", &self.is_set())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").finish_non_exhaustive()
    }
}
