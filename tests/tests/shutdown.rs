//! Reactors as values, on every back end: stopping, running again, and what becomes of their work.

use std::future;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::Duration;

use crochet::{Budget, call_later, sleep, spawn, yield_now};
use crochet_reactor::{BlockingError, Label, Phase};
use crochet_tests::LONG;
use crochet_tests::backends::for_every_backend;
use crochet_tests::hold::Flag;
use crochet_tests::host::Host;
use crochet_tests::operations::{assert_stopped, outcome, submit, submit_pending};
use crochet_tests::tidy::Tidy;
use crochet_tests::traces::Trace;

#[test]
fn what_is_submitted_before_the_run_waits_for_it() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let remote = reactor.remote();
        let first = submit(&remote, || 1);
        let (theirs, stop) = (remote.clone(), remote.clone());
        let second = thread::spawn(move || submit(&theirs, move || stop.stop()));
        let second = second.join().expect("no panic");
        assert!(!first.is_ended() && !second.is_ended());
        reactor.run().unwrap();
        assert!(matches!(first.peek(), Some(Ok(1))));
        assert!(matches!(second.peek(), Some(Ok(()))));
    });
}

#[test]
fn what_is_submitted_after_the_stop_has_stopped_already() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let remote = reactor.remote();
        reactor.block_on(async {}).unwrap();
        assert!(remote.is_stopped());
        let trace = Trace::new();
        let operation = submit_pending(&remote, trace.value());
        assert_stopped(&operation);
        assert_eq!(trace.count(), 1);
        let there = thread::spawn(move || submit_pending(&remote, trace.value()));
        assert_stopped(&there.join().expect("no panic"));
    });
}

#[test]
fn a_stopped_reactor_may_be_run_again() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let remote = reactor.remote();
        for round in 0..3 {
            let value = reactor.block_on(async move {
                sleep(Duration::from_micros(10)).await;
                round
            });
            assert_eq!(value.unwrap(), round);
            assert_stopped(&submit(&remote, || ()));
        }
        // Nothing of the earlier runs is left to be done.
        let trace = Trace::new();
        reactor
            .spawn({
                let _value = trace.value();
                future::pending::<()>()
            })
            .cancel();
        reactor.block_on(async {}).unwrap();
        assert_eq!(trace.count(), 1);
    });
}

#[test]
fn a_stop_before_the_first_run_ends_it_at_once() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let remote = reactor.remote();
        let trace = Trace::new();
        let operation = submit_pending(&remote, trace.value());
        remote.stop();
        reactor.run().unwrap();
        assert_stopped(&operation);
    });
}

#[test]
fn a_stop_of_a_stopped_reactor_does_nothing_to_its_next_run() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let remote = reactor.remote();
        reactor.block_on(async {}).unwrap();
        remote.stop();
        remote.stop();
        assert_eq!(reactor.block_on(async { 1 }).unwrap(), 1);
    });
}

#[test]
fn stopping_wakes_every_waiter() {
    for_every_backend(|settings| {
        let trace = Trace::new();
        let host = Host::with(settings);
        let operation = Arc::new(submit_pending(host.remote(), trace.value()));
        let waiters: Vec<_> = (0..8)
            .map(|_| {
                let operation = Arc::clone(&operation);
                thread::spawn(move || {
                    // Told before or after the loop has dropped it.
                    match operation.wait(LONG) {
                        Ok(()) => assert_stopped(&operation),
                        Err(error) => assert!(matches!(error, BlockingError::Stopped), "{error}"),
                    }
                })
            })
            .collect();
        drop(host);
        for waiter in waiters {
            waiter.join().expect("woken");
        }
        assert_stopped(&operation);
        assert_eq!(trace.count(), 1);
    });
}

#[test]
fn tasks_that_have_begun_are_dropped_on_the_loops_thread() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let trace = Trace::new();
        let operation = submit_pending(host.remote(), trace.value());
        let (one, two) = (trace.value(), trace.value());
        let spawned = submit(host.remote(), move || {
            let task = spawn(async move {
                let _one = one;
                sleep(LONG).await;
            });
            drop(task);
            call_later(LONG, move || drop(two));
            thread::current().id()
        });
        spawned.wait(LONG).expect("it ends");
        let reactor = spawned.take().expect("it has ended").expect("a value");
        assert_eq!(trace.count(), 0);
        drop(host);
        assert_stopped(&operation);
        assert_eq!(trace.threads(), [reactor; 3]);
    });
}

#[test]
fn a_reactor_that_is_dropped_without_a_run_stops_what_it_has() {
    for_every_backend(|settings| {
        let reactor = settings.build().expect("a reactor can be made");
        let remote = reactor.remote();
        let trace = Trace::new();
        let here = submit_pending(&remote, trace.value());
        let (theirs, value) = (remote.clone(), trace.value());
        let there = thread::spawn(move || submit_pending(&theirs, value));
        let there = there.join().expect("no panic");
        let value = trace.value();
        let task = reactor.spawn(async move { drop(value) });
        drop(reactor);
        assert_stopped(&here);
        assert_stopped(&there);
        assert!(task.is_finished());
        assert_eq!(trace.threads(), [thread::current().id(); 3]);
        assert!(remote.is_stopped());
        assert_stopped(&submit(&remote, || ()));
    });
}

