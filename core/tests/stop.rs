//! Closing a scheduler: from outside, from tasks and destructors, and what comes too late.
#![cfg(all(feature = "alloc", not(crochet_loom)))]

#[path = "support/thread_loop.rs"]
mod thread_loop;

use core::future::pending;
use std::sync::{Arc, Mutex};
use std::thread;

use crochet_core::driver::Work;
use crochet_core::eventual::{End, Phase};

use thread_loop::{Drops, OnDrop, ThreadLoop, run_all, yield_once};

#[test]
fn whatever_is_queued_or_suspended_ends() {
    let scheduler = ThreadLoop::scheduler();
    let drops = Drops::default();
    let suspended = drops.guard();
    let suspended = scheduler.submit(move || async move {
        let _guard = suspended;
        pending::<()>().await;
    });
    run_all(&scheduler);
    let ready = drops.guard();
    let ready = scheduler.submit(move || async move { drop(ready) });
    let sent = {
        let (scheduler, guard) = (scheduler.clone(), drops.guard());
        thread::spawn(move || scheduler.submit(move || async move { drop(guard) }))
    };
    let sent = sent.join().unwrap();
    scheduler.close();
    assert_eq!(drops.count(), 3);
    assert_eq!(scheduler.suspended(), 0);
    assert!(!scheduler.is_ready());
    for operation in [suspended, ready, sent] {
        assert_eq!(operation.take().ok(), Some(Err(End::Stopped)));
    }
}

#[test]
fn a_submission_that_comes_too_late_has_ended_when_it_returns() {
    let scheduler = ThreadLoop::scheduler();
    scheduler.close();
    let drops = Drops::default();
    let guard = drops.guard();
    let here = scheduler.submit(move || async move { drop(guard) });
    assert_eq!(here.phase(), Phase::Stopped);
    let elsewhere = {
        let (scheduler, guard) = (scheduler.clone(), drops.guard());
        thread::spawn(move || scheduler.submit(move || async move { drop(guard) }))
    };
    assert_eq!(elsewhere.join().unwrap().phase(), Phase::Stopped);
    let guard = drops.guard();
    let spawned = scheduler.spawn_local(async move { drop(guard) }).unwrap();
    assert_eq!(spawned.phase(), Phase::Stopped);
    assert_eq!(drops.count(), 3);
    assert_eq!(run_all(&scheduler), 0);
}

#[test]
fn a_task_that_closes_its_own_loop_goes_on_until_it_waits() {
    let scheduler = ThreadLoop::scheduler();
    let drops = Drops::default();
    let (closer, guard) = (scheduler.clone(), drops.guard());
    let count = drops.clone();
    let operation = scheduler.submit(move || async move {
        let _guard = guard;
        // Suspended once, so that the loop keeps it among those that closing ends.
        yield_once().await;
        closer.close();
        assert_eq!(count.count(), 0, "the task is being polled");
        pending::<()>().await;
    });
    run_all(&scheduler);
    assert_eq!(drops.count(), 1);
    assert_eq!(operation.take().ok(), Some(Err(End::Stopped)));
    assert_eq!(scheduler.suspended(), 0);
}

#[test]
fn a_task_that_closes_its_own_loop_in_its_first_poll_does_not_outlive_it() {
    let scheduler = ThreadLoop::scheduler();
    let closer = scheduler.clone();
    let operation = scheduler.submit(move || async move {
        closer.close();
        closer.reopen();
        pending::<()>().await;
    });
    run_all(&scheduler);
    assert_eq!(operation.take().ok(), Some(Err(End::Stopped)));
    assert_eq!(scheduler.suspended(), 0);
}

#[test]
fn a_task_that_closes_its_own_loop_may_still_complete() {
    let scheduler = ThreadLoop::scheduler();
    let closer = scheduler.clone();
    let operation = scheduler.submit(move || async move {
        yield_once().await;
        closer.close();
        7
    });
    run_all(&scheduler);
    assert_eq!(operation.take().ok(), Some(Ok(7)));
}

#[test]
fn a_destructor_that_closes_the_loop_drops_its_body_once() {
    let scheduler = ThreadLoop::scheduler();
    let drops = Drops::default();
    let (guard, closer) = (drops.guard(), scheduler.clone());
    let operation = scheduler.submit(move || async move {
        let _closing = OnDrop(move || closer.close());
        let _guard = guard;
        pending::<()>().await;
    });
    run_all(&scheduler);
    operation.cancel();
    run_all(&scheduler);
    assert_eq!(drops.count(), 1);
    assert_eq!(operation.take().ok(), Some(Err(End::Cancelled)));
}

#[test]
fn destructors_find_the_loop_stopped() {
    let scheduler = ThreadLoop::scheduler();
    let phases = Arc::new(Mutex::new(Vec::new()));
    let late = {
        let (scheduler, phases) = (scheduler.clone(), Arc::clone(&phases));
        OnDrop(move || {
            let submitted = scheduler.submit(|| async {}).phase();
            let spawned = scheduler.spawn_local(async {}).unwrap().phase();
            phases.lock().unwrap().extend([submitted, spawned]);
        })
    };
    drop(scheduler.submit(move || async move {
        let _late = late;
        pending::<()>().await;
    }));
    run_all(&scheduler);
    scheduler.close();
    assert_eq!(*phases.lock().unwrap(), [Phase::Stopped; 2]);
    assert_eq!(run_all(&scheduler), 0);
}

#[test]
fn only_the_loop_can_close_and_spawn() {
    let scheduler = ThreadLoop::scheduler();
    let elsewhere = scheduler.clone();
    let given_back = thread::spawn(move || {
        elsewhere.close();
        elsewhere.spawn_local(async {}).is_err()
    });
    assert!(given_back.join().unwrap());
    assert!(!scheduler.is_closed());
}

#[test]
fn an_opened_loop_runs_again() {
    let scheduler = ThreadLoop::scheduler();
    scheduler.close();
    scheduler.reopen();
    let operation = scheduler.submit(|| async {
        yield_once().await;
        7
    });
    run_all(&scheduler);
    assert_eq!(operation.take().ok(), Some(Ok(7)));
}
