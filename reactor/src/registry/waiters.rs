//! Who waits for something that is told to all of them.

use std::cell::Cell;
use std::fmt;
use std::mem;
use std::task::{Context, Waker};

use crate::caught;
use crate::fork::Generation;
use crate::sync::wait_list::{self, Left, WaitList};

/// The wakers of tasks that wait: of any number of futures, each of which takes its own away when it is
/// dropped, and of the one task that polled last without a future of its own. A future that has been
/// woken keeps its ticket, without a waker, until it is polled again.
///
/// Nearly always there is one at most, which has a place of its own; room for others is made for the
/// second. Every connection has two of these, so they are small: cells that are taken out of and put
/// back into, which needs no flags, as nothing foreign runs meanwhile.
pub(crate) struct Waiters {
    waker: Cell<Option<Waker>>,
    holder: Cell<Holder>,
    others: Cell<Option<Box<Others>>>,
}

/// Whose the place is.
///
/// | holder | set when | left when |
/// | --- | --- | --- |
/// | `Nobody` | created; the future is forgotten, or the poller woken | somebody begins to wait |
/// | `Future` | a future begins to wait, and nobody has the place | it is forgotten |
/// | `Poller` | a task polls, and no future has the place; or that is forgotten, and a task has polled | it is woken |
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Holder {
    Nobody,
    Future,
    Poller,
}

/// Those who have come while another had the place.
#[derive(Debug, Default)]
struct Others {
    /// The task that polled last; only while a future has the place.
    poller: Option<Waker>,
    line: WaitList<(), ()>,
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
            waker: Cell::new(None),
            holder: Cell::new(Holder::Nobody),
            others: Cell::new(None),
        }
    }

    /// Keeps the waker of the task that polls; one that polled before has lost its place.
    pub(crate) fn poll_at(&self, cx: &Context<'_>) {
        if self.would_wake_poller(cx.waker()) {
            return;
        }
        let waker = Some(cx.waker().clone());
        let before = if self.holder.get() == Holder::Future {
            self.with_others(|others| {
                let others = others.get_or_insert_default();
                mem::replace(&mut others.poller, waker)
            })
        } else {
            self.holder.set(Holder::Poller);
            self.waker.replace(waker)
        };
        // Dropped last: a waker may free a task, hence other futures.
        drop(before);
    }

    /// Tells whether the task that polled last is the one that this wakes.
    fn would_wake_poller(&self, waker: &Waker) -> bool {
        let is_same =
            |kept: &Option<Waker>| kept.as_ref().is_some_and(|kept| kept.will_wake(waker));
        match self.holder.get() {
            Holder::Nobody => false,
            Holder::Future => self.with_others(|others| {
                let others = others.as_ref();
                others.is_some_and(|others| is_same(&others.poller))
            }),
            Holder::Poller => {
                let kept = self.waker.take();
                let would = is_same(&kept);
                self.waker.set(kept);
                would
            }
        }
    }

    /// Keeps the waker of the task that polls a future, under the future's own ticket.
    pub(crate) fn wait_at(&self, ticket: &mut Option<Ticket>, cx: &Context<'_>) {
        let waker = cx.waker().clone();
        let has_place = match ticket {
            None => self.holder.get() == Holder::Nobody,
            Some(Ticket::Place) => true,
            Some(Ticket::Line(_)) => false,
        };
        if has_place {
            self.holder.set(Holder::Future);
            *ticket = Some(Ticket::Place);
            let before = self.waker.replace(Some(waker));
            // Dropped last: a waker may free a task, hence other futures.
            drop(before);
            return;
        }
        let left = self.with_others(|others| {
            let list = &mut others.get_or_insert_default().line;
            let left = match ticket.take() {
                Some(Ticket::Line(ticket)) => Some(list.leave(ticket)),
                _ => None,
            };
            *ticket = Some(Ticket::Line(list.join(waker, ())));
            left
        });
        drop(left);
    }

    /// Takes a future's waker away.
    #[inline]
    pub(crate) fn forget(&self, ticket: Ticket) {
        let waker = match ticket {
            Ticket::Place if !self.has_others() => {
                self.holder.set(Holder::Nobody);
                self.waker.take()
            }
            among_others => self.leave_others(among_others),
        };
        // This is what destructors do.
        if let Some(waker) = waker {
            caught::drop_waker(waker);
        }
    }

    /// Takes the waker away of a future beside which there are others, or were.
    #[cold]
    fn leave_others(&self, ticket: Ticket) -> Option<Waker> {
        match ticket {
            Ticket::Place => {
                let (poller, unused) = self.with_others(|others| {
                    let poller = others.as_mut().and_then(|others| others.poller.take());
                    (poller, take_unused(others))
                });
                drop(unused);
                let holder = match poller {
                    Some(_) => Holder::Poller,
                    None => Holder::Nobody,
                };
                self.holder.set(holder);
                self.waker.replace(poller)
            }
            Ticket::Line(ticket) => {
                let (left, unused) = self.with_others(|others| {
                    let left = others.as_mut().map(|others| others.line.leave(ticket));
                    (left, take_unused(others))
                });
                drop(unused);
                match left {
                    Some(Left::Waiting((), waker)) => Some(waker),
                    Some(Left::Granted(())) | None => None,
                }
            }
        }
    }

    /// Wakes everybody who waits by now.
    pub(crate) fn wake_all(&self) {
        if self.holder.get() == Holder::Poller {
            self.holder.set(Holder::Nobody);
        }
        let waker = self.waker.take();
        if self.has_others() {
            return self.wake_others(waker);
        }
        if let Some(waker) = waker {
            caught::wake(waker);
        }
    }

    /// Wakes whoever had the place, and the others.
    ///
    /// Nothing is taken out of its cell while wakers, which are foreign code, run; but all are known
    /// before: the first may drop the future that has the place, which then is the poller's. In a child
    /// that one of them forks, the others are left alone.
    #[cold]
    fn wake_others(&self, first: Option<Waker>) {
        let (poller, waiting, unused) = self.with_others(|others| {
            let poller = others.as_mut().and_then(|others| others.poller.take());
            let waiting = others.as_ref().map_or(0, |others| others.line.waiting());
            (poller, waiting, take_unused(others))
        });
        drop(unused);
        let process = Generation::current();
        for waker in first.into_iter().chain(poller) {
            if process.is_past() {
                mem::forget(waker);
            } else {
                caught::wake(waker);
            }
        }
        // Those who begin to wait meanwhile come last.
        for _ in 0..waiting {
            if process.is_past() {
                break;
            }
            let waker = self.with_others(|others| others.as_mut()?.line.grant(|()| ()));
            match waker {
                Some(waker) => caught::wake(waker),
                None => break,
            }
        }
    }

    /// Tells whether there is room for others than the first.
    #[inline]
    fn has_others(&self) -> bool {
        self.with_others(|others| others.is_some())
    }

    /// Uses what there is for others than the first. `with` must not call anything foreign.
    fn with_others<R>(&self, with: impl FnOnce(&mut Option<Box<Others>>) -> R) -> R {
        let mut others = self.others.take();
        let result = with(&mut others);
        self.others.set(others);
        result
    }
}

