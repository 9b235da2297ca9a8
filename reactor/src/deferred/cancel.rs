//! Cancelling a deferred without dropping it.

use std::fmt;
use std::rc::Rc;

use super::chain::Chain;
use super::{Deferred, End};

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

/// What can be asked to fire early.
pub(super) trait Cancellable {
    /// Calls the canceller, unless it has fired; tells whether that has fired it.
    fn call_canceller(&self) -> bool;
}

/// What a deferred waits for.
pub(super) enum Awaited {
    Root(Rc<dyn Cancellable>),
    Chain(Rc<Chain>),
}

impl Awaited {
    /// Asks what is waited for in the end, however deep, to fire early; tells whether it has.
    fn ask(mut self) -> bool {
        loop {
            match self {
                Self::Root(root) => return root.call_canceller(),
                Self::Chain(chain) => match chain.awaited() {
                    Some(awaited) => self = awaited,
                    None => return false,
                },
            }
        }
    }
}

impl<T: 'static, E: From<Cancelled> + 'static> Deferred<T, E> {
    /// Cancels the deferred, unless it has fired: Twisted's `cancel`.
    ///
    /// What it waits for is asked to end: behind callbacks that is the deferred that they were added
    /// to, or the one that a callback has returned. If that one's canceller fires it, its result takes
    /// the usual way, through the callbacks. If not, or if there is none, this deferred has
    /// failed with [`Cancelled`] when this returns, and the callbacks before it are dropped without
    /// having been called; those that are added behind it are called with the error. Firing it later
    /// gives the value back, as nobody waits for it.
    ///
    /// Errors that cannot be made from [`Cancelled`] can be cancelled by dropping the deferred.
    ///
    /// ```
    /// use crochet_reactor::{Cancelled, Deferred};
    ///
    /// let (resolver, deferred) = Deferred::<u8, Cancelled>::new();
    /// deferred.cancel();
    /// assert!(deferred.has_fired());
    /// assert_eq!(resolver.fire(7), Err(7));
    /// # let mut reactor = crochet_reactor::Reactor::new()?;
    /// # assert!(reactor.block_on(deferred)?.is_err());
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
        if self.awaited().ask() {
            return;
        }
        match self.end() {
            End::Root(root) => match root.settle(Err(error())) {
                // It is refused if the resolver is gone: then it has an end already.
                Ok(()) | Err(_) => {}
            },
            End::Chain(chain, slot) => chain.settle_early(|| slot.put(Err(error()))),
        }
    }

    pub(super) fn awaited(&self) -> Awaited {
        match self.end() {
            End::Root(root) => Awaited::Root(Rc::clone(root) as Rc<dyn Cancellable>),
            End::Chain(chain, _) => Awaited::Chain(Rc::clone(chain)),
        }
    }
}
