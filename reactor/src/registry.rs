//! The I/O sources of a reactor, and who waits for them.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, Waker};

use rustix::fd::{AsFd, BorrowedFd};
use slab::Slab;

use crate::backend::{Event, Interest, MAX_TOKEN, Sources, Trigger};
use crate::caught;
use crate::context::{self, Context};
use crate::fork::Generation;

mod reserve;
mod waiters;

pub(crate) use reserve::{Reserve, Spent, is_out_of_files};
pub(crate) use waiters::Waiters;

/// All sources that are registered with the poller.
#[derive(Debug)]
pub(crate) struct Registry {
    // None on virtual time, and when the poller has been closed: sources may outlive it.
    poll: RefCell<Option<Box<dyn Sources>>>,
    trigger: Trigger,
    sources: RefCell<Slab<Entry>>,
    generation: Cell<usize>,
    reserve: Reserve,
    // The system's set of sources is shared with children that are forked, which must not change it.
    process: Generation,
}

#[derive(Debug)]
struct Entry {
    state: Rc<State>,
}

/// What is known of one source. Readiness is assumed until an operation would block, and then again
/// from the next event on.
#[derive(Debug)]
struct State {
    token: usize,
    readable: Side,
    writable: Side,
}

#[derive(Debug)]
struct Side {
    ready: Cell<bool>,
    /// The task that polled last without a key.
    poller: RefCell<Option<Waker>>,
    /// The tasks that wait by a future.
    waiters: Waiters,
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
// One less than there is room for: the tokens of the last one are the back ends' own.
const GENERATIONS: usize = usize::MAX >> INDEX_BITS;
const _: () = assert!((GENERATIONS - 1) << INDEX_BITS | INDEX_MASK <= MAX_TOKEN);

impl Side {
    fn new() -> Self {
        Self {
            ready: Cell::new(true),
            poller: RefCell::new(None),
            waiters: Waiters::new(),
        }
    }

    /// Wakes everybody who waits: whoever comes first gets what there is.
    fn set_ready(&self) {
        self.ready.set(true);
        let poller = self.poller.take();
        if let Some(poller) = poller {
            caught::contain("a waker", || poller.wake());
        }
        self.waiters.wake_all();
    }

    /// Keeps the waker of the task that polls; one that polled before has lost its place.
    fn wait(&self, cx: &TaskContext<'_>) {
        let kept = self.poller.take();
        let waker = kept.filter(|kept| kept.will_wake(cx.waker()));
        let waker = waker.unwrap_or_else(|| cx.waker().clone());
        self.poller.replace(Some(waker));
    }
}

impl State {
    /// Returns the directions in which an event is waited for.
    fn awaited(&self) -> Option<Interest> {
        match (self.readable.ready.get(), self.writable.ready.get()) {
            (false, false) => Some(Interest::Both),
            (false, true) => Some(Interest::Read),
            (true, false) => Some(Interest::Write),
            (true, true) => None,
        }
    }

    fn side(&self, direction: Direction) -> &Side {
        match direction {
            Direction::Read => &self.readable,
            Direction::Write => &self.writable,
        }
    }
}

impl Registry {
    /// The poller's token for the precise timer.
    pub(crate) const TIMER: usize = INDEX_MASK;

    const MAX_SOURCES: usize = INDEX_MASK;

    pub(crate) fn new(poll: Box<dyn Sources>) -> Self {
        let trigger = poll.trigger();
        Self::with(Some(poll), trigger)
    }

    /// Makes the registry of a platform that has no sockets.
    pub(crate) fn without_sockets() -> Self {
        Self::with(None, Trigger::Edge)
    }

    fn with(poll: Option<Box<dyn Sources>>, trigger: Trigger) -> Self {
        Self {
            poll: RefCell::new(poll),
            trigger,
            sources: RefCell::new(Slab::new()),
            generation: Cell::new(0),
            reserve: Reserve::new(),
            process: Generation::current(),
        }
    }

    /// Returns how many sources are registered.
    pub(crate) fn len(&self) -> usize {
        self.sources.borrow().len()
    }

