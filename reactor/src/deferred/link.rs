//! Functions that are called with a deferred's result.

use std::any::Any;
use std::fmt::Debug;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, ready};

use super::cancel::{Awaited, Error};
use super::chain::{Chain, Link, Source};
use super::slot::Slot;
use super::{Deferred, End, Lost};
use crate::label::Label;
use crate::unhandled::Describe;

impl<T: 'static, E: 'static> Deferred<T, E> {
    /// Calls `callback` with the value; what it returns is the value of the returned deferred.
    ///
    /// An error is passed on without a call.
    ///
    /// # Panics
    ///
    /// When the calling thread is not running a reactor.
    #[track_caller]
    pub fn map<U: 'static>(self, callback: impl FnOnce(T) -> U + 'static) -> Deferred<U, E> {
        let (describe, _) = self.origin();
        self.link(describe, |result| Next::Ready(result.map(callback)))
    }

    /// Calls `callback` with the error; what it returns is the error of the returned deferred.
    ///
    /// A value is passed on without a call.
    ///
    /// # Panics
    ///
    /// As [`map`](Self::map).
    #[track_caller]
    pub fn map_err<F: Debug + 'static>(
        self,
        callback: impl FnOnce(E) -> F + 'static,
    ) -> Deferred<T, F> {
        self.link(Describe::new(), |result| {
            Next::Ready(result.map_err(callback))
        })
    }

    /// Calls `callback` with the value; the returned deferred has the result of the one that it
    /// returns: Twisted's `addCallback`.
    ///
    /// An error is passed on without a call.
    ///
    /// ```
    /// use crochet_reactor::{Deferred, Reactor};
    ///
    /// fn double(number: u32) -> Deferred<u32, &'static str> {
    ///     Deferred::fired(number.checked_mul(2).ok_or("too much"))
    /// }
    ///
    /// let mut reactor = Reactor::new()?;
    /// let ended = reactor.block_on(async {
    ///     let (resolver, number) = Deferred::new();
    ///     let quadruple = number.and_then(double).and_then(double);
    ///     resolver.fire(3).expect("it is waited for");
    ///     quadruple.await
    /// })?;
    /// assert_eq!(ended, Ok(12));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As [`map`](Self::map).
    #[track_caller]
    pub fn and_then<U: 'static>(
        self,
        callback: impl FnOnce(T) -> Deferred<U, E> + 'static,
    ) -> Deferred<U, E> {
        let (describe, _) = self.origin();
        self.link(describe, |result| match result {
            Ok(value) => Next::Await(callback(value)),
            Err(error) => Next::Ready(Err(error)),
        })
    }

    /// Calls `callback` with the error; the returned deferred has the result of the one that it
    /// returns: Twisted's `addErrback`.
    ///
    /// A value is passed on without a call. The error may be that of a [cancellation](Self::cancel) or
    /// of a [time limit](Self::timeout). Dropping the deferred calls no callback.
    ///
    /// # Panics
    ///
    /// As [`map`](Self::map).
    #[track_caller]
    pub fn or_else<F: Debug + 'static>(
        self,
        callback: impl FnOnce(E) -> Deferred<T, F> + 'static,
    ) -> Deferred<T, F> {
        self.link(Describe::new(), |result| match result {
            Ok(value) => Next::Ready(Ok(value)),
            Err(error) => Next::Await(callback(error)),
        })
    }

    /// Calls `callback` with the result, whatever it is; the returned deferred has the result of the
    /// one that it returns: Twisted's `addBoth`.
    ///
    /// # Panics
    ///
    /// As [`map`](Self::map).
    #[track_caller]
    pub fn then<U: 'static, F: Debug + 'static>(
        self,
        callback: impl FnOnce(Result<T, E>) -> Deferred<U, F> + 'static,
    ) -> Deferred<U, F> {
        self.link(Describe::new(), |result| Next::Await(callback(result)))
    }

    #[track_caller]
    fn link<U: 'static, F: 'static>(
        self,
        describe: Describe<F>,
        call: impl FnOnce(Result<T, E>) -> Next<U, F> + 'static,
    ) -> Deferred<U, F> {
        let label = Label::here();
        let to = Rc::new(Slot::new(describe, label));
        let (chain, from) = self.into_chain(label);
        chain.append(Box::new(Call {
            from,
            to: Rc::clone(&to),
            call,
        }));
        let end = Some(End::Chain(chain, to));
        Deferred { end }
    }

    /// Returns the chain that the deferred is the end of, and where its result appears.
    #[track_caller]
    fn into_chain(self, label: Label) -> (Rc<Chain>, Rc<Slot<T, E>>) {
        let (describe, made) = self.origin();
        match self.into_end() {
            End::Chain(chain, slot) => (chain, slot),
            root @ End::Root(_) => {
                let slot = Rc::new(Slot::new(describe, made));
                let source = Await {
                    deferred: Deferred { end: Some(root) },
                    slot: Rc::clone(&slot),
                };
                (Chain::begin(Box::new(source), label), slot)
            }
        }
    }

    /// Returns how errors are shown, and where the deferred was made.
    pub(super) fn origin(&self) -> (Describe<E>, Label) {
        match self.end() {
            End::Root(root) => root.origin(),
            End::Chain(_, slot) => slot.origin(),
        }
    }

    /// Takes the result, if it has fired.
    fn take_fired(&self) -> Option<Result<T, E>> {
        match self.end() {
            End::Root(root) => root.take(),
            End::Chain(chain, slot) if chain.is_settled() => slot.take(),
            End::Chain(..) => None,
        }
    }
}

/// What a callback returned.
enum Next<T, E> {
    Ready(Result<T, E>),
    Await(Deferred<T, E>),
}

/// A callback, between the result that it is called with and its own.
struct Call<T, E, U, F, C> {
    from: Rc<Slot<T, E>>,
    to: Rc<Slot<U, F>>,
    call: C,
}

impl<T, E, U, F, C> Link for Call<T, E, U, F, C>
where
    T: 'static,
    E: 'static,
    U: 'static,
    F: 'static,
    C: FnOnce(Result<T, E>) -> Next<U, F>,
{
    fn call(self: Box<Self>) -> Option<Box<dyn Source>> {
        let Self { from, to, call } = *self;
        let result = from.take();
        let result = result.expect("a callback is called when the one before has its result");
        match call(result) {
            Next::Ready(result) => to.put(result),
            Next::Await(deferred) => match deferred.take_fired() {
                Some(result) => to.put(result),
                None => return Some(Box::new(Await { deferred, slot: to })),
            },
        }
        None
    }

    fn fail_before(&self, error: &mut Error<'_>) -> Option<Box<dyn Any>> {
        let error = error.take()?;
        Some(Box::new(self.from.fail(error)))
    }

    fn fail_after(&self, error: &mut Error<'_>) -> bool {
        let error = error.take();
        error.is_some_and(|error| self.to.fail(error).is_none())
    }
}

/// A deferred that the chain waits for, and where its result goes.
struct Await<T, E> {
    deferred: Deferred<T, E>,
    slot: Rc<Slot<T, E>>,
}

impl<T: 'static, E: 'static> Source for Await<T, E> {
    fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), Lost>> {
        let ended = ready!(self.deferred.poll_end(cx));
        Poll::Ready(ended.map(|result| self.slot.put(result)))
    }

    fn awaited(&self) -> Awaited {
        self.deferred.awaited()
    }
}
