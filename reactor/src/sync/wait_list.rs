//! Those who wait for something, in the order in which they began to.

use std::task::Waker;

use slab::Slab;

/// A first-in first-out list of waiters, from whose middle any can be removed at once.
///
/// A waiter brings a `B`, and waits until it is granted a `G`. It then is no longer in line, and its
/// entry stays for it to find the grant. Whoever waits has a [`Ticket`], and gives it up by taking the
/// grant or by leaving.
///
/// Plain data: wakers are given out to be woken or dropped by the caller, where nothing is borrowed or
/// locked.
#[derive(Debug)]
pub(crate) struct WaitList<B, G> {
    entries: Slab<Entry<B, G>>,
    first: Option<usize>,
    last: Option<usize>,
    waiting: usize,
}

/// The right to an entry. Not copied: it is used up by leaving the list.
#[derive(Debug)]
#[must_use = "an entry without a ticket stays for ever"]
pub(crate) struct Ticket(usize);

#[derive(Debug)]
enum Entry<B, G> {
    Waiting {
        waker: Waker,
        brings: B,
        before: Option<usize>,
        after: Option<usize>,
    },
    Granted(G),
    /// Only while it is being granted something.
    Leaving,
}

/// What somebody who left the list had.
#[derive(Debug)]
pub(crate) enum Left<B, G> {
    /// It was waiting: what it brought, and its waker, to be dropped.
    Waiting(B, Waker),
    /// It had been granted this.
    Granted(G),
}

impl<B, G> Default for WaitList<B, G> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B, G> WaitList<B, G> {
    pub(crate) const fn new() -> Self {
        Self {
            entries: Slab::new(),
            first: None,
            last: None,
            waiting: 0,
        }
    }

    /// Returns how many are in line.
    pub(crate) const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Tells whether nobody is in line.
    pub(crate) const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Joins the end of the line.
    pub(crate) fn join(&mut self, waker: Waker, brings: B) -> Ticket {
        let before = self.last;
        let index = self.entries.insert(Entry::Waiting {
            waker,
            brings,
            before,
            after: None,
        });
        match before {
            Some(before) => *self.after_of(before) = Some(index),
            None => self.first = Some(index),
        }
        self.last = Some(index);
        self.waiting += 1;
        Ticket(index)
    }

    /// Grants the first in line something, made of what it brought. Returns its waker.
    pub(crate) fn grant(&mut self, grant: impl FnOnce(B) -> G) -> Option<Waker> {
        let index = self.first?;
        self.unlink(index);
        let entry = std::mem::replace(&mut self.entries[index], Entry::Leaving);
        let Entry::Waiting { waker, brings, .. } = entry else {
            unreachable!("{IN_LINE}");
        };
        self.entries[index] = Entry::Granted(grant(brings));
        Some(waker)
    }

    /// Takes the grant; while there is none, exchanges the waker that waits for another. No waker is
    /// dropped, which is foreign code.
    pub(crate) fn claim(&mut self, ticket: Ticket, other: &mut Waker) -> Result<G, Ticket> {
        match &mut self.entries[ticket.0] {
            Entry::Waiting { waker, .. } => {
                std::mem::swap(waker, other);
                Err(ticket)
            }
            Entry::Granted(_) | Entry::Leaving => match self.entries.remove(ticket.0) {
                Entry::Granted(grant) => Ok(grant),
                Entry::Waiting { .. } | Entry::Leaving => unreachable!("{GRANTED}"),
            },
        }
    }

    /// Leaves the list.
    pub(crate) fn leave(&mut self, ticket: Ticket) -> Left<B, G> {
        let Ticket(index) = ticket;
        if let Entry::Waiting { .. } = &self.entries[index] {
            self.unlink(index);
        }
        match self.entries.remove(index) {
            Entry::Waiting { waker, brings, .. } => Left::Waiting(brings, waker),
            Entry::Granted(grant) => Left::Granted(grant),
            Entry::Leaving => unreachable!("{GRANTED}"),
        }
    }

    /// Returns the wakers of all in line, who stay there: each is to look for a reason not to wait.
    pub(crate) fn rouse(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::with_capacity(self.waiting);
        let mut next = self.first;
        while let Some(index) = next {
            let Entry::Waiting { waker, after, .. } = &mut self.entries[index] else {
                unreachable!("{IN_LINE}");
            };
            wakers.push(std::mem::replace(waker, Waker::noop().clone()));
            next = *after;
        }
        wakers
    }

    /// Returns for how many there is room without more memory, once nobody has a ticket any more;
    /// nothing before.
    pub(crate) fn room_if_unused(&self) -> usize {
        if self.entries.is_empty() {
            self.entries.capacity()
        } else {
            0
        }
    }

    fn unlink(&mut self, index: usize) {
        let Entry::Waiting { before, after, .. } = self.entries[index] else {
            unreachable!("{IN_LINE}");
        };
        match before {
            Some(before) => *self.after_of(before) = after,
            None => self.first = after,
        }
        match after {
            Some(after) => *self.before_of(after) = before,
            None => self.last = before,
        }
        self.waiting -= 1;
    }

    fn after_of(&mut self, index: usize) -> &mut Option<usize> {
        match &mut self.entries[index] {
            Entry::Waiting { after, .. } => after,
            Entry::Granted(_) | Entry::Leaving => unreachable!("{IN_LINE}"),
        }
    }

    fn before_of(&mut self, index: usize) -> &mut Option<usize> {
        match &mut self.entries[index] {
            Entry::Waiting { before, .. } => before,
            Entry::Granted(_) | Entry::Leaving => unreachable!("{IN_LINE}"),
        }
    }
}

const IN_LINE: &str = "only those who wait are linked";
const GRANTED: &str = "a grant is complete when the list is looked at";
