//! The I/O sources of a reactor, and who waits for them.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, Waker};

use mio::event::Source;
use mio::{Interest, Token};
use slab::Slab;

use crate::caught;
use crate::context::{self, Context};
use crate::fork::Generation;

/// All sources that are registered with the poller.
#[derive(Debug)]
pub(crate) struct Registry {
    // None on virtual time, and when the poller has been closed: sources may outlive it.
    poll: RefCell<Option<mio::Registry>>,
    sources: RefCell<Slab<Entry>>,
    generation: Cell<usize>,
    // The system's set of sources is shared with children that are forked, which must not change it.
    process: Generation,
}

#[derive(Debug)]
struct Entry {
    generation: usize,
    state: Rc<State>,
}

/// What is known of one source. Readiness is edge-triggered: it is assumed until an operation
/// would block, and then again from the next event on.
#[derive(Debug)]
struct State {
    readable: Side,
    writable: Side,
}

#[derive(Debug)]
struct Side {
    ready: Cell<bool>,
    /// The task that polled last without a key.
    poller: RefCell<Option<Waker>>,
    /// The tasks that wait by a future, which takes its entry away when it is dropped. An entry
    /// that has been woken holds a waker that does nothing until it is polled again.
    waiters: RefCell<Slab<Waker>>,
}

/// Which way an operation goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    Read,
    Write,
}

// A token is a source's index with its generation above, so that an event that was under way when
// a source went cannot be taken for one of its successor.
const INDEX_BITS: u32 = if usize::BITS >= 64 { 32 } else { 20 };
const INDEX_MASK: usize = (1 << INDEX_BITS) - 1;
const GENERATIONS: usize = usize::MAX >> INDEX_BITS;

impl Side {
    fn new() -> Self {
        Self {
            ready: Cell::new(true),
            poller: RefCell::new(None),
            waiters: RefCell::new(Slab::new()),
        }
    }

    /// Wakes everybody who waits: whoever comes first gets what there is.
    fn set_ready(&self) {
        self.ready.set(true);
        let poller = self.poller.take();
        if let Some(poller) = poller {
            caught::contain("a waker", || poller.wake());
        }
        // By index, so that nothing is borrowed while wakers, which are foreign code, run.
        let mut key = 0;
        while key < self.waiters.borrow().capacity() {
            let waiter = self.waiters.borrow_mut().get_mut(key).map(take_waker);
            if let Some(waiter) = waiter {
                caught::contain("a waker", || waiter.wake());
            }
            key += 1;
        }
    }

    /// Keeps the waker of the task that polls; one that polled before has lost its place.
    fn wait(&self, cx: &TaskContext<'_>) {
        let kept = self.poller.take();
        let waker = kept.filter(|kept| kept.will_wake(cx.waker()));
        let waker = waker.unwrap_or_else(|| cx.waker().clone());
        self.poller.replace(Some(waker));
    }

    /// Keeps the waker of the task that polls a future, in the future's own place.
    fn wait_at(&self, key: &mut Option<usize>, cx: &TaskContext<'_>) {
        let waker = cx.waker().clone();
        let mut waiters = self.waiters.borrow_mut();
        let old = match key.and_then(|key| waiters.get_mut(key)) {
            Some(place) => Some(std::mem::replace(place, waker)),
            None => {
                *key = Some(waiters.insert(waker));
                None
            }
        };
        // Dropped after the borrow: a waker may free a task, hence other futures.
        drop(waiters);
        drop(old);
    }

    fn forget(&self, key: usize) {
        let waker = self.waiters.borrow_mut().try_remove(key);
        drop(waker);
    }
}

/// Takes a waker out of its place, and leaves one there that does nothing.
fn take_waker(place: &mut Waker) -> Waker {
    std::mem::replace(place, Waker::noop().clone())
}

impl State {
    fn side(&self, direction: Direction) -> &Side {
        match direction {
            Direction::Read => &self.readable,
            Direction::Write => &self.writable,
        }
    }
}

impl Registry {
    /// The poller's token for wake-ups from other threads.
    pub(crate) const WAKER: Token = Token(INDEX_MASK);
    /// The poller's token for the precise timer.
    pub(crate) const TIMER: Token = Token(INDEX_MASK - 1);

    const MAX_SOURCES: usize = INDEX_MASK - 1;

    pub(crate) fn new(poll: mio::Registry) -> Self {
        Self {
            poll: RefCell::new(Some(poll)),
            sources: RefCell::new(Slab::new()),
            generation: Cell::new(0),
            process: Generation::current(),
        }
    }

    /// Makes the registry of a platform that has no sockets.
    pub(crate) fn without_sockets() -> Self {
        Self {
            poll: RefCell::new(None),
            sources: RefCell::new(Slab::new()),
            generation: Cell::new(0),
            process: Generation::current(),
        }
    }

    /// Returns how many sources are registered.
    pub(crate) fn len(&self) -> usize {
        self.sources.borrow().len()
    }

