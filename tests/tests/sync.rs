//! Lock, semaphore, queue and event: in order, with limits, and without losing what is handed on.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crochet::sync::{Acquire, Event, Lock, OverRelease, Permit, Queue, Semaphore};
use crochet::testing::Harness;
use crochet::{join_all, sleep, spawn, timeout};
use crochet_tests::exchange;
use proptest::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

/// Runs a test on a reactor with virtual time.
fn on_reactor<T: 'static>(body: impl Future<Output = T> + 'static) -> T {
    Harness::new().block_on(body).expect("the test ends")
}

fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// What happened, in order.
#[derive(Clone, Default)]
struct Record(Rc<RefCell<Vec<u32>>>);

impl Record {
    fn note(&self, what: u32) {
        self.0.borrow_mut().push(what);
    }

    fn seen(&self) -> Vec<u32> {
        self.0.borrow().clone()
    }
}

#[test]
fn an_owned_guard_has_its_turn_and_can_be_moved() {
    /// Not to be cloned.
    struct Count(u32);

    on_reactor(async {
        let lock = Lock::new(Count(0));
        let mut owned = lock.clone().acquire_owned().await;
        owned.0 += 1;
        assert!(lock.is_locked() && lock.try_acquire_owned().is_none());
        let theirs = lock.clone();
        let waiting = spawn(async move { theirs.acquire().await.0 });
        let moved = spawn(async move {
            sleep(SECOND).await;
            owned.0 += 1;
        });
        assert_eq!(waiting.await.expect("no panic"), 2);
        moved.await.expect("no panic");
        let owned = lock.try_acquire_owned().expect("it is free");
        assert_eq!(owned.0, 2);
        drop(owned);
        assert!(!lock.is_locked());
    });
}

#[test]
fn raising_a_queues_limit_admits_those_who_wait_for_room() {
    on_reactor(async {
        let queue = Queue::new().size_limit(1);
        let puts = (0..4).map(|number| spawn(queue.put(number)));
        let puts: Vec<_> = puts.collect();
        sleep(SECOND).await;
        assert_eq!(queue.len(), 1);
        let queue = queue.size_limit(3);
        sleep(SECOND).await;
        let done: Vec<_> = puts.iter().map(|put| put.is_finished()).collect();
        assert_eq!(done, [true, true, true, false]);
        let items: Vec<_> = std::iter::from_fn(|| queue.try_get()).collect();
        assert_eq!(items, [0, 1, 2, 3]);
    });
}

