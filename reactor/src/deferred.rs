//! A result on the loop that is fired once, by hand.

use std::convert::Infallible;
use std::fmt::{self, Debug};
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context as TaskContext, Poll};

use crate::caught::Outcome;
use crate::label::Label;

mod cancel;
mod chain;
mod link;
mod root;
mod slot;
mod teardown;
mod timed;

pub use cancel::Cancelled;

use chain::Chain;
use root::Root;
use slot::Slot;

/// A result that somebody on the same thread will provide: Twisted's `Deferred`, as a future.
///
/// It is fired once, through its [`Resolver`], with a value or an error. It may carry a canceller,
/// which is called when the deferred is dropped or [cancelled](Self::cancel) before it fired; that is
/// how a timeout of `wait_for` reaches the code that does the work.
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
///
/// # Callbacks
///
/// Besides being awaited, a deferred can be given functions to call with its result: [`map`],
/// [`map_err`], [`and_then`], [`or_else`] and [`then`]. Each returns the deferred of what the function
/// returns, so that they form a chain. The loop calls them one after the other, each once the one
/// before has its result, whether or not anybody awaits the end: never within the call that fires the
/// deferred or adds the function. A function that returns a deferred of its own makes the rest of
/// the chain wait for that. Chains may be of any length, and nested to any depth: no stack is used up.
///
/// Dropping the end of a chain drops the functions that have not been called, and cancels what the
/// chain waits for. [Cancelling](Self::cancel) it calls those for errors. A panic in a function ends
/// the chain: whoever awaits the end panics, and when nobody does, it is logged.
///
/// # Errors that nobody sees
///
/// An error that is neither awaited nor given to a function is logged once, when the deferred is
/// dropped, as Twisted does. Its `Debug` form is logged, for which deferreds are made of such errors
/// only.
///
/// [`map`]: Self::map
/// [`map_err`]: Self::map_err
/// [`and_then`]: Self::and_then
/// [`or_else`]: Self::or_else
/// [`then`]: Self::then
#[must_use = "dropping a deferred cancels what it waits for"]
pub struct Deferred<T, E = Infallible> {
    // Taken when the deferred is made a part of another one.
    end: Option<End<T, E>>,
}

/// Where the result of a deferred appears.
enum End<T, E> {
    /// With whoever fires it.
    Root(Rc<Root<T, E>>),
    /// Behind callbacks.
    Chain(Rc<Chain>, Rc<Slot<T, E>>),
}

/// The half of a [`Deferred`] that fires it.
///
/// Dropping it without firing leaves nobody to do so: whoever awaits the deferred then panics with
/// a message that says so, which a blocked caller gets as an error at once, instead of waiting for
/// its timeout. A canceller may drop it, with what would have fired the deferred: one that is
/// [cancelled](Deferred::cancel) or out of [time](Deferred::timeout) has that as its error.
pub struct Resolver<T, E = Infallible> {
    root: Weak<Root<T, E>>,
}

impl<T, E: Debug> Deferred<T, E> {
    /// Makes a deferred and the resolver that fires it.
    #[must_use = "dropping a deferred cancels what it waits for"]
    #[track_caller]
    pub fn new() -> (Resolver<T, E>, Self) {
        Self::of(Root::new(Label::here(), None))
    }

    /// Makes a deferred whose `canceller` is called, once, if it is dropped or cancelled before it
    /// fired.
    #[must_use = "dropping a deferred cancels what it waits for"]
    #[track_caller]
    pub fn with_canceller(canceller: impl FnOnce() + 'static) -> (Resolver<T, E>, Self) {
        Self::of(Root::new(Label::here(), Some(Box::new(canceller))))
    }

    /// Makes a deferred that has fired already.
    #[track_caller]
    pub fn fired(result: Result<T, E>) -> Self {
        let end = End::Root(Rc::new(Root::fired(Label::here(), result)));
        Self { end: Some(end) }
    }

    fn of(root: Root<T, E>) -> (Resolver<T, E>, Self) {
        let root = Rc::new(root);
        let resolver = Resolver {
            root: Rc::downgrade(&root),
        };
        let end = Some(End::Root(root));
        (resolver, Self { end })
    }
}

impl<T, E: Debug> From<Result<T, E>> for Deferred<T, E> {
    #[track_caller]
    fn from(result: Result<T, E>) -> Self {
        Self::fired(result)
    }
}

/// What became of a deferred that will not fire.
enum Lost {
    /// Its resolver was dropped, or its reactor has stopped.
    Abandoned,
    /// A callback panicked; logged when nobody gets to hear of it.
    Panicked(Outcome<()>),
}

impl Lost {
    /// Tells whoever awaits the deferred.
    #[cold]
    fn tell(self) -> ! {
        match self {
            Self::Abandoned => {
                panic!("a deferred will never fire: its resolver was dropped without firing it")
            }
            Self::Panicked(outcome) => match outcome.into_result() {
                Err(panic) => panic!("a deferred will never fire: a callback panicked: {panic}"),
                Ok(()) => unreachable!("it is made of a panic"),
            },
        }
    }
}

impl<T, E> Deferred<T, E> {
    /// Tells whether it has fired.
    #[must_use]
    pub fn has_fired(&self) -> bool {
        match self.end() {
            End::Root(root) => root.has_fired(),
            End::Chain(chain, _) => chain.is_settled(),
        }
    }

    /// Polls for the result.
    fn poll_end(&self, cx: &mut TaskContext<'_>) -> Poll<Result<Result<T, E>, Lost>> {
        match self.end() {
            End::Root(root) => root.poll(cx),
            End::Chain(chain, slot) => match slot.take() {
                Some(result) => Poll::Ready(Ok(result)),
                None => chain.poll_end(cx).map(Err),
            },
        }
    }

    fn end(&self) -> &End<T, E> {
        self.end.as_ref().expect(TAKEN_LAST)
    }

    fn into_end(mut self) -> End<T, E> {
        self.end.take().expect(TAKEN_LAST)
    }
}

const TAKEN_LAST: &str = "only dropping or consuming a deferred takes its end";

impl<T, E> Future for Deferred<T, E> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Result<T, E>> {
        self.poll_end(cx)
            .map(|ended| ended.unwrap_or_else(|lost| lost.tell()))
    }
}

impl<T, E> Drop for Deferred<T, E> {
    fn drop(&mut self) {
        match self.end.take() {
            Some(End::Root(root)) => root.abandon(),
            Some(End::Chain(chain, _slot)) => chain.abandon(),
            None => {}
        }
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
        self.root.upgrade().is_some_and(|root| root.is_waiting())
    }

    fn settle(&self, result: Result<T, E>) -> Result<(), Result<T, E>> {
        match self.root.upgrade() {
            Some(root) => root.settle(result),
            None => Err(result),
        }
    }
}

impl<T, E> Drop for Resolver<T, E> {
    fn drop(&mut self) {
        if let Some(root) = self.root.upgrade() {
            root.leave();
        }
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