    /// Takes note of an event and wakes whoever waits for it.
    pub(crate) fn dispatch(&self, event: &mio::event::Event) {
        let Token(token) = event.token();
        let state = match self.sources.borrow().get(token & INDEX_MASK) {
            Some(entry) if entry.generation == token >> INDEX_BITS => Rc::clone(&entry.state),
            // An event of a source that has gone since it was reported.
            _ => return,
        };
        // An error or a hang-up is told by the operation that is tried next.
        let broken = event.is_error();
        if broken || event.is_readable() || event.is_read_closed() {
            state.readable.set_ready();
        }
        if broken || event.is_writable() || event.is_write_closed() {
            state.writable.set_ready();
        }
    }

    /// Closes the registry, with its file descriptor; sources that live on are registered nowhere.
    pub(crate) fn close(&self) {
        self.poll.take();
    }

    fn add(&self, source: &mut dyn Source) -> io::Result<(usize, Rc<State>)> {
        let poll = self.poll.borrow();
        let poll = poll.as_ref().ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::Unsupported,
                "this reactor has no sockets: it is on virtual time, or has ended",
            )
        })?;
        let mut sources = self.sources.borrow_mut();
        if sources.len() >= Self::MAX_SOURCES {
            return Err(io::Error::other("the reactor has too many I/O sources"));
        }
        let generation = self.generation.get();
        self.generation
            .set(generation.wrapping_add(1) & GENERATIONS);
        let state = Rc::new(State {
            readable: Side::new(),
            writable: Side::new(),
        });
        let entry = sources.vacant_entry();
        let index = entry.key();
        let token = Token(generation << INDEX_BITS | index);
        poll.register(source, token, Interest::READABLE | Interest::WRITABLE)?;
        entry.insert(Entry {
            generation,
            state: Rc::clone(&state),
        });
        Ok((index, state))
    }

    fn remove(&self, index: usize, source: &mut dyn Source) -> io::Result<()> {
        let entry = self.sources.borrow_mut().remove(index);
        // Its waiters are dropped after the borrow: a waker may free a task, hence other sources.
        drop(entry);
        match &*self.poll.borrow() {
            Some(poll) if !self.process.is_past() => poll.deregister(source),
            _ => Ok(()),
        }
    }
}

/// A source that is registered for as long as this lives.
pub(crate) struct Registered<S: Source> {
    source: S,
    index: usize,
    state: Rc<State>,
    context: Rc<Context>,
}

impl<S: Source> Registered<S> {
    /// Registers a source with the reactor that the calling thread runs.
    pub(crate) fn new(mut source: S) -> io::Result<Self> {
        let context = context::current()?;
        let (index, state) = context.registry.add(&mut source)?;
        Ok(Self {
            source,
            index,
            state,
            context,
        })
    }

    pub(crate) fn source(&self) -> &S {
        &self.source
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
        self.try_or(direction, cx, attempt, |side| side.wait(cx))
    }

    /// Returns a future that does the operation. Any number of tasks may wait by such futures.
    pub(crate) fn io<R, A>(&self, direction: Direction, attempt: A) -> Io<'_, S, A>
    where
        A: FnMut(&S) -> io::Result<R> + Unpin,
    {
        Io {
            registered: self,
            direction,
            attempt,
            key: None,
        }
    }

    /// Tries an operation, and calls `wait` when the source is not ready for it.
    ///
    /// A task that has used ready sources often in one poll is made to wait for its next turn, so
    /// that a busy peer does not keep the loop to itself.
    fn try_or<R>(
        &self,
        direction: Direction,
        cx: &TaskContext<'_>,
        mut attempt: impl FnMut(&S) -> io::Result<R>,
        wait: impl FnOnce(&Side),
    ) -> Poll<io::Result<R>> {
        let side = self.state.side(direction);
        while side.ready.get() {
            if !self.context.has_patience() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            match attempt(&self.source) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => side.ready.set(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => {
                    self.context.spend_patience();
                    return Poll::Ready(result);
                }
            }
        }
        wait(side);
        Poll::Pending
    }

    /// Waits until the poller has reported the source in this direction since the last attempt
    /// that would have blocked.
    pub(crate) fn expect_event(&self, direction: Direction) {
        self.state.side(direction).ready.set(false);
    }
}

/// The future of one operation on a source.
pub(crate) struct Io<'a, S: Source, A> {
    registered: &'a Registered<S>,
    direction: Direction,
    attempt: A,
    key: Option<usize>,
}

impl<S, A, R> Future for Io<'_, S, A>
where
    S: Source,
    A: FnMut(&S) -> io::Result<R> + Unpin,
{
    type Output = io::Result<R>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let key = &mut this.key;
        this.registered
            .try_or(this.direction, cx, &mut this.attempt, |side| {
                side.wait_at(key, cx);
            })
    }
}

impl<S: Source, A> Drop for Io<'_, S, A> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.registered.state.side(self.direction).forget(key);
        }
    }
}

impl<S: Source> Drop for Registered<S> {
    fn drop(&mut self) {
        if let Err(error) = self.context.registry.remove(self.index, &mut self.source) {
            // The source is closed right after this, which ends its registration in any case.
            log::debug!(target: "crochet::reactor", "deregistering a source failed: {error}");
        }
    }
}

impl<S: Source + std::fmt::Debug> std::fmt::Debug for Registered<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.source.fmt(f)
    }
}
