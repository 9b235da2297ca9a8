//! Deferreds: results on the loop that are fired by hand.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use crochet::testing::Harness;
use crochet::{Deferred, JoinError, Resolver, call_later, sleep, spawn, timeout};
use crochet_tests::logs;
use crochet_tests::traces::Trace;

const SECOND: Duration = Duration::from_secs(1);

type Failing = Deferred<u8, &'static str>;

/// Runs a test on a reactor with virtual time.
fn on_reactor<T: 'static>(body: impl Future<Output = T> + 'static) -> T {
    Harness::new().block_on(body).expect("the test ends")
}

#[test]
fn firing_wakes_whoever_awaits() {
    let mut harness = Harness::new();
    let (resolver, deferred) = Failing::new();
    let task = harness.spawn(deferred);
    harness.run_until_idle();
    assert!(!task.is_finished());
    resolver.fire(7).expect("it is wanted");
    harness.run_until_idle();
    let outcome = harness.block_on(task).expect("it ends").expect("no panic");
    assert_eq!(outcome, Ok(7));
}

#[test]
fn failing_wakes_whoever_awaits() {
    on_reactor(async {
        let (resolver, deferred) = Failing::new();
        let task = spawn(deferred);
        sleep(SECOND).await;
        resolver.fail("failed").expect("it is wanted");
        assert_eq!(task.await.expect("no panic"), Err("failed"));
    });
}

#[test]
fn what_has_fired_is_ready_at_once() {
    on_reactor(async {
        let (resolver, deferred) = Failing::new();
        assert!(!deferred.has_fired());
        resolver.fire(1).expect("it is wanted");
        assert!(deferred.has_fired());
        assert_eq!(deferred.await, Ok(1));
        assert_eq!(Failing::fired(Ok(2)).await, Ok(2));
        assert_eq!(Failing::fired(Err("failed")).await, Err("failed"));
    });
}

#[test]
fn nothing_runs_within_the_call_that_fires() {
    on_reactor(async {
        let seen = Rc::new(Cell::new(false));
        let theirs = Rc::clone(&seen);
        let (resolver, deferred) = Failing::new();
        let task = spawn(async move {
            deferred.await.expect("a value");
            theirs.set(true);
        });
        sleep(SECOND).await;
        resolver.fire(1).expect("it is wanted");
        assert!(!seen.get(), "the task runs when its turn comes");
        task.await.expect("no panic");
        assert!(seen.get());
    });
}

#[test]
fn firing_what_nobody_wants_gives_the_value_back() {
    let (resolver, deferred) = Failing::new();
    assert!(resolver.is_wanted());
    drop(deferred);
    assert!(!resolver.is_wanted());
    assert_eq!(resolver.fire(5), Err(5));

    let (resolver, deferred) = Failing::new();
    drop(deferred);
    assert_eq!(resolver.fail("late"), Err("late"));
}

#[test]
fn an_abandoned_deferred_ends_its_task() {
    logs::capture();
    on_reactor(async {
        let (resolver, deferred) = Failing::new();
        let task = spawn(deferred);
        sleep(SECOND).await;
        drop(resolver);
        let Err(JoinError::Panicked(panic)) = task.await else {
            panic!("a panic");
        };
        assert!(panic.message().contains("will never fire"), "{panic}");
    });
}

#[test]
fn dropping_it_before_it_fired_calls_the_canceller_once() {
    on_reactor(async {
        let calls = Rc::new(Cell::new(0));
        let theirs = Rc::clone(&calls);
        let (resolver, deferred) = Failing::with_canceller(move || theirs.set(theirs.get() + 1));
        assert!(timeout(SECOND, deferred).await.is_err());
        assert_eq!(calls.get(), 1);
        assert!(!resolver.is_wanted());
        drop(resolver);
        assert_eq!(calls.get(), 1);
    });
}

#[test]
fn cancelling_the_task_that_awaits_calls_the_canceller() {
    on_reactor(async {
        let calls = Rc::new(Cell::new(0));
        let theirs = Rc::clone(&calls);
        let (_resolver, deferred) = Failing::with_canceller(move || theirs.set(theirs.get() + 1));
        let task = spawn(deferred);
        sleep(SECOND).await;
        task.cancel();
        assert!(matches!(task.await, Err(JoinError::Cancelled)));
        assert_eq!(calls.get(), 1);
    });
}

