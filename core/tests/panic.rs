//! Panics of tasks, destructors and wakers: each goes on to whoever runs the loop, and costs nobody
//! else anything.
#![cfg(all(feature = "alloc", not(crochet_loom)))]

#[path = "support/thread_loop.rs"]
mod thread_loop;

use core::future::pending;
use core::pin::pin;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use crochet_core::eventual::{End, Eventual, Phase};
use crochet_core::inbox::{FixedInbox, Wake as Needed};

use thread_loop::{Drops, OnDrop, ThreadLoop, run_all};

/// Tells whether `run` panics.
fn panics<R>(run: impl FnOnce() -> R) -> bool {
    catch_unwind(AssertUnwindSafe(run)).is_err()
}

#[test]
fn a_task_that_panics_ends_and_the_others_go_on() {
    let scheduler = ThreadLoop::scheduler();
    let drops = Drops::default();
    let guard = drops.guard();
    let bad = scheduler.submit(move || async move {
        let _guard = guard;
        panic!("the task's own");
    });
    let good = scheduler.submit(|| async { 7 });
    assert!(panics(|| scheduler.run_one()));
    assert_eq!(bad.take().ok(), Some(Err::<(), _>(End::Cancelled)));
    assert_eq!(drops.count(), 1);
    run_all(&scheduler);
    assert_eq!(good.take().ok(), Some(Ok(7)));
}

#[test]
fn a_function_that_panics_ends_its_operation() {
    let scheduler = ThreadLoop::scheduler();
    let drops = Drops::default();
    let guard = drops.guard();
    let operation = scheduler.submit(move || {
        let _guard = guard;
        if drops.count() == 0 {
            panic!("the function's own");
        }
        async {}
    });
    assert!(panics(|| scheduler.run_one()));
    assert_eq!(operation.take().ok(), Some(Err(End::Cancelled)));
}

#[test]
fn a_destructor_that_panics_after_the_result_does_not_take_it_away() {
    let scheduler = ThreadLoop::scheduler();
    let operation = scheduler.submit(|| {
        let guard = OnDrop(|| panic!("the destructor's own"));
        core::future::poll_fn(move |_| {
            let _kept_until_the_body_is_dropped = &guard;
            core::task::Poll::Ready(7)
        })
    });
    assert!(panics(|| scheduler.run_one()));
    assert_eq!(operation.take().ok(), Some(Ok(7)));
}

#[test]
fn a_destructor_that_panics_does_not_hide_the_end() {
    let scheduler = ThreadLoop::scheduler();
    let guard = || OnDrop(|| panic!("the destructor's own"));
    let (function, future) = (guard(), guard());
    let running = scheduler.submit(move || async move {
        let _future = future;
        pending::<()>().await;
    });
    run_all(&scheduler);
    running.cancel();
    assert!(panics(|| scheduler.run_one()));
    assert_eq!(running.phase(), Phase::Cancelled);
    assert_eq!(scheduler.suspended(), 0);
    let queued = scheduler.submit(move || async move { drop(function) });
    assert!(panics(|| queued.cancel()));
    assert_eq!(queued.phase(), Phase::Cancelled);
}

#[test]
fn closing_goes_on_after_a_destructor_that_panics() {
    let scheduler = ThreadLoop::scheduler();
    let guards = [true, false].map(|bad| {
        OnDrop(move || {
            if bad {
                panic!("the destructor's own");
            }
        })
    });
    let operations = guards.map(|guard| {
        scheduler.submit(move || async move {
            let _guard = guard;
            pending::<()>().await;
        })
    });
    assert!(panics(|| scheduler.close()));
    assert!(!panics(|| scheduler.close()));
    for operation in operations {
        assert_eq!(operation.take().ok(), Some(Err(End::Stopped)));
    }
}

struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Bad;

impl Wake for Bad {
    fn wake(self: Arc<Self>) {
        panic!("the waker's own");
    }
}

#[test]
fn a_waker_that_panics_costs_the_other_waiters_nothing() {
    let eventual = Eventual::new();
    let (completer, reader) = eventual.split().unwrap();
    let count = Arc::new(Count(AtomicUsize::new(0)));
    let good = Waker::from(Arc::clone(&count));
    for waker in [&good, &Waker::from(Arc::new(Bad)), &good] {
        reader.register(waker).unwrap();
    }
    assert!(panics(|| completer.complete(7).unwrap()));
    assert_eq!(count.0.load(Ordering::Relaxed), 2);
    assert_eq!(reader.take().ok(), Some(Ok(7)));
}

#[test]
fn a_waker_that_panics_does_not_leak_a_result_that_nobody_reads() {
    let drops = Drops::default();
    let eventual = Eventual::new();
    let (completer, reader) = eventual.split().unwrap();
    reader.register(&Waker::from(Arc::new(Bad))).unwrap();
    drop(reader);
    assert!(panics(|| drop(completer.complete(drops.guard()))));
    assert_eq!(drops.count(), 1);
}

#[test]
fn a_value_that_panics_as_it_is_dropped_costs_the_others_nothing() {
    let drops = Drops::default();
    let inbox = pin!(FixedInbox::<_, 3>::new());
    let inbox = inbox.as_ref();
    for bad in [false, true, false] {
        let guard = drops.guard();
        let value = OnDrop(move || {
            let _counted = &guard;
            if bad {
                panic!("the value's own");
            }
        });
        assert!(matches!(inbox.post(value), Ok(Needed::Unneeded)));
    }
    assert!(panics(|| drop(inbox.drain())));
    assert_eq!(drops.count(), 3);
}
