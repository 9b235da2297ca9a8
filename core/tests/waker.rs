//! Waking tasks: from the loop, from elsewhere, more than once, from within, and too late.
#![cfg(all(feature = "alloc", not(crochet_loom)))]

#[path = "support/thread_loop.rs"]
mod thread_loop;

use core::future::{pending, poll_fn};
use core::task::{Poll, Waker};
use std::sync::{Arc, Mutex};
use std::thread;

use crochet_core::driver::Work;
use crochet_core::scheduler::Scheduler;
use crochet_core::task::Operation;

use thread_loop::{Drops, ThreadLoop, run_all, yield_once};

/// A task that counts its polls and waits for ever, and its waker.
struct Sleeper {
    operation: Operation<Scheduler<ThreadLoop>, ()>,
    polls: Arc<Mutex<usize>>,
    waker: Waker,
}

impl Sleeper {
    fn new(scheduler: &Scheduler<ThreadLoop>) -> Self {
        let polls = Arc::new(Mutex::new(0));
        let waker = Arc::new(Mutex::new(None));
        let operation = {
            let (polls, waker) = (Arc::clone(&polls), Arc::clone(&waker));
            scheduler.submit(move || {
                poll_fn(move |cx| {
                    *polls.lock().unwrap() += 1;
                    *waker.lock().unwrap() = Some(cx.waker().clone());
                    Poll::Pending
                })
            })
        };
        run_all(scheduler);
        let waker = waker.lock().unwrap().take().expect("it has been polled");
        Self {
            operation,
            polls,
            waker,
        }
    }

    fn polls(&self) -> usize {
        *self.polls.lock().unwrap()
    }
}

#[test]
fn a_task_that_is_woken_many_times_runs_once() {
    let scheduler = ThreadLoop::scheduler();
    let sleeper = Sleeper::new(&scheduler);
    sleeper.waker.wake_by_ref();
    let clone = sleeper.waker.clone();
    clone.wake_by_ref();
    sleeper.waker.wake_by_ref();
    assert_eq!(run_all(&scheduler), 1);
    assert_eq!(sleeper.polls(), 2);
}

#[test]
fn a_waker_that_is_used_up_on_the_loop_wakes_once_and_keeps_nothing() {
    let scheduler = ThreadLoop::scheduler();
    let drops = Drops::default();
    let wakers = Arc::new(Mutex::new(Vec::new()));
    let operation = {
        let (guard, wakers) = (drops.guard(), Arc::clone(&wakers));
        scheduler.submit(move || {
            poll_fn(move |cx| {
                let _guard = &guard;
                wakers
                    .lock()
                    .unwrap()
                    .extend([cx.waker().clone(), cx.waker().clone()]);
                Poll::<()>::Pending
            })
        })
    };
    drop(operation);
    run_all(&scheduler);
    for _ in 0..3 {
        let used: Vec<Waker> = wakers.lock().unwrap().drain(..).collect();
        // The second finds the task queued by the first.
        used.into_iter().for_each(Waker::wake);
        assert_eq!(run_all(&scheduler), 1);
    }
    scheduler.close();
    assert_eq!(drops.count(), 1);
    // These have nothing left to wake, and free the task.
    let used: Vec<Waker> = wakers.lock().unwrap().drain(..).collect();
    used.into_iter().for_each(Waker::wake);
    assert_eq!(run_all(&scheduler), 0);
    assert_eq!(Arc::strong_count(&wakers), 1);
}

#[test]
fn a_task_that_wakes_itself_runs_again() {
    let scheduler = ThreadLoop::scheduler();
    let operation = scheduler.submit(|| async {
        yield_once().await;
        yield_once().await;
    });
    assert_eq!(run_all(&scheduler), 3);
    assert!(operation.is_ended());
}

#[test]
fn tasks_run_in_the_order_in_which_they_were_woken() {
    let scheduler = ThreadLoop::scheduler();
    let order = Arc::new(Mutex::new(Vec::new()));
    for number in 0..3 {
        let order = Arc::clone(&order);
        drop(scheduler.submit(move || async move {
            order.lock().unwrap().push(number);
            yield_once().await;
            order.lock().unwrap().push(number);
        }));
    }
    run_all(&scheduler);
    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 0, 1, 2]);
}

