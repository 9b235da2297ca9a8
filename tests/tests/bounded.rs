//! Reactors whose queue is bounded, on every back end.

use std::future;
use std::thread;
use std::time::{Duration, Instant};

use crochet::Builder;
use crochet_reactor::{BlockingError, Label, SubmitError};
use crochet_tests::backends::for_every_backend;
use crochet_tests::hold::{Flag, Held};
use crochet_tests::host::Host;
use crochet_tests::tidy::Tidy;
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, SHORT};

fn bounded(settings: Builder, operations: usize) -> Host {
    Host::with(settings.queue_limit(operations))
}

#[test]
fn more_than_the_limit_is_refused_and_the_function_given_back() {
    for_every_backend(|settings| {
        let host = bounded(settings, 2);
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
    });
}

#[test]
fn what_has_begun_does_not_count() {
    for_every_backend(|settings| {
        let host = bounded(settings.clone(), 1);
        for _ in 0..50 {
            let pending = host
                .remote()
                .submit_within(Label::here(), LONG, future::pending::<()>);
            drop(pending.unwrap());
        }
        let host_of_turns = Tidy::with(settings.queue_limit(1));
        let _own = host_of_turns
            .spawn(future::pending::<()>())
            .cancel_on_drop();
        assert!(
            host_of_turns.remote().submit(|| async {}).is_ok(),
            "the loop's own tasks do not"
        );
    });
}

#[test]
fn a_submission_waits_for_room() {
    for_every_backend(|settings| {
        let host = bounded(settings, 1);
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
    });
}

#[test]
fn a_submission_that_finds_no_room_in_time_is_refused() {
    for_every_backend(|settings| {
        let host = bounded(settings, 1);
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
    });
}

#[test]
fn a_revoked_operation_keeps_its_place_until_the_loop_has_passed_it() {
    for_every_backend(|settings| {
        let host = bounded(settings, 1);
        let held = Held::hold_this(host.remote());
        let trace = Trace::new();
        let value = trace.value();
        let operation = host.remote().submit(move || {
            drop(value);
            future::pending::<()>()
        });
        operation.unwrap().cancel();
        assert_eq!(trace.count(), 1, "its function is dropped at once");
        // Otherwise calls that time out would pile up without bound while the loop is busy.
        assert!(host.remote().submit(|| async {}).is_err());
        drop(held);
        let last = host
            .remote()
            .submit_within(Label::here(), LONG, || async {});
        last.expect("room").wait(LONG).unwrap();
    });
}

#[test]
fn the_loop_itself_submits_past_a_full_queue() {
    for_every_backend(|settings| {
        let host = bounded(settings, 1);
        let remote = host.remote().clone();
        let both = host.remote().submit(move || async move {
            let first = remote.submit(|| async { 1 }).expect("no limit here");
            let second = remote.submit_within(Label::here(), LONG, || async { 2 });
            (first, second.expect("nor here, and no wait"))
        });
        let both = both.unwrap();
        both.wait(LONG).unwrap();
        let Ok(Ok((first, second))) = both.take() else {
            panic!("the operation has ended");
        };
        first.wait(LONG).unwrap();
        second.wait(LONG).unwrap();
    });
}

#[test]
fn on_another_reactors_thread_a_full_queue_refuses_at_once() {
    for_every_backend(|settings| {
        let host = bounded(settings.clone(), 1);
        let held = Held::hold_this(host.remote());
        let _first = host.remote().submit(|| async {}).unwrap();
        let remote = host.remote().clone();
        let refused = Tidy::with(settings).block_on(async move {
            remote
                .submit_within(Label::here(), LONG, || async {})
                .is_err()
        });
        assert!(refused.unwrap());
        drop(held);
    });
}

#[test]
fn stopping_ends_the_wait_for_room() {
    for_every_backend(|settings| {
        for _ in 0..50 {
            let host = bounded(settings.clone(), 1);
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
    });
}

#[test]
fn many_that_submit_cancel_and_time_out_lose_no_room() {
    for_every_backend(|settings| {
        const LIMIT: usize = 3;
        let host = bounded(settings, LIMIT);
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
    });
}

#[test]
fn room_is_given_when_an_operation_begins_and_not_when_the_loop_hears_of_it() {
    for_every_backend(|settings| {
        let host = bounded(settings, 2);
        let held = Held::hold_this(host.remote());
        let (begun, go_on) = (Flag::new(), Flag::new());
        let first = {
            let (begun, go_on) = (begun.clone(), go_on.clone());
            host.remote().submit(move || async move {
                begun.set();
                go_on.spin();
            })
        };
        let second = host.remote().submit(|| async {}).unwrap();
        drop(held);
        begun.spin();
        // The loop has both, and has begun one.
        let third = host.remote().submit(|| async {});
        let fourth = host.remote().submit(|| async {});
        go_on.set();
        assert!(matches!(fourth, Err(SubmitError::Full(_))));
        first.unwrap().wait(LONG).unwrap();
        second.wait(LONG).unwrap();
        third.expect("room").wait(LONG).unwrap();
    });
}

#[test]
fn the_loop_itself_takes_no_room() {
    for_every_backend(|settings| {
        let host = bounded(settings, 2);
        for _ in 0..4 {
            let remote = host.remote().clone();
            let inner = host
                .remote()
                .submit_within(Label::here(), LONG, move || async move {
                    remote
                        .submit_within(Label::here(), LONG, || async {})
                        .expect("no limit here")
                });
            inner.unwrap().wait(LONG).unwrap();
        }
        host.remote()
            .submit(|| async {})
            .expect("all the room there was")
            .wait(LONG)
            .unwrap();
    });
}
