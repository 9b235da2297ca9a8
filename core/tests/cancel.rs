//! Cancelling operations: before they begin, while they run, after they have ended.
#![cfg(all(feature = "alloc", not(crochet_loom)))]

#[path = "support/thread_loop.rs"]
mod thread_loop;

use core::future::pending;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use crochet_core::eventual::{End, Phase};
use crochet_core::task::Operation;

use thread_loop::{Drops, OnDrop, ThreadLoop, run_all, yield_once};

#[test]
fn a_queued_operation_is_revoked_and_never_called() {
    let scheduler = ThreadLoop::scheduler();
    let drops = Drops::default();
    let guard = drops.guard();
    let operation = scheduler.submit(move || {
        drop(guard);
        async { unreachable!("it was revoked") }
    });
    operation.cancel();
    assert_eq!(operation.phase(), Phase::Cancelled);
    assert_eq!(drops.count(), 1, "the function is dropped at once");
    run_all(&scheduler);
    assert_eq!(operation.take().ok(), Some(Err::<(), _>(End::Cancelled)));
}

#[test]
fn a_running_operation_is_dropped_by_the_loop() {
    let scheduler = ThreadLoop::scheduler();
    let drops = Drops::default();
    let guard = drops.guard();
    let operation = scheduler.submit(move || async move {
        let _guard = guard;
        pending::<()>().await;
    });
    run_all(&scheduler);
    operation.cancel();
    assert_eq!(operation.phase(), Phase::Running);
    assert_eq!(drops.count(), 0);
    run_all(&scheduler);
    assert_eq!(operation.phase(), Phase::Cancelled);
    assert_eq!(drops.count(), 1);
    assert_eq!(scheduler.suspended(), 0);
}

#[test]
fn an_operation_that_has_ended_keeps_its_result() {
    let scheduler = ThreadLoop::scheduler();
    let operation = scheduler.submit(|| async { 7 });
    run_all(&scheduler);
    operation.cancel();
    assert_eq!(operation.peek(), Some(Ok(&7)));
    assert_eq!(operation.take().ok(), Some(Ok(7)));
}

#[test]
fn cancelling_again_changes_nothing() {
    let scheduler = ThreadLoop::scheduler();
    let operation = scheduler.submit(pending::<()>);
    run_all(&scheduler);
    operation.cancel();
    operation.cancel();
    assert_eq!(run_all(&scheduler), 1);
    operation.cancel();
    assert_eq!(run_all(&scheduler), 0);
    assert_eq!(operation.phase(), Phase::Cancelled);
}

#[test]
fn a_cancelled_task_is_not_polled_again() {
    let scheduler = ThreadLoop::scheduler();
    let operation = scheduler.submit(|| async {
        yield_once().await;
        unreachable!("it was cancelled while it waited");
    });
    assert!(scheduler.run_one());
    assert_eq!(operation.phase(), Phase::Running);
    operation.cancel();
    run_all(&scheduler);
    assert_eq!(operation.take().ok(), Some(Err::<(), _>(End::Cancelled)));
}

#[test]
fn a_task_that_cancels_itself_goes_on_until_it_waits() {
    let scheduler = ThreadLoop::scheduler();
    let own = Arc::new(OnceLock::<Operation<_, ()>>::new());
    let reached = Arc::new(Mutex::new(0));
    let operation = {
        let (own, reached) = (Arc::clone(&own), Arc::clone(&reached));
        scheduler.submit(move || async move {
            own.get().expect("it is set before the loop runs").cancel();
            *reached.lock().unwrap() = 1;
            yield_once().await;
            *reached.lock().unwrap() = 2;
        })
    };
    own.set(operation).expect("it is set once");
    run_all(&scheduler);
    assert_eq!(*reached.lock().unwrap(), 1);
    assert_eq!(own.get().unwrap().phase(), Phase::Cancelled);
}

#[test]
fn the_end_shows_only_when_the_function_has_been_dropped() {
    let scheduler = ThreadLoop::scheduler();
    let own = Arc::new(OnceLock::<Operation<_, ()>>::new());
    let seen = Arc::new(Mutex::new(None));
    let observer = {
        let (own, seen) = (Arc::clone(&own), Arc::clone(&seen));
        OnDrop(move || {
            *seen.lock().unwrap() = own.get().map(Operation::is_ended);
        })
    };
    let operation = scheduler.submit(move || async move {
        drop(observer);
    });
    own.set(operation).expect("it is set once");
    own.get().unwrap().cancel();
    assert_eq!(*seen.lock().unwrap(), Some(false));
    assert!(own.get().unwrap().is_ended());
    run_all(&scheduler);
}

#[test]
fn a_loop_that_runs_within_a_revocation_leaves_the_task_alone() {
    let scheduler = ThreadLoop::scheduler();
    let ran = Arc::new(Mutex::new(None));
    let runner = {
        let (scheduler, ran) = (scheduler.clone(), Arc::clone(&ran));
        OnDrop(move || *ran.lock().unwrap() = Some(scheduler.run_one()))
    };
    let operation = scheduler.submit(move || {
        drop(runner);
        async { unreachable!("it was revoked") }
    });
    operation.cancel();
    assert_eq!(*ran.lock().unwrap(), Some(true));
    assert_eq!(operation.take().ok(), Some(Err::<(), _>(End::Cancelled)));
}

#[test]
fn whoever_revokes_drops_the_function_and_the_loop_drops_the_future() {
    let scheduler = ThreadLoop::scheduler();
    let places = Arc::new(Mutex::new(Vec::new()));
    let place = || {
        let places = Arc::clone(&places);
        OnDrop(move || places.lock().unwrap().push(thread::current().id()))
    };
    let (function, future) = (place(), place());
    let revoked = scheduler.submit(move || async move {
        drop(function);
    });
    let revoker = thread::spawn(move || {
        revoked.cancel();
        thread::current().id()
    });
    let revoker = revoker.join().unwrap();
    let cancelled = scheduler.submit(move || async move {
        let _future = future;
        pending::<()>().await;
    });
    run_all(&scheduler);
    thread::spawn(move || cancelled.cancel()).join().unwrap();
    run_all(&scheduler);
    assert_eq!(*places.lock().unwrap(), [revoker, thread::current().id()]);
}

#[test]
fn dropping_the_handle_lets_the_task_go_on() {
    let scheduler = ThreadLoop::scheduler();
    let (body, value) = (Drops::default(), Drops::default());
    let (guard, result) = (body.guard(), value.guard());
    drop(scheduler.submit(move || async move {
        let _guard = guard;
        yield_once().await;
        result
    }));
    assert_eq!(body.count(), 0);
    run_all(&scheduler);
    assert_eq!(body.count(), 1);
    assert_eq!(value.count(), 1, "nobody is left to take it");
}