#[test]
fn waking_on_the_loop_does_not_unpark_it() {
    let scheduler = ThreadLoop::scheduler();
    let sleeper = Sleeper::new(&scheduler);
    sleeper.waker.wake_by_ref();
    drop(scheduler.submit(|| async {}));
    assert_eq!(scheduler.shared().unparks(), 0);
    assert!(scheduler.is_ready());
}

#[test]
fn waking_from_elsewhere_unparks_a_loop_that_sleeps_and_no_other() {
    let scheduler = ThreadLoop::scheduler();
    let sleepers = [(); 2].map(|()| Sleeper::new(&scheduler));
    let wake_all = || {
        let wakers = [0, 1].map(|index: usize| sleepers[index].waker.clone());
        thread::spawn(move || wakers.map(Waker::wake))
            .join()
            .unwrap();
    };
    wake_all();
    assert_eq!(scheduler.shared().unparks(), 0, "the loop is awake");
    assert!(!scheduler.try_sleep(), "it has been woken meanwhile");
    assert_eq!(run_all(&scheduler), 2);
    assert!(scheduler.try_sleep());
    wake_all();
    assert_eq!(scheduler.shared().unparks(), 1, "once for one sleep");
    scheduler.awake();
    assert_eq!(run_all(&scheduler), 2);
}

#[test]
fn a_notification_unparks_a_loop_that_sleeps_once() {
    let scheduler = ThreadLoop::scheduler();
    scheduler.notify();
    assert!(!scheduler.try_sleep(), "it is to look around");
    scheduler.awake();
    assert!(scheduler.try_sleep());
    scheduler.notify();
    scheduler.notify();
    assert_eq!(scheduler.shared().unparks(), 1);
}

#[test]
fn a_waker_may_outlive_its_task_and_its_loop() {
    let scheduler = ThreadLoop::scheduler();
    let sleeper = Sleeper::new(&scheduler);
    let waker = sleeper.waker.clone();
    sleeper.operation.cancel();
    assert_eq!(run_all(&scheduler), 1);
    waker.wake_by_ref();
    assert!(!scheduler.is_ready());
    drop((sleeper, scheduler));
    waker.wake_by_ref();
    thread::spawn(move || waker.wake()).join().unwrap();
}

#[test]
fn a_body_is_gone_when_its_task_has_ended_though_a_waker_is_left() {
    let scheduler = ThreadLoop::scheduler();
    let drops = Drops::default();
    let (guard, kept) = (drops.guard(), Arc::new(Mutex::new(None)));
    let place = Arc::clone(&kept);
    drop(scheduler.submit(move || async move {
        let _guard = guard;
        poll_fn(|cx| {
            *place.lock().unwrap() = Some(cx.waker().clone());
            Poll::Ready(())
        })
        .await;
    }));
    run_all(&scheduler);
    assert_eq!(drops.count(), 1);
    assert!(kept.lock().unwrap().is_some());
}

#[test]
fn a_task_that_runs_the_loop_runs_others_and_itself_afterwards() {
    let scheduler = ThreadLoop::scheduler();
    let order = Arc::new(Mutex::new(Vec::new()));
    let (inner, seen) = (scheduler.clone(), Arc::clone(&order));
    let outer = scheduler.submit(move || async move {
        seen.lock().unwrap().push("begins");
        let mut woken = false;
        poll_fn(|cx| {
            if woken {
                return Poll::Ready(());
            }
            woken = true;
            cx.waker().wake_by_ref();
            // Runs the other task, then finds this one, which is not entered twice.
            while inner.run_one() {}
            seen.lock().unwrap().push("waits");
            Poll::Pending
        })
        .await;
        seen.lock().unwrap().push("ends");
    });
    let seen = Arc::clone(&order);
    drop(scheduler.submit(move || async move {
        seen.lock().unwrap().push("other");
    }));
    run_all(&scheduler);
    assert_eq!(*order.lock().unwrap(), ["begins", "other", "waits", "ends"]);
    assert!(outer.is_ended());
}

#[test]
fn a_task_that_is_dropped_while_it_waits_takes_no_wake_up() {
    let scheduler = ThreadLoop::scheduler();
    let sleeper = Sleeper::new(&scheduler);
    let idle = scheduler.submit(pending::<()>);
    run_all(&scheduler);
    assert_eq!(scheduler.suspended(), 2);
    scheduler.close();
    sleeper.waker.wake_by_ref();
    assert_eq!(run_all(&scheduler), 0);
    assert_eq!(sleeper.polls(), 1);
    assert!(idle.is_ended() && sleeper.operation.is_ended());
}
