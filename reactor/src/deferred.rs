//! A result on the loop that is fired once, by hand.

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context as TaskContext, Poll, Waker};

use crate::caught;

/// A result that somebody on the same thread will provide: Twisted's `Deferred`, as a future.
///
/// It is fired once, through its [`Resolver`], with a value or an error. It may carry a canceller,
/// which is called when the deferred is dropped before it fired; that is how a timeout of
/// `wait_for` reaches the code that does the work.
///
/// ```
/// use crochet_reactor::{Deferred, Reactor, call_later};
/// use std::time::Duration;
///
/// let mut reactor = Reactor::new()?;
/// let seconds = reactor.block_on(async {
///     let (resolver, deferred) = Deferred::<u32>::new();
///     call_later(Duration::from_millis(1), move || drop(resolver.fire(7)));
///     deferred.await
/// })?;
/// assert_eq!(seconds, Ok(7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping a deferred cancels what it waits for"]
pub struct Deferred<T, E = Infallible> {
    state: Rc<RefCell<State<T, E>>>,
}

/// The half of a [`Deferred`] that fires it.
///
/// Dropping it without firing leaves nobody to do so: whoever awaits the deferred then panics with
/// a message that says so, which a blocked caller gets as an error at once, instead of waiting for
/// its timeout.
pub struct Resolver<T, E = Infallible> {
    state: Weak<RefCell<State<T, E>>>,
}

struct State<T, E> {
    stage: Stage<T, E>,
    canceller: Option<Box<dyn FnOnce()>>,
}

enum Stage<T, E> {
    Waiting(Option<Waker>),
    Fired(Result<T, E>),
    Taken,
    Abandoned,
}

impl<T, E> Deferred<T, E> {
    /// Makes a deferred and the resolver that fires it.
    #[must_use = "dropping a deferred cancels what it waits for"]
    pub fn new() -> (Resolver<T, E>, Self) {
        Self::in_stage(Stage::Waiting(None), None)
    }

    /// Makes a deferred whose `canceller` is called, once, if it is dropped before it fired.
    #[must_use = "dropping a deferred cancels what it waits for"]
    pub fn with_canceller(canceller: impl FnOnce() + 'static) -> (Resolver<T, E>, Self) {
        Self::in_stage(Stage::Waiting(None), Some(Box::new(canceller)))
    }

    /// Makes a deferred that has fired already.
    pub fn fired(result: Result<T, E>) -> Self {
        Self::in_stage(Stage::Fired(result), None).1
    }

    /// Tells whether it has fired.
    #[must_use]
    pub fn has_fired(&self) -> bool {
        matches!(self.state.borrow().stage, Stage::Fired(_) | Stage::Taken)
    }

    fn in_stage(
        stage: Stage<T, E>,
        canceller: Option<Box<dyn FnOnce()>>,
    ) -> (Resolver<T, E>, Self) {
        let state = Rc::new(RefCell::new(State { stage, canceller }));
        let resolver = Resolver {
            state: Rc::downgrade(&state),
        };
        (resolver, Self { state })
    }
}

impl<T, E> Future for Deferred<T, E> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Result<T, E>> {
        // Cloned before the borrow: a waker is foreign code.
        let new = cx.waker().clone();
        let mut state = self.state.borrow_mut();
        match &mut state.stage {
            Stage::Waiting(waker) => {
                let old = waker.replace(new);
                drop(state);
                drop(old);
                Poll::Pending
            }
            Stage::Fired(_) => {
                let Stage::Fired(result) = std::mem::replace(&mut state.stage, Stage::Taken) else {
                    unreachable!("the stage was looked at just now");
                };
                Poll::Ready(result)
            }
            Stage::Taken => panic!("a deferred was polled after it was ready"),
            Stage::Abandoned => {
                panic!("a deferred will never fire: its resolver was dropped without firing it")
            }
        }
    }
}

impl<T, E> Drop for Deferred<T, E> {
    fn drop(&mut self) {
        let mut state = self.state.borrow_mut();
        let stage = std::mem::replace(&mut state.stage, Stage::Taken);
        let canceller = state.canceller.take();
        // Foreign code runs after the borrow: it may look at the resolver.
        drop(state);
        if let (Stage::Waiting(_), Some(canceller)) = (&stage, canceller) {
            caught::contain("a canceller", canceller);
        }
        drop(stage);
    }
}

impl<T, E> Resolver<T, E> {
    /// Fires the deferred with a value.
    ///
    /// # Errors
    ///
    /// Gives the value back when nobody waits for it any more.
    pub fn fire(self, value: T) -> Result<(), T> {
        self.settle(Ok(value)).map_err(|unwanted| match unwanted {
            Ok(value) => value,
            Err(_) => unreachable!("what comes back is what was given"),
        })
    }

    /// Fires the deferred with an error.
    ///
    /// # Errors
    ///
    /// Gives the error back when nobody waits for it any more.
    pub fn fail(self, error: E) -> Result<(), E> {
        self.settle(Err(error)).map_err(|unwanted| match unwanted {
            Err(error) => error,
            Ok(_) => unreachable!("what comes back is what was given"),
        })
    }

    /// Tells whether somebody still waits for the deferred.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        let state = self.state.upgrade();
        state.is_some_and(|state| matches!(state.borrow().stage, Stage::Waiting(_)))
    }

    fn settle(&self, result: Result<T, E>) -> Result<(), Result<T, E>> {
        let Some(state) = self.state.upgrade() else {
            return Err(result);
        };
        let mut borrowed = state.borrow_mut();
        if !matches!(borrowed.stage, Stage::Waiting(_)) {
            // Its canceller is running, and calls back.
            return Err(result);
        }
        let before = std::mem::replace(&mut borrowed.stage, Stage::Fired(result));
        let canceller = borrowed.canceller.take();
        drop(borrowed);
        // Woken first: the destructor of what the canceller holds is foreign code, and may panic.
        wake(before);
        drop(canceller);
        Ok(())
    }
}

impl<T, E> Drop for Resolver<T, E> {
    fn drop(&mut self) {
        let Some(state) = self.state.upgrade() else {
            return;
        };
        let mut borrowed = state.borrow_mut();
        if matches!(borrowed.stage, Stage::Waiting(_)) {
            let before = std::mem::replace(&mut borrowed.stage, Stage::Abandoned);
            drop(borrowed);
            wake(before);
        }
    }
}

fn wake<T, E>(before: Stage<T, E>) {
    if let Stage::Waiting(Some(waker)) = before {
        waker.wake();
    }
}

impl<T, E> fmt::Debug for Deferred<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deferred")
            .field("fired", &self.has_fired())
            .finish_non_exhaustive()
    }
}

impl<T, E> fmt::Debug for Resolver<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver")
            .field("wanted", &self.is_wanted())
            .finish_non_exhaustive()
    }
}