#[test]
fn two_reactors_talk_to_each_other() {
    for_every_backend(|settings| {
        let (one, other) = (Host::with(settings.clone()), Host::with(settings));
        let (home, away) = (one.remote().clone(), other.remote().clone());
        let sum = one.remote().submit(move || async move {
            let mut sum = 0;
            for x in 0..500_u64 {
                let back = home.clone();
                let there = away.submit(move || async move {
                    let here = back.submit(move || async move { x }).expect("no limit");
                    outcome(here).await.expect("a value")
                });
                sum += outcome(there.expect("no limit")).await.expect("a value");
            }
            sum
        });
        let sum = sum.expect("no limit");
        sum.wait(LONG).expect("it ends");
        assert!(matches!(sum.take(), Ok(Ok(124_750))));
    });
}

#[test]
fn a_stop_that_races_with_submissions_leaves_none_undecided() {
    for_every_backend(|settings| {
        for _ in 0..100 {
            let host = Host::with(settings.clone());
            let operations = thread::scope(|scope| {
                let submitters: Vec<_> = (0..3)
                    .map(|_| {
                        let remote = host.remote();
                        scope.spawn(move || {
                            let operations: Vec<_> =
                                (0..20).map(|x| submit(remote, move || x)).collect();
                            operations
                        })
                    })
                    .collect();
                host.remote().stop();
                let operations: Vec<_> = submitters
                    .into_iter()
                    .flat_map(|submitter| submitter.join().expect("no panic"))
                    .collect();
                operations
            });
            drop(host);
            for operation in operations {
                assert!(operation.is_ended());
            }
        }
    });
}

#[test]
fn work_of_the_loops_own_thread_wakes_nobody() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let remote = reactor.remote();
        let theirs = remote.clone();
        reactor
            .block_on(async move {
                for x in 0..100 {
                    let there = spawn(outcome(submit(&theirs, move || x)));
                    assert_eq!(there.await.expect("no panic").expect("a value"), x);
                    sleep(Duration::ZERO).await;
                }
            })
            .unwrap();
        assert_eq!(remote.stats().unparks, 0);
    });
}

#[test]
fn a_waker_that_panics_during_a_stop_keeps_no_other_operation_from_ending() {
    for_every_backend(|settings| {
        struct PanicWhenWoken;

        impl Wake for PanicWhenWoken {
            fn wake(self: Arc<Self>) {
                panic!("a waker panics on purpose");
            }
        }

        let mut reactor = Tidy::with(settings);
        let remote = reactor.remote();
        let ran = Flag::new();
        let seen = ran.clone();
        remote.add_trigger(Phase::Before, LONG, move || async move { seen.set() });
        let submit_all = move || {
            let mut first = remote.submit(|| async {}).unwrap();
            let waker = Waker::from(Arc::new(PanicWhenWoken));
            let polled = first.poll_take(&mut None, &Context::from_waker(&waker));
            assert!(polled.is_pending());
            let others: Vec<_> = (0..3)
                .map(|_| remote.submit(|| async {}).unwrap())
                .collect();
            remote.stop();
            (first, others)
        };
        let (first, others) = thread::spawn(submit_all).join().unwrap();
        reactor.run().expect("the loop goes on");
        assert!(ran.is_set());
        assert_stopped(&first);
        others.iter().for_each(assert_stopped);
    });
}

#[test]
fn operations_that_have_not_begun_when_the_reactor_stops_do_not_begin() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings.budget(Budget::new(1, 1)));
        let remote = reactor.remote();
        let trace = Trace::new();
        let value = trace.value();
        // The loop goes on until it has ended, and has turns enough for all of them.
        remote.add_trigger(Phase::Before, LONG, || async {
            for _ in 0..20 {
                yield_now().await;
            }
        });
        let submit_all = move || {
            let stop = remote.clone();
            let first = submit(&remote, move || stop.stop());
            let others: Vec<_> = (0..3).map(|_| submit(&remote, || true)).collect();
            (first, others, submit_pending(&remote, value))
        };
        // Through the inbox, of which the loop takes everything over at once.
        let (first, others, last) = thread::spawn(submit_all).join().expect("no panic");
        reactor.run().expect("it stops");
        assert!(matches!(first.peek(), Some(Ok(()))));
        others.iter().for_each(assert_stopped);
        assert_stopped(&last);
        assert_eq!(trace.count(), 1);
    });
}

#[test]
fn a_promise_that_was_cancelled_does_not_keep_a_reactor_from_draining() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let remote = reactor.remote();
        let (setter, promise) = remote.promise::<u8>(Label::here()).unwrap();
        let drain = thread::spawn(move || {
            remote.submit(|| async {}).unwrap().wait(LONG).unwrap();
            promise.cancel();
            remote.drain();
            promise
        });
        reactor.run().unwrap();
        assert!(drain.join().unwrap().is_ended());
        assert_eq!(setter.set(7), Err(7));
    });
}