/// Takes the room for others away, if there is much and nobody has any of it.
fn take_unused(others: &mut Option<Box<Others>>) -> Option<Box<Others>> {
    others.take_if(|others| others.poller.is_none() && others.line.room_if_unused() > SPARE)
}

impl Drop for Waiters {
    fn drop(&mut self) {
        // Futures have taken theirs away.
        let poller = self.others.take().and_then(|others| others.poller);
        for waker in self.waker.take().into_iter().chain(poller) {
            caught::drop_waker(waker);
        }
    }
}

impl fmt::Debug for Waiters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiters")
            .field("holder", &self.holder.get())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;
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
    fn a_task_that_polls_waits_beside_futures_and_for_itself_alone() {
        // Whoever comes first has the place; a future may leave before the event.
        for (poller_is_first, future_leaves) in
            [(true, false), (true, true), (false, false), (false, true)]
        {
            let waiters = Waiters::new();
            let counts = [(); 3].map(|()| Arc::new(Count::default()));
            let [replaced, poller, future] =
                counts.each_ref().map(|count| Waker::from(count.clone()));
            let mut ticket = None;
            let mut wait = |waiters: &Waiters| {
                waiters.wait_at(&mut ticket, &Context::from_waker(&future));
            };
            if !poller_is_first {
                wait(&waiters);
            }
            for waker in [&replaced, &poller, &poller] {
                waiters.poll_at(&Context::from_waker(waker));
            }
            if poller_is_first {
                wait(&waiters);
            }
            if future_leaves {
                waiters.forget(ticket.take().expect("it has waited"));
            }
            for _ in 0..2 {
                waiters.wake_all();
            }
            let woken = counts.map(|count| count.0.load(Ordering::Relaxed));
            assert_eq!(woken, [0, 1, usize::from(!future_leaves)]);
            if let Some(ticket) = ticket {
                waiters.forget(ticket);
            }
        }
    }

    thread_local! {
        static LEAVING: RefCell<Option<(Rc<Waiters>, Ticket)>> = const { RefCell::new(None) };
    }

    /// Drops a future when it is woken, as a task may whose executor has gone.
    struct Leave;

    impl Wake for Leave {
        fn wake(self: Arc<Self>) {
            let (waiters, ticket) = LEAVING.take().expect("it is woken once");
            waiters.forget(ticket);
        }
    }

    #[test]
    fn a_task_that_polls_is_woken_also_if_the_future_leaves_as_it_is_woken() {
        let (waiters, count) = (Rc::new(Waiters::new()), Arc::new(Count::default()));
        let mut ticket = None;
        waiters.wait_at(
            &mut ticket,
            &Context::from_waker(&Waker::from(Arc::new(Leave))),
        );
        LEAVING.set(ticket.map(|ticket| (Rc::clone(&waiters), ticket)));
        waiters.poll_at(&Context::from_waker(&Waker::from(Arc::clone(&count))));
        waiters.wake_all();
        assert!(LEAVING.take().is_none(), "it has left");
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn wakers_are_kept_no_longer_than_they_are_waited_with() {
        let (waiters, count) = (Waiters::new(), Arc::new(Count::default()));
        let waker = Waker::from(Arc::clone(&count));
        let cx = &Context::from_waker(&waker);
        let mut ticket = None;
        waiters.wait_at(&mut ticket, cx);
        waiters.poll_at(cx);
        assert_eq!(Arc::strong_count(&count), 4);
        waiters.wake_all();
        assert_eq!(Arc::strong_count(&count), 2);
        waiters.poll_at(cx);
        waiters.forget(ticket.expect("it has waited"));
        assert_eq!(Arc::strong_count(&count), 3);
        drop(waiters);
        assert_eq!(Arc::strong_count(&count), 2);
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
        assert!(waiters.others.take().is_none());
    }
}
