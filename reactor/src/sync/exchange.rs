//! Items on their way from those who put them to those who get them.

use std::collections::VecDeque;
use std::task::Waker;

use super::wait_list::{Left, Ticket, WaitList};

/// A queue of items, of those who wait for items, and of those who wait for room. It is what a loop's
/// [`Queue`](super::Queue) and a [channel](crate::channel) have in common.
///
/// What always holds: nobody waits for an item while there is one that was not handed out, and nobody
/// waits for room while there is some.
///
/// Plain data: it wakes nobody. The wakers that it returns are to be woken, and the items to be dropped,
/// where nothing is borrowed or locked.
#[derive(Debug)]
pub(crate) struct Exchange<T> {
    items: VecDeque<T>,
    size: usize,
    getters: WaitList<(), T>,
    putters: WaitList<T, ()>,
}

/// The place of somebody who waits for an item.
#[derive(Debug)]
pub(crate) struct GetTicket(Ticket);

/// The place of somebody who waits for room for an item.
#[derive(Debug)]
pub(crate) struct PutTicket(Ticket);

impl<T> Exchange<T> {
    /// Makes one that keeps up to `size` items.
    pub(crate) const fn new(size: usize) -> Self {
        Self {
            items: VecDeque::new(),
            size,
            getters: WaitList::new(),
            putters: WaitList::new(),
        }
    }

    /// Changes how many items are kept. Returns the wakers of those whose items there is room for now.
    pub(crate) fn set_size(&mut self, size: usize) -> Vec<Waker> {
        self.size = size;
        let mut admitted = Vec::new();
        while self.items.len() < self.size {
            let Some(waker) = self.admit() else { break };
            admitted.push(waker);
        }
        admitted
    }

    /// Returns how many items there are that nobody has been handed.
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns how many wait for an item.
    pub(crate) const fn getters(&self) -> usize {
        self.getters.waiting()
    }

    /// Puts an item, handing it to who waits for one: returns that one's waker. Gives the item back
    /// when there is no room.
    pub(crate) fn put(&mut self, item: T) -> Result<Option<Waker>, T> {
        if !self.getters.is_empty() {
            return Ok(self.getters.grant(|()| item));
        }
        if self.items.len() >= self.size {
            return Err(item);
        }
        self.items.push_back(item);
        Ok(None)
    }

    /// Gets an item; also returns the waker of who waited for the room that it leaves.
    pub(crate) fn get(&mut self) -> Option<(T, Option<Waker>)> {
        if let Some(item) = self.items.pop_front() {
            let has_room = self.items.len() < self.size;
            return Some((item, has_room.then(|| self.admit()).flatten()));
        }
        // Where nothing is kept, an item is got from who waits to put it.
        let admitted = self.admit();
        self.items.pop_front().map(|item| (item, admitted))
    }

    /// Takes over the item of the first that waits for room.
    fn admit(&mut self) -> Option<Waker> {
        let Self { items, putters, .. } = self;
        putters.grant(|item| items.push_back(item))
    }

    /// Waits for an item, when there is none.
    pub(crate) fn wait_to_get(&mut self, waker: Waker) -> GetTicket {
        GetTicket(self.getters.join(waker, ()))
    }

    /// Waits for room for an item, when there is none.
    pub(crate) fn wait_to_put(&mut self, item: T, waker: Waker) -> PutTicket {
        PutTicket(self.putters.join(waker, item))
    }

    /// Takes the item that was waited for; or goes on waiting, and exchanges the waker.
    pub(crate) fn claim_get(
        &mut self,
        ticket: GetTicket,
        waker: &mut Waker,
    ) -> Result<T, GetTicket> {
        self.getters.claim(ticket.0, waker).map_err(GetTicket)
    }

    /// Tells whether there was room; or goes on waiting, and exchanges the waker.
    pub(crate) fn claim_put(
        &mut self,
        ticket: PutTicket,
        waker: &mut Waker,
    ) -> Result<(), PutTicket> {
        self.putters.claim(ticket.0, waker).map_err(PutTicket)
    }

    /// No longer waits for an item. Takes it if it has been handed out.
    pub(crate) fn leave_get(&mut self, ticket: GetTicket) -> Left<(), T> {
        self.getters.leave(ticket.0)
    }

    /// No longer waits for room. Takes the item back, unless there was room.
    pub(crate) fn leave_put(&mut self, ticket: PutTicket) -> Left<T, ()> {
        self.putters.leave(ticket.0)
    }

    /// No longer waits for an item. One that had been handed out goes to the next who waits, or is the
    /// next to be got, even if there are then more than are to be kept. Returns the wakers of who left,
    /// to be dropped, and of who is handed the item, to be woken.
    pub(crate) fn give_up_get(&mut self, ticket: GetTicket) -> (Option<Waker>, Option<Waker>) {
        match self.leave_get(ticket) {
            Left::Waiting((), waker) => (Some(waker), None),
            Left::Granted(item) if self.getters.is_empty() => {
                self.items.push_front(item);
                (None, None)
            }
            Left::Granted(item) => (None, self.getters.grant(|()| item)),
        }
    }

    /// Takes all items out.
    pub(crate) fn take_items(&mut self) -> VecDeque<T> {
        std::mem::take(&mut self.items)
    }

    /// Returns the wakers of those who wait for items, who are to look for a reason not to wait.
    pub(crate) fn rouse_getters(&mut self) -> Vec<Waker> {
        self.getters.rouse()
    }

    /// Returns the wakers of those who wait for room, who are to look for a reason not to wait.
    pub(crate) fn rouse_putters(&mut self) -> Vec<Waker> {
        self.putters.rouse()
    }
}
