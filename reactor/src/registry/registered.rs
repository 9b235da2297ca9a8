//! A source, its operations, and who waits for them.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll};

use rustix::fd::AsFd;

use super::{Direction, Reserve, State, Ticket, Waiters};
use crate::backend::Trigger;
use crate::caught;
use crate::context::{self, Context, NotOwnReactor};

/// A source that is registered for as long as this lives.
pub(crate) struct Registered<S: AsFd> {
    source: S,
    state: Rc<State>,
    context: Rc<Context>,
}

impl<S: AsFd> Registered<S> {
    /// Registers a source with the reactor that the calling thread runs.
    ///
    /// It must not block: operations are tried before it is known that they would not.
    pub(crate) fn new(source: S) -> io::Result<Self> {
        let context = context::current()?;
        let state = context.registry.add(source.as_fd())?;
        Ok(Self {
            source,
            state,
            context,
        })
    }

    pub(crate) fn source(&self) -> &S {
        &self.source
    }

    /// Returns the file descriptor that the reactor keeps for listeners.
    pub(crate) fn reserve(&self) -> &Reserve {
        &self.context.registry.reserve
    }

    /// Tries an operation that does not block; waits for the source when it would.
    ///
    /// For the poll functions of traits: one task at a time waits in each direction, and another
    /// one that polls takes its place.
    pub(crate) fn poll_io<R>(
        &self,
        direction: Direction,
        cx: &TaskContext<'_>,
        attempt: impl FnMut(&S) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.try_or(direction, cx, attempt, |waiters| waiters.poll_at(cx))
    }

    /// Returns a future that does the operation. Any number of tasks may wait by such futures.
    pub(crate) fn io<R, A>(&self, direction: Direction, attempt: A) -> Io<'_, S, A>
    where
        A: FnMut(&S) -> io::Result<R> + Unpin,
    {
        Io {
            waiting: self.waiting(direction),
            attempt,
        }
    }

    /// Returns what a future needs that does operations one after the other.
    pub(crate) fn waiting(&self, direction: Direction) -> Waiting<'_, S> {
        Waiting {
            registered: self,
            direction,
            ticket: None,
        }
    }

    /// Tries an operation, and calls `wait` when the source is not ready for it.
    ///
    /// A task that has used ready sources often in one poll is made to wait for its next turn, so
    /// that a busy peer does not keep the loop to itself. Elsewhere than on its own reactor a source
    /// is refused: nobody would give the task a next turn, or tell it of an event.
    fn try_or<R>(
        &self,
        direction: Direction,
        cx: &TaskContext<'_>,
        mut attempt: impl FnMut(&S) -> io::Result<R>,
        wait: impl FnOnce(&Waiters),
    ) -> Poll<io::Result<R>> {
        if !self.context.is_current() {
            return Poll::Ready(Err(NotOwnReactor.into()));
        }
        let is_ready = self.state.is_ready(direction);
        while is_ready.get() {
            if !self.context.has_patience() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            match attempt(&self.source) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.expect_event(direction)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                    self.context.spend_patience();
                }
                result => {
                    self.context.spend_patience();
                    return Poll::Ready(result);
                }
            }
        }
        wait(self.state.waiters(direction));
        Poll::Pending
    }

    /// Waits until the poller has reported the source in this direction since the last attempt
    /// that would have blocked. It may be reported without cause.
    pub(crate) fn expect_event(&self, direction: Direction) -> io::Result<()> {
        let registry = &self.context.registry;
        registry.expect_event(self.source.as_fd(), &self.state, direction)
    }

    /// Has every read find out whether it has left something behind.
    pub(crate) fn expect_more(&self) {
        self.state.is_more.set(true);
    }

    /// Takes note that a read has left no bytes behind: the next one waits for an event, and need not
    /// find out. Where that event may have come already, or has to be asked for, it finds out.
    pub(crate) fn drained(&self) {
        let is_edge = self.context.registry.trigger == Trigger::Edge;
        if is_edge && !self.state.is_more.get() {
            self.state.is_readable.set(false);
        }
    }

    /// Tells whether this process has forked off the one that the source was registered in.
    pub(crate) fn is_forked(&self) -> bool {
        self.context.registry.process.is_past()
    }
}

/// The future of one operation on a source.
pub(crate) struct Io<'a, S: AsFd, A> {
    waiting: Waiting<'a, S>,
    attempt: A,
}

impl<S, A, R> Future for Io<'_, S, A>
where
    S: AsFd,
    A: FnMut(&S) -> io::Result<R> + Unpin,
{
    type Output = io::Result<R>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.waiting.poll_io(cx, &mut this.attempt)
    }
}

/// A future's place among those who wait for a source in one direction, given up when this is dropped.
pub(crate) struct Waiting<'a, S: AsFd> {
    registered: &'a Registered<S>,
    direction: Direction,
    ticket: Option<Ticket>,
}

impl<'a, S: AsFd> Waiting<'a, S> {
    pub(crate) fn registered(&self) -> &'a Registered<S> {
        self.registered
    }

    /// Tries an operation that does not block; waits for the source when it would.
    pub(crate) fn poll_io<R>(
        &mut self,
        cx: &TaskContext<'_>,
        attempt: impl FnMut(&S) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        let ticket = &mut self.ticket;
        self.registered
            .try_or(self.direction, cx, attempt, |waiters| {
                waiters.wait_at(ticket, cx);
            })
    }
}

impl<S: AsFd> Drop for Waiting<'_, S> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            let state = &self.registered.state;
            state.waiters(self.direction).forget(ticket);
        }
    }
}

impl<S: AsFd> Drop for Registered<S> {
    fn drop(&mut self) {
        // Also a back end may log.
        caught::contain("the logger", || {
            let registry = &self.context.registry;
            if let Err(error) = registry.remove(&self.state, self.source.as_fd()) {
                // The source is closed right after this, which ends its registration in any case.
                log::debug!(target: "crochet::reactor", "deregistering a source failed: {error}");
            }
        });
    }
}

impl<S: AsFd + std::fmt::Debug> std::fmt::Debug for Registered<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.source.fmt(f)
    }
}
