//! The ways to run a reactor, on every back end: within another, for one future, turn by turn, with work from other
//! threads.

use std::future;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crochet::{Budget, JoinError, RunError, call_later, sleep};
use crochet_tests::backends::for_every_backend;
use crochet_tests::hold::Flag;
use crochet_tests::host::Host;
use crochet_tests::operations::{assert_stopped, submit, submit_pending};
use crochet_tests::tidy::Tidy;
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, logs};

#[test]
fn a_run_within_a_run_is_refused() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings.clone());
        reactor
            .block_on(async {
                let mut inner = Tidy::with(settings);
                assert!(matches!(inner.run(), Err(RunError::Nested)));
                assert!(matches!(
                    inner.turn(Budget::default()),
                    Err(RunError::Nested)
                ));
                let nested = inner.block_on(async {});
                assert!(matches!(nested, Err(RunError::Nested)));
                drop(inner);
                // The outer one goes on, undisturbed.
                sleep(Duration::from_micros(10)).await;
            })
            .unwrap();
        assert!(!crochet::is_reactor_thread());
    });
}

#[test]
fn block_on_tells_a_panic_from_a_stop() {
    for_every_backend(|settings| {
        logs::capture();
        let mut reactor = Tidy::with(settings);
        let panicked: Result<(), _> = reactor.block_on(async { panic!("on purpose") });
        let Err(RunError::Ended(JoinError::Panicked(panic))) = panicked else {
            panic!("a panic: {panicked:?}");
        };
        assert_eq!(panic.message(), "on purpose");

        let remote = reactor.remote();
        let stopped = reactor.block_on(async move {
            remote.stop();
            future::pending::<()>().await;
        });
        assert!(matches!(stopped, Err(RunError::Ended(JoinError::Stopped))));
    });
}

#[test]
fn a_host_drives_the_loop_turn_by_turn() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let remote = reactor.remote();
        let operations: Vec<_> = (0..3).map(|x| submit(&remote, move || x)).collect();
        for done in 1..=3 {
            let turn = reactor.turn(Budget::new(1, 1)).unwrap();
            assert_eq!((turn.ran(), turn.slept()), (1, false));
            let ended = operations.iter().filter(|operation| operation.is_ended());
            assert_eq!(ended.count(), done, "one a turn, in order");
            assert!(operations[done - 1].is_ended());
        }
        assert_eq!(reactor.turn(Budget::default()).unwrap().ran(), 0);

        let fired = Flag::new();
        let tell = fired.clone();
        let set = submit(&remote, move || {
            call_later(Duration::ZERO, move || tell.set());
        });
        let mut turns = 0;
        while !fired.is_set() {
            reactor.turn(Budget::default()).unwrap();
            turns += 1;
        }
        assert!(
            set.is_ended() && turns >= 2,
            "a timer fires in a later turn: {turns}"
        );
    });
}

#[test]
fn a_stop_between_turns_stops_in_the_next_one() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let remote = reactor.remote();
        let trace = Trace::new();
        let operation = submit_pending(&remote, trace.value());
        reactor.turn(Budget::default()).unwrap();
        remote.stop();
        assert!(!operation.is_ended());
        reactor.turn(Budget::default()).unwrap();
        assert_stopped(&operation);
        assert!(remote.is_stopped());
        let turned = reactor.turn(Budget::default());
        assert!(matches!(turned, Err(RunError::Stopped)));
        assert_eq!(
            reactor.block_on(async { 1 }).unwrap(),
            1,
            "it may be run again"
        );
    });
}

#[test]
fn what_a_thread_submits_begins_in_its_order_on_the_loops_thread_and_nowhere_else() {
    const THREADS: u32 = 3;
    const EACH: u32 = 500;
    for_every_backend(|settings| {
        let host = Host::with(settings);
        assert!(!crochet::is_reactor_thread());
        let seen = Arc::new(Mutex::new(Vec::new()));
        thread::scope(|scope| {
            for from in 0..THREADS {
                let (remote, seen) = (host.remote(), &seen);
                scope.spawn(move || {
                    for number in 0..EACH {
                        let seen = Arc::clone(seen);
                        drop(submit(remote, move || {
                            assert!(crochet::is_reactor_thread());
                            seen.lock().expect("no panic").push((from, number));
                        }));
                    }
                });
            }
        });
        submit(host.remote(), || ()).wait(LONG).expect("it ends");
        let seen = seen.lock().expect("no panic");
        for from in 0..THREADS {
            let of_one = seen.iter().filter(|(thread, _)| *thread == from);
            assert!(of_one.map(|(_, number)| *number).eq(0..EACH), "of {from}");
        }
    });
}
