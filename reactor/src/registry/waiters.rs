//! Tasks that wait by a future.

use std::cell::RefCell;
use std::mem;
use std::task::{Context, Waker};

use crate::caught;
use crate::sync::wait_list::{self, Left, WaitList};

/// The wakers of futures, each of which takes its own away when it is dropped. One that has been
/// woken keeps its ticket, without a waker, until it is polled again.
///
/// Nearly always there is one at most, which has a place of its own; the list is made for the second.
#[derive(Debug)]
pub(crate) struct Waiters {
    place: RefCell<Place>,
    line: RefCell<Option<Box<Line>>>,
}

type Line = WaitList<(), ()>;

#[derive(Debug)]
enum Place {
    Free,
    Waiting(Waker),
    Woken,
}

/// A future's right to be woken. Not copied: it is used up by being forgotten.
#[derive(Debug)]
#[must_use = "a waker without a ticket stays for ever"]
pub(crate) enum Ticket {
    Place,
    Line(wait_list::Ticket),
}

/// For how many the list may have room left when nobody is in it any more.
const SPARE: usize = 64;

impl Waiters {
    pub(crate) fn new() -> Self {
        Self {
            place: RefCell::new(Place::Free),
            line: RefCell::new(None),
        }
    }

    /// Keeps the waker of the task that polls a future, under the future's own ticket.
    pub(crate) fn wait_at(&self, ticket: &mut Option<Ticket>, cx: &Context<'_>) {
        let waker = cx.waker().clone();
        match ticket {
            None | Some(Ticket::Place) => {
                let mut place = self.place.borrow_mut();
                if ticket.is_some() || matches!(*place, Place::Free) {
                    *ticket = Some(Ticket::Place);
                    let before = mem::replace(&mut *place, Place::Waiting(waker));
                    // Dropped after the borrow: a waker may free a task, hence other futures.
                    drop(place);
                    drop(before);
                    return;
                }
            }
            Some(Ticket::Line(_)) => {}
        }
        let mut line = self.line.borrow_mut();
        let list = line.get_or_insert_default();
        let left = match ticket.take() {
            Some(Ticket::Line(ticket)) => Some(list.leave(ticket)),
            _ => None,
        };
        *ticket = Some(Ticket::Line(list.join(waker, ())));
        drop(line);
        drop(left);
    }

    /// Takes a future's waker away.
    pub(crate) fn forget(&self, ticket: Ticket) {
        let waker = match ticket {
            Ticket::Place => self.place.replace(Place::Free).into_waker(),
            Ticket::Line(ticket) => {
                let mut line = self.line.borrow_mut();
                let left = line.as_mut().map(|list| list.leave(ticket));
                let unused = line.take_if(|list| list.room_if_unused() > SPARE);
                drop(line);
                drop(unused);
                match left {
                    Some(Left::Waiting((), waker)) => Some(waker),
                    Some(Left::Granted(())) | None => None,
                }
            }
        };
        // This is what destructors do.
        if let Some(waker) = waker {
            caught::drop_waker(waker);
        }
    }

    /// Wakes everybody who waits by now.
    pub(crate) fn wake_all(&self) {
        // Statements of their own: nothing is borrowed while wakers, which are foreign code, run.
        let waker = self.place.borrow_mut().take();
        if let Some(waker) = waker {
            caught::wake(waker);
        }
        let waiting = self.line.borrow().as_ref().map_or(0, |list| list.waiting());
        // Those who begin to wait meanwhile come last.
        for _ in 0..waiting {
            let waker = self.grant();
            match waker {
                Some(waker) => caught::wake(waker),
                None => break,
            }
        }
    }

    /// Takes the waker of the first in line.
    fn grant(&self) -> Option<Waker> {
        self.line.borrow_mut().as_mut()?.grant(|()| ())
    }
}

impl Place {
    /// Takes the waker, if there is one: its future has been woken then.
    fn take(&mut self) -> Option<Waker> {
        if !matches!(self, Self::Waiting(_)) {
            return None;
        }
        mem::replace(self, Self::Woken).into_waker()
    }

    fn into_waker(self) -> Option<Waker> {
        match self {
            Self::Waiting(waker) => Some(waker),
            Self::Free | Self::Woken => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;
    use crate::registry::tests::Unclean;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn everybody_who_waits_is_woken_once_until_waiting_again() {
        let (waiters, count) = (Waiters::new(), Arc::new(Count::default()));
        let waker = Waker::from(Arc::clone(&count));
        let mut tickets = [None, None, None];
        for ticket in &mut tickets {
            waiters.wait_at(ticket, &Context::from_waker(&waker));
        }
        // Another look does not count twice.
        waiters.wait_at(&mut tickets[1], &Context::from_waker(&waker));
        waiters.wake_all();
        waiters.wake_all();
        assert_eq!(count.0.load(Ordering::Relaxed), 3);
        waiters.wait_at(&mut tickets[0], &Context::from_waker(&waker));
        waiters.wake_all();
        assert_eq!(count.0.load(Ordering::Relaxed), 4);
        for ticket in tickets {
            waiters.forget(ticket.expect("it has waited"));
        }
        waiters.wake_all();
        assert_eq!(count.0.load(Ordering::Relaxed), 4);
    }

    #[test]
    fn wakers_whose_destructors_panic_are_forgotten_as_others_are() {
        let (waiters, count) = (Waiters::new(), Arc::new(Count::default()));
        let counted = Waker::from(Arc::clone(&count));
        let mut tickets = [None, None, None];
        for (ticket, is_counted) in tickets.iter_mut().zip([false, true, false]) {
            let waker = if is_counted {
                counted.clone()
            } else {
                Waker::from(Arc::new(Unclean))
            };
            waiters.wait_at(ticket, &Context::from_waker(&waker));
        }
        let [in_place, in_line, last] = tickets.map(|ticket| ticket.expect("it waits"));
        waiters.forget(in_place);
        waiters.forget(last);
        waiters.wake_all();
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        waiters.forget(in_line);
    }

    #[test]
    fn a_crowd_that_has_gone_leaves_no_room_behind() {
        let waiters = Waiters::new();
        let cx = &Context::from_waker(Waker::noop());
        let mut tickets: Vec<_> = (0..10_000).map(|_| None).collect();
        for ticket in &mut tickets {
            waiters.wait_at(ticket, cx);
        }
        for ticket in tickets {
            waiters.forget(ticket.expect("it has waited"));
        }
        assert!(waiters.line.borrow().is_none());
    }
}
