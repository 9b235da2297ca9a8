//! A number of permits.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll};

use super::wait_list::{Left, Ticket, WaitList};
use crate::caught;

/// A fixed number of permits, each of which one task at a time may hold: Twisted's `DeferredSemaphore`.
///
/// Cloning it gives another handle on the same permits.
///
/// ```
/// use crochet_reactor::sync::Semaphore;
/// use crochet_reactor::{Reactor, join_all, sleep};
/// use std::time::Duration;
///
/// let mut reactor = Reactor::new()?;
/// let connections = Semaphore::new(2);
/// let most = reactor.block_on(async move {
///     let fetches = (0..10).map(|_| async {
///         let _permit = connections.acquire().await;
///         sleep(Duration::from_micros(10)).await;
///         connections.available()
///     });
///     join_all(fetches).await.into_iter().max()
/// })?;
/// assert_eq!(most, Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Semaphore {
    state: Rc<RefCell<State>>,
}

struct State {
    free: usize,
    /// How many are held by nobody, and are not free either.
    forgotten: usize,
    waiters: WaitList<(), ()>,
}

/// More permits were released than had been [forgotten](Permit::forget).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OverRelease(());

impl fmt::Display for OverRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "every permit of the semaphore is free or belongs to somebody who will release it",
        )
    }
}

impl std::error::Error for OverRelease {}

/// A permit. Dropping it releases it to whoever has waited longest.
#[must_use = "a permit is released when it is dropped"]
pub struct Permit {
    // None when it was forgotten.
    semaphore: Option<Semaphore>,
}

impl Semaphore {
    /// Makes a semaphore of so many permits.
    ///
    /// # Panics
    ///
    /// When there would be none.
    #[must_use]
    pub fn new(permits: usize) -> Self {
        assert!(permits > 0, "a semaphore has at least one permit");
        Self {
            state: Rc::new(RefCell::new(State {
                free: permits,
                forgotten: 0,
                waiters: WaitList::new(),
            })),
        }
    }

    /// Waits for a permit.
    ///
    /// # Cancellation
    ///
    /// Dropping the future gives its place in the line up; a permit that it had got by then passes on.
    pub fn acquire(&self) -> Acquire {
        Acquire {
            semaphore: self.clone(),
            ticket: None,
        }
    }

    /// Takes a permit if one is free. None is while somebody waits.
    #[must_use]
    pub fn try_acquire(&self) -> Option<Permit> {
        let mut state = self.state.borrow_mut();
        state.free = state.free.checked_sub(1)?;
        Some(self.permit())
    }

    /// Releases a permit that was [forgotten](Permit::forget).
    ///
    /// # Errors
    ///
    /// [`OverRelease`] when there is none such.
    pub fn release(&self) -> Result<(), OverRelease> {
        {
            let mut state = self.state.borrow_mut();
            let left = state.forgotten.checked_sub(1);
            state.forgotten = left.ok_or(OverRelease(()))?;
        }
        self.give();
        Ok(())
    }

    /// Returns how many permits are free.
    #[must_use]
    pub fn available(&self) -> usize {
        self.state.borrow().free
    }

    /// Returns how many wait for a permit.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.state.borrow().waiters.waiting()
    }

    fn permit(&self) -> Permit {
        Permit {
            semaphore: Some(self.clone()),
        }
    }

    /// Hands a permit to who has waited longest.
    fn give(&self) {
        let woken = {
            let mut state = self.state.borrow_mut();
            let woken = state.waiters.grant(|()| ());
            if woken.is_none() {
                state.free += 1;
            }
            woken
        };
        if let Some(waker) = woken {
            caught::wake(waker);
        }
    }
}

impl Permit {
    /// Lets go of the permit without releasing it: [`Semaphore::release`] does that, from elsewhere.
    pub fn forget(mut self) {
        if let Some(semaphore) = self.semaphore.take() {
            semaphore.state.borrow_mut().forgotten += 1;
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(semaphore) = self.semaphore.take() {
            semaphore.give();
        }
    }
}

/// The future of [`Semaphore::acquire`].
#[must_use = "a future does nothing unless it is polled"]
pub struct Acquire {
    semaphore: Semaphore,
    ticket: Option<Ticket>,
}

impl Future for Acquire {
    type Output = Permit;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Permit> {
        let this = &mut *self;
        // Cloned before the borrow, and dropped after it: a waker is foreign code.
        let mut waker = cx.waker().clone();
        let mut state = this.semaphore.state.borrow_mut();
        match this.ticket.take() {
            None => match state.free.checked_sub(1) {
                Some(free) => state.free = free,
                None => this.ticket = Some(state.waiters.join(waker, ())),
            },
            Some(ticket) => this.ticket = state.waiters.claim(ticket, &mut waker).err(),
        }
        match this.ticket {
            None => Poll::Ready(this.semaphore.permit()),
            Some(_) => Poll::Pending,
        }
    }
}

impl Drop for Acquire {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else {
            return;
        };
        let left = self.semaphore.state.borrow_mut().waiters.leave(ticket);
        match left {
            Left::Waiting((), waker) => caught::drop_waker(waker),
            Left::Granted(()) => self.semaphore.give(),
        }
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("available", &self.available())
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

impl fmt::Debug for Acquire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").finish_non_exhaustive()
    }
}
