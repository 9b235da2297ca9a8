//! The I/O sources of a reactor, and who waits for them.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;

use rustix::fd::BorrowedFd;
use slab::Slab;

use crate::backend::{Event, Interest, MAX_TOKEN, Sources, Trigger};
use crate::fork::Generation;

mod registered;
mod reserve;
mod waiters;

pub(crate) use registered::{Registered, Waiting};
pub(crate) use reserve::{Reserve, Spent, is_out_of_files};
pub(crate) use waiters::{Ticket, Waiters};

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
    readers: Waiters,
    writers: Waiters,
    is_readable: Cell<bool>,
    is_writable: Cell<bool>,
    /// Something behind the bytes to be read has been reported: see [`Event::is_more`].
    is_more: Cell<bool>,
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

impl State {
    fn new(token: usize) -> Self {
        Self {
            token,
            readers: Waiters::new(),
            writers: Waiters::new(),
            is_readable: Cell::new(true),
            is_writable: Cell::new(true),
            is_more: Cell::new(false),
        }
    }

    /// Returns the index of the source in the registry.
    fn index(&self) -> usize {
        self.token & INDEX_MASK
    }

    /// Returns the directions in which an event is waited for.
    fn awaited(&self) -> Option<Interest> {
        match (self.is_readable.get(), self.is_writable.get()) {
            (false, false) => Some(Interest::Both),
            (false, true) => Some(Interest::Read),
            (true, false) => Some(Interest::Write),
            (true, true) => None,
        }
    }

    /// Whether the source counts as ready.
    fn is_ready(&self, direction: Direction) -> &Cell<bool> {
        match direction {
            Direction::Read => &self.is_readable,
            Direction::Write => &self.is_writable,
        }
    }

    fn waiters(&self, direction: Direction) -> &Waiters {
        match direction {
            Direction::Read => &self.readers,
            Direction::Write => &self.writers,
        }
    }

    /// Wakes everybody who waits: whoever comes first gets what there is. Nobody does while the source
    /// counts as ready.
    fn set_ready(&self, direction: Direction) {
        if !self.is_ready(direction).replace(true) {
            self.waiters(direction).wake_all();
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
        if event.is_more {
            state.is_more.set(true);
        }
        if both || event.readable {
            state.set_ready(Direction::Read);
        }
        if both || event.writable {
            state.set_ready(Direction::Write);
        }
    }

    /// Closes the registry, with its file descriptor; sources that live on are registered nowhere.
    pub(crate) fn close(&self) {
        self.reserve.close();
        self.poll.take();
    }

    fn add(&self, source: BorrowedFd<'_>) -> io::Result<Rc<State>> {
        let poll = self.poll.borrow();
        let poll = poll.as_ref().ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::Unsupported,
                "this reactor has no sockets: it is on virtual time, or has ended",
            )
        })?;
        let (place, state) = self.take_place()?;
        // Nothing but the poller is borrowed: a back end may log, hence enter foreign code.
        poll.register(source, state.token, Interest::Both)?;
        place.keep();
        Ok(state)
    }

    fn take_place(&self) -> io::Result<(Place<'_>, Rc<State>)> {
        let mut sources = self.sources.borrow_mut();
        if sources.len() >= Self::MAX_SOURCES {
            return Err(io::Error::other("the reactor has too many I/O sources"));
        }
        let generation = self.generation.get();
        self.generation.set((generation + 1) % GENERATIONS);
        let entry = sources.vacant_entry();
        let index = entry.key();
        let state = Rc::new(State::new(generation << INDEX_BITS | index));
        entry.insert(Entry {
            state: Rc::clone(&state),
        });
        let place = Place {
            registry: self,
            index,
        };
        Ok((place, state))
    }

    /// Takes a source for not ready in this direction, until the poller reports it.
    ///
    /// When the poller refuses, the source counts as what it did before: if as ready, who tries again hears
    /// of it again, and does not wait for an event that nobody would report.
    #[inline]
    fn expect_event(
        &self,
        source: BorrowedFd<'_>,
        state: &State,
        direction: Direction,
    ) -> io::Result<()> {
        let ready = state.is_ready(direction);
        let before = ready.replace(false);
        let armed = self.arm(source, state);
        if armed.is_err() && before {
            // Also those who have begun to wait meanwhile, in a back end's logger.
            state.set_ready(direction);
        }
        armed
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

    fn remove(&self, state: &State, source: BorrowedFd<'_>) -> io::Result<()> {
        let entry = self.sources.borrow_mut().remove(state.index());
        // Its waiters are dropped after the borrow: a waker may free a task, hence other sources.
        drop(entry);
        match &*self.poll.borrow() {
            Some(poll) if !self.process.is_past() => poll.deregister(source),
            _ => Ok(()),
        }
    }
}

/// An entry of a source that is being registered; given back when that fails or panics.
struct Place<'a> {
    registry: &'a Registry,
    index: usize,
}

impl Place<'_> {
    fn keep(self) {
        // It owns nothing that would have to be dropped.
        std::mem::forget(self);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.registry.sources.borrow_mut().remove(self.index);
    }
}

#[cfg(test)]
mod tests;
