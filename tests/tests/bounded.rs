//! Reactors whose queue is bounded.

use std::future;
use std::thread;
use std::time::{Duration, Instant};

use crochet::Reactor;
use crochet_reactor::{BlockingError, Label, SubmitError};
use crochet_tests::hold::Held;
use crochet_tests::host::Host;
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, SHORT};

fn bounded(operations: usize) -> Host {
    Host::with(Reactor::builder().queue_limit(operations))
}

#[test]
fn more_than_the_limit_is_refused_and_the_function_given_back() {
    let host = bounded(2);
    let held = Held::hold_this(host.remote());
    let first = host.remote().submit(|| async { 1 }).unwrap();
    let second = host.remote().submit(|| async { 2 }).unwrap();
    let value = String::from("mine");
    let refused = host.remote().submit(move || {
        let value = value;
        async move { value.len() }
    });
    let Err(SubmitError::Full(make)) = refused else {
        panic!("the queue is full");
    };
    drop(held);
    second.wait(LONG).unwrap();
    assert!(first.is_ended());
    let third = host.remote().submit(make).unwrap();
    third.wait(LONG).unwrap();
    assert!(matches!(third.peek(), Some(Ok(4))));
}

#[test]
fn what_has_begun_does_not_count() {
    let host = bounded(1);
    for _ in 0..50 {
        let pending = host
            .remote()
            .submit_within(Label::here(), LONG, future::pending::<()>);
        drop(pending.unwrap());
    }
    let host_of_turns = Reactor::builder().queue_limit(1).build().unwrap();
    drop(host_of_turns.spawn(future::pending::<()>()));
    assert!(
        host_of_turns.remote().submit(|| async {}).is_ok(),
        "the loop's own tasks do not"
    );
}

#[test]
fn a_submission_waits_for_room() {
    let host = bounded(1);
    let held = Held::hold_this(host.remote());
    let first = host.remote().submit(|| async { 1 }).unwrap();
    thread::scope(|scope| {
        let waiters: Vec<_> = (0..8)
            .map(|x| {
                let remote = host.remote();
                scope.spawn(move || {
                    let make = move || async move { x };
                    remote.submit_within(Label::here(), LONG, make).unwrap()
                })
            })
            .collect();
        drop(held);
        for (x, waiter) in waiters.into_iter().enumerate() {
            let operation = waiter.join().expect("there was room");
            operation.wait(LONG).unwrap();
            assert!(matches!(operation.peek(), Some(Ok(value)) if *value == x));
        }
    });
    assert!(first.is_ended());
}

#[test]
fn a_submission_that_finds_no_room_in_time_is_refused() {
    let host = bounded(1);
    let held = Held::hold_this(host.remote());
    let _first = host.remote().submit(|| async {}).unwrap();
    let called = Instant::now();
    let refused = host
        .remote()
        .submit_within(Label::here(), SHORT, || async {});
    assert!(matches!(refused, Err(SubmitError::Full(_))));
    assert!(called.elapsed() >= SHORT, "never early");
    let borrowed = host
        .remote()
        .call_borrowed(Label::here(), SHORT, || async {});
    assert!(matches!(borrowed, Err(BlockingError::Full)));
    let refused = host
        .remote()
        .submit_within(Label::here(), Duration::ZERO, || async {});
    assert!(matches!(refused, Err(SubmitError::Full(_))));
    drop(held);
}

#[test]
fn revoking_gives_room() {
    let host = bounded(1);
    let held = Held::hold_this(host.remote());
    let trace = Trace::new();
    for round in 1..=3 {
        let value = trace.value();
        let operation = host.remote().submit(move || {
            drop(value);
            future::pending::<()>()
        });
        let operation = operation.unwrap();
        assert!(host.remote().submit(|| async {}).is_err());
        operation.cancel();
        assert_eq!(trace.count(), round);
    }
    let timed_out = host
        .remote()
        .call_borrowed(Label::here(), SHORT, || async {});
    assert!(
        matches!(timed_out, Err(BlockingError::TimedOut)),
        "{timed_out:?}"
    );
    let last = host.remote().submit(|| async {}).unwrap();
    drop(held);
    last.wait(LONG).unwrap();
}

#[test]
fn on_the_reactors_thread_a_full_queue_refuses_at_once() {
    let host = bounded(1);
    let remote = host.remote().clone();
    let full = host.remote().submit(move || async move {
        let _first = remote.submit(|| async {}).expect("room for one");
        remote
            .submit_within(Label::here(), LONG, || async {})
            .is_err()
    });
    let full = full.unwrap();
    full.wait(LONG).unwrap();
    assert!(matches!(full.peek(), Some(Ok(true))));
}

#[test]
fn stopping_ends_the_wait_for_room() {
    for _ in 0..50 {
        let host = bounded(1);
        let held = Held::hold_this(host.remote());
        let _first = host.remote().submit(|| async {}).unwrap();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                let submitted = host
                    .remote()
                    .submit_within(Label::here(), LONG, || async {});
                submitted
                    .expect("room, or a stopped reactor")
                    .wait(LONG)
                    .expect("it ends");
            });
            host.remote().stop();
            drop(held);
            waiter.join().expect("no deadlock");
        });
    }
}

#[test]
fn many_that_submit_cancel_and_time_out_lose_no_room() {
    const LIMIT: usize = 3;
    let host = bounded(LIMIT);
    thread::scope(|scope| {
        for caller in 0..4_u64 {
            let remote = host.remote();
            scope.spawn(move || {
                for round in 0..200 {
                    let timeout = Duration::from_micros((caller * 31 + round * 7) % 90);
                    match remote.submit_within(Label::here(), timeout, || async {}) {
                        Ok(operation) if round % 2 == 0 => operation.cancel(),
                        Ok(operation) => operation.wait(LONG).unwrap(),
                        Err(SubmitError::Full(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                    match remote.call_borrowed(Label::here(), timeout, || async { round }) {
                        Ok(value) => assert_eq!(value, round),
                        Err(BlockingError::Full | BlockingError::TimedOut) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
    // All the room is there again.
    let last = host
        .remote()
        .submit_within(Label::here(), LONG, || async {})
        .unwrap();
    last.wait(LONG).unwrap();
    let held = Held::hold_this(host.remote());
    let operations: Vec<_> = (0..LIMIT)
        .map(|_| host.remote().submit(|| async {}).expect("room"))
        .collect();
    assert!(host.remote().submit(|| async {}).is_err());
    drop(held);
    for operation in operations {
        operation.wait(LONG).unwrap();
    }
}