#[test]
fn a_lock_is_had_by_one_task_at_a_time_in_the_order_of_asking() {
    on_reactor(async {
        let lock = Lock::new(Vec::new());
        let tasks = (0..5).map(|number| {
            let lock = lock.clone();
            spawn(async move {
                let mut seen = lock.acquire().await;
                seen.push(number);
                sleep(SECOND).await;
                seen.push(number);
            })
        });
        let tasks: Vec<_> = tasks.collect();
        sleep(SECOND / 2).await;
        assert!(lock.is_locked());
        assert!(lock.try_acquire().is_none());
        join_all(tasks).await;
        let seen = lock.try_acquire().expect("everybody has done");
        assert_eq!(*seen, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
    });
}

#[test]
fn a_lock_that_is_handed_on_cannot_be_taken_in_between() {
    let lock = Lock::new(());
    let first = lock.try_acquire().expect("it is free");
    let mut second = Box::pin(lock.acquire());
    assert!(poll(&mut second).is_pending());
    drop(first);
    assert!(lock.try_acquire().is_none(), "it is the second's");
    let Poll::Ready(guard) = poll(&mut second) else {
        panic!("it is the second's");
    };
    drop(guard);
    assert!(lock.try_acquire().is_some());
}

#[test]
fn whoever_gives_up_waiting_for_a_lock_is_passed_over() {
    on_reactor(async {
        let lock = Lock::new(());
        let record = Record::default();
        let held = lock.try_acquire().expect("it is free");
        let tasks = (0..4_u32).map(|number| {
            let (lock, record) = (lock.clone(), record.clone());
            spawn(async move {
                let limit = if number % 2 == 0 { SECOND } else { SECOND * 10 };
                if timeout(limit, lock.acquire()).await.is_ok() {
                    record.note(number);
                }
            })
        });
        let tasks: Vec<_> = tasks.collect();
        sleep(SECOND * 2).await;
        drop(held);
        join_all(tasks).await;
        assert_eq!(record.seen(), [1, 3]);
    });
}

#[test]
fn a_lock_passes_on_from_a_task_that_is_cancelled_just_when_it_got_it() {
    let lock = Lock::new(());
    let held = lock.try_acquire().expect("it is free");
    let mut second = Box::pin(lock.acquire());
    let mut third = Box::pin(lock.acquire());
    assert!(poll(&mut second).is_pending() && poll(&mut third).is_pending());
    drop(held);
    drop(second);
    assert!(poll(&mut third).is_ready());
    drop(third);
    assert!(!lock.is_locked());
}

#[test]
fn a_semaphore_lets_as_many_in_as_it_has_permits() {
    on_reactor(async {
        let semaphore = Semaphore::new(3);
        let (now, most) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let tasks = (0..20).map(|_| {
            let (semaphore, now, most) = (semaphore.clone(), Rc::clone(&now), Rc::clone(&most));
            spawn(async move {
                let _permit = semaphore.acquire().await;
                now.set(now.get() + 1);
                most.set(most.get().max(now.get()));
                sleep(SECOND).await;
                now.set(now.get() - 1);
            })
        });
        join_all(tasks.collect::<Vec<_>>()).await;
        assert_eq!(most.get(), 3);
        assert_eq!(semaphore.available(), 3);
        assert_eq!(semaphore.waiting(), 0);
    });
}

#[test]
fn releasing_more_than_was_acquired_is_refused() {
    let semaphore = Semaphore::new(2);
    let refused: Result<(), OverRelease> = semaphore.release();
    assert!(refused.is_err());
    let held = semaphore.try_acquire().expect("two are free");
    assert!(
        semaphore.release().is_err(),
        "it is the guard that releases it"
    );
    held.forget();
    assert_eq!(semaphore.available(), 1);
    assert_eq!(semaphore.release(), Ok(()));
    assert!(semaphore.release().is_err());
    assert_eq!(semaphore.available(), 2);
}

#[test]
#[should_panic(expected = "at least one permit")]
fn a_semaphore_without_permits_is_refused() {
    drop(Semaphore::new(0));
}

#[test]
fn an_event_wakes_all_in_order_and_stays_set() {
    on_reactor(async {
        let event = Event::new();
        let record = Record::default();
        let tasks = (0..5).map(|number| {
            let (event, record) = (event.clone(), record.clone());
            spawn(async move {
                event.wait().await;
                record.note(number);
            })
        });
        let tasks: Vec<_> = tasks.collect();
        sleep(SECOND).await;
        assert_eq!(event.waiting(), 5);
        assert!(record.seen().is_empty() && !event.is_set());
        event.set();
        event.set();
        join_all(tasks).await;
        assert_eq!(record.seen(), [0, 1, 2, 3, 4]);
        assert!(event.is_set());
        event.wait().await;
    });
}

#[test]
fn an_event_that_is_cleared_at_once_has_woken_those_who_waited() {
    let event = Event::new();
    let (mut early, mut late) = (event.wait(), event.wait());
    assert!(poll(&mut early).is_pending());
    event.set();
    event.clear();
    assert!(poll(&mut late).is_pending());
    assert!(poll(&mut early).is_ready());
    drop(late);
    assert_eq!(event.waiting(), 0);
}

#[test]
fn items_are_got_in_the_order_of_putting_and_handed_out_in_the_order_of_asking() {
    on_reactor(async {
        let queue = Queue::new();
        for number in 0..3 {
            queue.try_put(number).expect("there is no limit");
        }
        assert_eq!(queue.len(), 3);
        for number in 0..3 {
            assert_eq!(queue.get().await, Ok(number));
        }
        let record = Record::default();
        let tasks = (0..3).map(|waiter| {
            let (queue, record) = (queue.clone(), record.clone());
            spawn(async move {
                let item: u32 = queue.get().await.expect("there is no limit");
                record.note(waiter * 10 + item);
            })
        });
        let tasks: Vec<_> = tasks.collect();
        sleep(SECOND).await;
        assert_eq!(queue.waiting(), 3);
        for number in 0..3 {
            queue.try_put(number).expect("somebody waits");
        }
        join_all(tasks).await;
        assert_eq!(record.seen(), [0, 11, 22]);
        assert!(queue.is_empty());
    });
}

#[test]
fn a_full_queue_refuses_items_and_an_overfull_backlog_refuses_getters() {
    let queue = Queue::new().size_limit(2).backlog_limit(1);
    queue.try_put(1).expect("there is room");
    queue.try_put(2).expect("there is room");
    let overflow = queue.try_put(3).expect_err("it is full");
    assert_eq!(overflow.into_inner(), 3);
    assert_eq!(queue.try_get(), Some(1));
    assert_eq!(queue.try_get(), Some(2));
    assert_eq!(queue.try_get(), None);
    let (mut first, mut second) = (queue.get(), queue.get());
    assert!(poll(&mut first).is_pending());
    assert!(matches!(poll(&mut second), Poll::Ready(Err(_))));
    queue.try_put(4).expect("somebody waits");
    assert_eq!(poll(&mut first), Poll::Ready(Ok(4)));
}

#[test]
fn a_queue_of_size_zero_hands_items_over_directly() {
    let queue = Queue::new().size_limit(0);
    assert!(queue.try_put(1).is_err());
    let mut put = queue.put(2);
    assert!(poll(&mut put).is_pending());
    assert_eq!(queue.try_get(), Some(2));
    assert!(poll(&mut put).is_ready());
    let mut get = queue.get();
    assert!(poll(&mut get).is_pending());
    queue.try_put(3).expect("somebody waits");
    assert_eq!(poll(&mut get), Poll::Ready(Ok(3)));
}

#[test]
fn putting_waits_for_room_and_can_be_given_up() {
    let queue = Queue::new().size_limit(1);
    queue.try_put(1).expect("there is room");
    let (mut second, mut third) = (queue.put(2), queue.put(3));
    assert!(poll(&mut second).is_pending() && poll(&mut third).is_pending());
    assert_eq!(second.take_back(), Some(2));
    assert_eq!(second.take_back(), None);
    assert_eq!(queue.try_get(), Some(1));
    assert!(poll(&mut third).is_ready());
    assert_eq!(third.take_back(), None);
    assert_eq!(queue.try_get(), Some(3));
    assert_eq!(
        queue.put(4).take_back(),
        Some(4),
        "also before it was polled"
    );
}

#[test]
fn an_item_that_was_handed_to_a_task_that_is_dropped_goes_to_the_next() {
    let queue = Queue::new();
    let (mut first, mut second) = (queue.get(), queue.get());
    assert!(poll(&mut first).is_pending() && poll(&mut second).is_pending());
    queue.try_put(1).expect("there is no limit");
    drop(first);
    assert_eq!(poll(&mut second), Poll::Ready(Ok(1)));

    let mut last = queue.get();
    assert!(poll(&mut last).is_pending());
    queue.try_put(2).expect("there is no limit");
    queue.try_put(3).expect("there is no limit");
    drop(last);
    assert_eq!((queue.try_get(), queue.try_get()), (Some(2), Some(3)));
}

#[test]
fn items_whose_destructors_use_the_queue_are_no_trouble() {
    struct PutsAnother(Queue<Option<PutsAnother>>);
    impl Drop for PutsAnother {
        fn drop(&mut self) {
            self.0.try_put(None).expect("there is no limit");
        }
    }
    let queue = Queue::new();
    queue
        .try_put(Some(PutsAnother(queue.clone())))
        .unwrap_or_else(|_| unreachable!());
    drop(queue.try_get());
    assert_eq!(queue.len(), 1);
    let mut put = queue.put(Some(PutsAnother(queue.clone())));
    drop(put.take_back());
    drop(queue.put(Some(PutsAnother(queue.clone()))));
    assert_eq!(queue.len(), 3);
}

/// A semaphore and its model: how many permits are free and forgotten, who waits, and who has been
/// handed a permit.
struct Comparison {
    semaphore: Semaphore,
    free: usize,
    forgotten: usize,
    line: VecDeque<usize>,
    handed: BTreeSet<usize>,
    held: Vec<Permit>,
    waiting: Vec<(usize, Acquire)>,
}

impl Comparison {
    fn new(permits: usize) -> Self {
        Self {
            semaphore: Semaphore::new(permits),
            free: permits,
            forgotten: 0,
            line: VecDeque::new(),
            handed: BTreeSet::new(),
            held: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// Hands a permit on, in the model.
    fn give(&mut self) {
        match self.line.pop_front() {
            Some(next) => assert!(self.handed.insert(next)),
            None => self.free += 1,
        }
    }

    fn step(&mut self, number: usize, kind: u8, which: usize) {
        match kind % 7 {
            0 => {
                let got = self.semaphore.try_acquire();
                assert_eq!(got.is_some(), self.free > 0);
                self.free -= usize::from(got.is_some());
                self.held.extend(got);
            }
            1 => self.begin(number),
            2 if !self.waiting.is_empty() => self.poll(which % self.waiting.len()),
            3 if !self.waiting.is_empty() => {
                let (number, acquire) = self.waiting.remove(which % self.waiting.len());
                drop(acquire);
                self.line.retain(|waiting| *waiting != number);
                if self.handed.remove(&number) {
                    self.give();
                }
            }
            4 if !self.held.is_empty() => {
                drop(self.held.remove(which % self.held.len()));
                self.give();
            }
            5 if !self.held.is_empty() => {
                self.held.remove(which % self.held.len()).forget();
                self.forgotten += 1;
            }
            6 => {
                let released = self.semaphore.release();
                assert_eq!(released.is_ok(), self.forgotten > 0);
                if released.is_ok() {
                    self.forgotten -= 1;
                    self.give();
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, number: usize) {
        let mut acquire = self.semaphore.acquire();
        match poll(&mut acquire) {
            Poll::Ready(permit) => {
                assert!(self.free > 0);
                self.free -= 1;
                self.held.push(permit);
            }
            Poll::Pending => {
                assert_eq!(self.free, 0);
                self.line.push_back(number);
                self.waiting.push((number, acquire));
            }
        }
    }

    fn poll(&mut self, at: usize) {
        let (number, acquire) = &mut self.waiting[at];
        let handed = self.handed.remove(number);
        match poll(acquire) {
            Poll::Ready(permit) => {
                assert!(handed, "{number}");
                self.held.push(permit);
                drop(self.waiting.remove(at));
            }
            Poll::Pending => assert!(!handed, "{number}"),
        }
    }

    fn check(&self, permits: usize) {
        assert_eq!(self.semaphore.available(), self.free);
        assert_eq!(self.semaphore.waiting(), self.line.len());
        let all = self.free + self.forgotten + self.handed.len() + self.held.len();
        assert_eq!(all, permits, "no permit is lost or made");
    }
}

proptest! {
    #[test]
    fn a_queue_agrees_with_the_model(
        size in prop_oneof![0_usize..4, Just(usize::MAX)],
        operations in prop::collection::vec(any::<(u8, u8)>(), 0..200),
    ) {
        let queue = Queue::new().size_limit(size);
        exchange::compare(&queue, size, &operations);
    }

    #[test]
    fn a_semaphore_agrees_with_the_model(
        permits in 1_usize..4,
        operations in prop::collection::vec(any::<(u8, u8)>(), 0..200),
    ) {
        let mut comparison = Comparison::new(permits);
        for (number, &(kind, which)) in operations.iter().enumerate() {
            comparison.step(number, kind, usize::from(which));
            comparison.check(permits);
        }
    }
}