#[test]
fn once_fired_the_canceller_is_dropped_and_never_called() {
    let trace = Trace::new();
    let value = trace.value();
    let (resolver, deferred) = Failing::with_canceller(move || {
        let _value = value;
        unreachable!("it has fired");
    });
    resolver.fire(1).expect("it is wanted");
    assert_eq!(trace.count(), 1);
    drop(deferred);
}

#[test]
fn an_abandoned_deferred_does_not_call_its_canceller() {
    let (resolver, deferred) = Failing::with_canceller(|| unreachable!("there is nobody to tell"));
    drop(resolver);
    drop(deferred);
}

#[test]
fn a_canceller_may_use_the_resolver() {
    on_reactor(async {
        let kept: Rc<RefCell<Option<Resolver<u8, &'static str>>>> = Rc::default();
        let theirs = Rc::clone(&kept);
        let refused = Rc::new(Cell::new(None));
        let tell = Rc::clone(&refused);
        let (resolver, deferred) = Failing::with_canceller(move || {
            let resolver = theirs.take().expect("it was put there");
            tell.set(Some(resolver.fire(9)));
        });
        kept.replace(Some(resolver));
        drop(deferred);
        assert_eq!(refused.take(), Some(Err(9)));
    });
}

#[test]
fn a_canceller_that_panics_is_logged() {
    logs::capture();
    on_reactor(async {
        let (_resolver, deferred) =
            Failing::with_canceller(|| panic!("a canceller panics on purpose"));
        drop(deferred);
        sleep(SECOND).await;
    });
    logs::assert_one_error("a canceller panics on purpose");
}

#[test]
fn a_panic_while_the_canceller_is_dropped_loses_no_wake_up() {
    struct PanicOnDrop;
    impl Drop for PanicOnDrop {
        fn drop(&mut self) {
            panic!("what a canceller has panics on purpose as it is dropped");
        }
    }
    logs::capture();
    on_reactor(async {
        let guard = PanicOnDrop;
        let (resolver, deferred) = Failing::with_canceller(move || {
            let _guard = &guard;
        });
        let task = spawn(deferred);
        call_later(SECOND, move || {
            resolver.fire(3).expect("it is wanted");
        });
        assert_eq!(task.await.expect("no panic"), Ok(3));
    });
    logs::assert_one_error("what a canceller has panics on purpose as it is dropped");
}

#[test]
fn the_task_that_polled_last_is_woken() {
    on_reactor(async {
        let (resolver, deferred) = Failing::new();
        let deferred = Rc::new(RefCell::new(deferred));
        let poll = |deferred: &Rc<RefCell<Failing>>| {
            let deferred = Rc::clone(deferred);
            poll_fn(move |cx| Pin::new(&mut *deferred.borrow_mut()).poll(cx))
        };
        let first = spawn(poll(&deferred));
        sleep(SECOND).await;
        let second = spawn(poll(&deferred));
        sleep(SECOND).await;
        resolver.fire(4).expect("it is wanted");
        assert_eq!(second.await.expect("no panic"), Ok(4));
        assert!(!first.is_finished());
        first.cancel();
    });
}

#[test]
fn a_long_chain_of_deferreds_needs_no_deep_stack() {
    on_reactor(async {
        let (first, mut last) = Failing::new();
        for _ in 0..50_000 {
            let (resolver, next) = Failing::new();
            let before = std::mem::replace(&mut last, next);
            drop(spawn(async move {
                let value = before.await.expect("a value");
                resolver.fire(value).expect("it is wanted");
            }));
        }
        sleep(SECOND).await;
        first.fire(6).expect("it is wanted");
        assert_eq!(last.await, Ok(6));
    });
}

#[test]
fn a_deferred_that_is_polled_without_being_ready_is_pending() {
    on_reactor(async {
        let (_resolver, mut deferred) = Failing::new();
        let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut deferred).poll(cx))).await;
        assert!(polled.is_pending());
    });
}