    /// Takes note of an event and wakes whoever waits for it.
    pub(crate) fn dispatch(&self, event: Event) {
        let index = event.token & INDEX_MASK;
        let state = match self.sources.borrow().get(index) {
            Some(entry) if entry.state.token == event.token => Rc::clone(&entry.state),
            // An event of a source that has gone since it was reported.
            _ => return,
        };
        // An event in one direction has used up the registration of the other as well: whoever
        // waits there tries again, and arms it anew.
        let both = self.trigger == Trigger::Oneshot;
        if both || event.readable {
            state.readable.set_ready();
        }
        if both || event.writable {
            state.writable.set_ready();
        }
    }

    /// Closes the registry, with its file descriptor; sources that live on are registered nowhere.
    pub(crate) fn close(&self) {
        self.reserve.close();
        self.poll.take();
    }

    fn add(&self, source: BorrowedFd<'_>) -> io::Result<(usize, Rc<State>)> {
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
        self.generation.set((generation + 1) % GENERATIONS);
        let entry = sources.vacant_entry();
        let index = entry.key();
        let state = Rc::new(State {
            token: generation << INDEX_BITS | index,
            readable: Side::new(),
            writable: Side::new(),
        });
        poll.register(source, state.token, Interest::Both)?;
        entry.insert(Entry {
            state: Rc::clone(&state),
        });
        Ok((index, state))
    }

    /// Has the poller report what is waited for, where that is needed each time.
    fn arm(&self, source: BorrowedFd<'_>, state: &State) -> io::Result<()> {
        if self.trigger == Trigger::Edge || self.process.is_past() {
            return Ok(());
        }
        match (&*self.poll.borrow(), state.awaited()) {
            (Some(poll), Some(interest)) => poll.arm(source, state.token, interest),
            _ => Ok(()),
        }
    }

    fn remove(&self, index: usize, source: BorrowedFd<'_>) -> io::Result<()> {
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
pub(crate) struct Registered<S: AsFd> {
    source: S,
    index: usize,
    state: Rc<State>,
    context: Rc<Context>,
}

impl<S: AsFd> Registered<S> {
    /// Registers a source with the reactor that the calling thread runs.
    ///
    /// It must not block: operations are tried before it is known that they would not.
    pub(crate) fn new(source: S) -> io::Result<Self> {
        let context = context::current()?;
        let (index, state) = context.registry.add(source.as_fd())?;
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
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    side.ready.set(false);
                    self.context
                        .registry
                        .arm(self.source.as_fd(), &self.state)?;
                }
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
    /// that would have blocked. It may be reported without cause.
    pub(crate) fn expect_event(&self, direction: Direction) -> io::Result<()> {
        self.state.side(direction).ready.set(false);
        self.context.registry.arm(self.source.as_fd(), &self.state)
    }
}

/// The future of one operation on a source.
pub(crate) struct Io<'a, S: AsFd, A> {
    registered: &'a Registered<S>,
    direction: Direction,
    attempt: A,
    key: Option<usize>,
}

impl<S, A, R> Future for Io<'_, S, A>
where
    S: AsFd,
    A: FnMut(&S) -> io::Result<R> + Unpin,
{
    type Output = io::Result<R>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let key = &mut this.key;
        this.registered
            .try_or(this.direction, cx, &mut this.attempt, |side| {
                side.waiters.wait_at(key, cx);
            })
    }
}

impl<S: AsFd, A> Drop for Io<'_, S, A> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.registered
                .state
                .side(self.direction)
                .waiters
                .forget(key);
        }
    }
}

impl<S: AsFd> Drop for Registered<S> {
    fn drop(&mut self) {
        if let Err(error) = self
            .context
            .registry
            .remove(self.index, self.source.as_fd())
        {
            // The source is closed right after this, which ends its registration in any case.
            log::debug!(target: "crochet::reactor", "deregistering a source failed: {error}");
        }
    }
}

impl<S: AsFd + std::fmt::Debug> std::fmt::Debug for Registered<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.source.fmt(f)
    }
}
