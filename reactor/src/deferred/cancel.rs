//! Cancelling a deferred without dropping it.

use std::any::Any;
use std::fmt;
use std::rc::Rc;

use super::chain::Chain;
use super::{Deferred, End};
use crate::caught;

/// The deferred was cancelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cancelled(());

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the deferred was cancelled")
    }
}

impl std::error::Error for Cancelled {}

impl From<Cancelled> for std::io::Error {
    fn from(error: Cancelled) -> Self {
        Self::other(error)
    }
}

/// The error of a cancellation, until it has been put where errors are of its type.
pub(super) struct Error<'a>(&'a mut dyn Any);

impl<'a> Error<'a> {
    fn new<E: 'static>(error: &'a mut Option<E>) -> Self {
        Self(error)
    }

    /// Takes it, if it is an `E`.
    pub(super) fn take<E: 'static>(&mut self) -> Option<E> {
        self.0.downcast_mut::<Option<E>>()?.take()
    }
}

/// What can be asked to fire early.
pub(super) trait Cancellable {
    /// Calls the canceller, unless it has fired. Fires it with `error` if the canceller has not, and if
    /// its errors are of that type. Tells whether it has been fired by that, or has failed before: then
    /// the result takes the usual way.
    fn cancel(&self, error: &mut Error<'_>) -> bool;
}

/// What a deferred waits for.
pub(super) enum Awaited {
    Root(Rc<dyn Cancellable>),
    Chain(Rc<Chain>),
    /// Nothing any more: it has failed, and the result takes the usual way.
    Failed,
}

impl Awaited {
    /// Asks what is waited for in the end, however deep, to fire early, with `error` if there is no
    /// other result. If it cannot, the error enters the innermost chain that has a callback for it.
    /// Tells whether one of them does.
    fn cancel(self, error: &mut Error<'_>) -> bool {
        let mut chains = Vec::new();
        let mut next = Some(self);
        while let Some(awaited) = next {
            next = match awaited {
                Self::Failed => return true,
                Self::Root(root) if root.cancel(error) => return true,
                Self::Root(_) => None,
                Self::Chain(chain) => {
                    let awaited = chain.awaited();
                    chains.push(chain);
                    awaited
                }
            };
        }
        chains.into_iter().rev().any(|chain| chain.fail(error))
    }
}

impl<T: 'static, E: From<Cancelled> + 'static> Deferred<T, E> {
    /// Cancels the deferred, unless it has fired: Twisted's `cancel`.
    ///
    /// What it waits for is asked to end: behind callbacks that is the deferred that they were added
    /// to, or the one that a callback has returned. Its canceller may fire it; if that does not, or if
    /// there is none, it fails with [`Cancelled`]. Either result takes the usual way: the callbacks that
    /// follow are called with it, those for errors, such as of [`or_else`](Self::or_else), included.
    /// Firing it later gives the value back, as nobody waits for it.
    ///
    /// So a deferred without callbacks has fired when this returns, and one behind callbacks does when
    /// these have been called, and what they return has fired; that can be cancelled in turn.
    ///
    /// The error is made as one of this deferred. Where callbacks have changed the type of errors, it
    /// enters behind the first callback whose errors are of that type, and the callbacks up to there are
    /// dropped without having been called. A canceller that fires its deferred leaves none out.
    ///
    /// Errors that cannot be made from [`Cancelled`] can be cancelled by dropping the deferred, which
    /// calls the canceller, and no callback.
    ///
    /// ```
    /// use crochet_reactor::{Cancelled, Deferred};
    ///
    /// # let mut reactor = crochet_reactor::Reactor::new()?;
    /// let ended = reactor.block_on(async {
    ///     let (resolver, deferred) = Deferred::<u8, Cancelled>::new();
    ///     let end = deferred.or_else(|_: Cancelled| Deferred::<u8, Cancelled>::fired(Ok(0)));
    ///     end.cancel();
    ///     assert_eq!(resolver.fire(7), Err(7));
    ///     end.await
    /// })?;
    /// assert_eq!(ended, Ok(0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cancel(&self) {
        self.cancel_with(|| E::from(Cancelled(())));
    }
}

impl<T: 'static, E: 'static> Deferred<T, E> {
    /// Cancels the deferred, with this error if its canceller has no other result for it.
    pub(super) fn cancel_with(&self, error: impl FnOnce() -> E) {
        if self.has_fired() {
            return;
        }
        let mut error = Some(error());
        if self.awaited().cancel(&mut Error::new(&mut error)) {
            return;
        }
        match self.end() {
            // Its resolver is gone: it has an end already.
            End::Root(_) => {}
            // Behind its last callback, or where there is none.
            End::Chain(chain, slot) => chain.settle_early(|| {
                // An error that is there already is the one that will be seen.
                let unwanted = error.and_then(|error| slot.fail(error));
                caught::contain("the destructor of a result", || drop(unwanted));
            }),
        }
    }

    pub(super) fn awaited(&self) -> Awaited {
        match self.end() {
            End::Root(root) => Awaited::Root(Rc::clone(root) as Rc<dyn Cancellable>),
            End::Chain(chain, slot) if chain.is_settled() && slot.has_failed() => Awaited::Failed,
            End::Chain(chain, _) => Awaited::Chain(Rc::clone(chain)),
        }
    }
}
