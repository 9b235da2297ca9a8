//! The I/O sources of a reactor, and who waits for them.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, Waker};

use mio::event::Source;
use mio::{Interest, Token};
use slab::Slab;

use crate::caught;
use crate::context::{self, Context};

/// All sources that are registered with the poller.
#[derive(Debug)]
pub(crate) struct Registry {
    poll: Option<mio::Registry>,
    sources: RefCell<Slab<Entry>>,
    generation: Cell<usize>,
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
    waiters: RefCell<Vec<Waker>>,
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
            waiters: RefCell::new(Vec::new()),
        }
    }

    /// Wakes everybody who waits: whoever comes first gets what there is.
    fn set_ready(&self) {
        self.ready.set(true);
        // Out of the cell while foreign code runs, and back into it to keep its memory.
        let mut waiters = self.waiters.take();
        for waiter in waiters.drain(..) {
            caught::contain("a waker", || waiter.wake());
        }
        let mut kept = self.waiters.borrow_mut();
        if kept.is_empty() {
            *kept = waiters;
        }
    }

    /// Keeps the waker of a task that waits.
    fn wait(&self, cx: &TaskContext<'_>) {
        let mut waiters = self.waiters.borrow_mut();
        if !waiters.iter().any(|waiter| waiter.will_wake(cx.waker())) {
            waiters.push(cx.waker().clone());
        }
    }
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
            poll: Some(poll),
            sources: RefCell::new(Slab::new()),
            generation: Cell::new(0),
        }
    }

    /// Makes the registry of a platform that has no sockets.
    pub(crate) fn without_sockets() -> Self {
        Self {
            poll: None,
            sources: RefCell::new(Slab::new()),
            generation: Cell::new(0),
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

    fn poll(&self) -> io::Result<&mio::Registry> {
        self.poll.as_ref().ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::Unsupported,
                "a reactor on virtual time has no sockets",
            )
        })
    }

    fn add(&self, source: &mut dyn Source) -> io::Result<(usize, Rc<State>)> {
        let poll = self.poll()?;
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
        self.poll()?.deregister(source)
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
    /// A task that has used ready sources often in one poll is made to wait for its next turn, so
    /// that a busy peer does not keep the loop to itself.
    pub(crate) fn poll_io<R>(
        &self,
        direction: Direction,
        cx: &TaskContext<'_>,
        mut attempt: impl FnMut(&S) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        let side = self.state.side(direction);
        if !self.context.spend_patience() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            if !side.ready.get() {
                side.wait(cx);
                return Poll::Pending;
            }
            match attempt(&self.source) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => side.ready.set(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return Poll::Ready(result),
            }
        }
    }

    /// Waits until the poller has reported the source in this direction since the last attempt
    /// that would have blocked.
    pub(crate) fn expect_event(&self, direction: Direction) {
        self.state.side(direction).ready.set(false);
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
