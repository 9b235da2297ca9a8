//! Timers by the system's clock, on every back end. What they mean is tested on virtual time, in `time.rs`.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use crochet::{
    Budget, CallError, DelayedCall, LoopingCall, Reactor, call_later, interval, sleep, spawn,
    timeout,
};
use crochet_tests::LONG;
use crochet_tests::backends::{for_every_backend, on_every_backend};
use crochet_tests::executor;
use crochet_tests::hold::Flag;
use crochet_tests::host::Host;
use crochet_tests::operations::submit;
use crochet_tests::tidy::Tidy;
use crochet_tests::traces::Trace;

const MILLISECOND: Duration = Duration::from_millis(1);

#[test]
fn a_delayed_call_stops_the_reactor() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        for delay in [Duration::ZERO, MILLISECOND] {
            let (begun, remote) = (Instant::now(), reactor.remote());
            drop(reactor.spawn(async move { drop(call_later(delay, move || remote.stop())) }));
            reactor.run().expect("it runs until it is stopped");
            assert!(begun.elapsed() >= delay);
        }
    });
}

#[test]
fn a_call_at_the_end_of_time_keeps_the_loop_from_nothing() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let called = Flag::new();
        let tell = called.clone();
        let asked = submit(host.remote(), move || {
            // It keeps its timer though its handle is dropped.
            drop(call_later(Duration::MAX, move || tell.set()));
        });
        asked.wait(LONG).expect("it ends");
        // Each finds the loop asleep or about to sleep, with that deadline alone.
        for _ in 0..100 {
            submit(host.remote(), || ()).wait(LONG).expect("it ends");
        }
        let there = host.remote().snapshot(LONG).expect("the loop answers");
        assert_eq!(there.timers, 1);
        assert!(!called.is_set());
    });
}

#[test]
fn calls_of_one_delay_are_made_in_the_order_of_asking_and_none_is_early() {
    on_every_backend(|| async {
        let order = Rc::new(RefCell::new(Vec::new()));
        let begun = Instant::now();
        // An earlier one that is asked for later may be later, when the thread is held up in between.
        for (at, number) in [(1, 1), (1, 2), (2, 3), (3, 4), (3, 5)] {
            let order = Rc::clone(&order);
            let call = move || {
                let early = begun.elapsed() < at * MILLISECOND;
                order.borrow_mut().push((number, early));
            };
            drop(call_later(at * MILLISECOND, call));
        }
        sleep(4 * MILLISECOND).await;
        let expected: Vec<_> = (1..=5).map(|number| (number, false)).collect();
        assert_eq!(*order.borrow(), expected);
    });
}

#[test]
fn a_deadline_that_becomes_the_first_ends_a_sleep_for_a_later_one() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        // The far one is beyond what the poller's timer is set for, the others are not.
        for far in [LONG, MILLISECOND * 900] {
            let asleep = submit(host.remote(), move || {
                drop(call_later(far, || {}));
            });
            asleep.wait(LONG).expect("it ends");
            let begun = Instant::now();
            let near = host.remote().submit(async || sleep(MILLISECOND).await);
            let near = near.expect("there is no limit");
            near.wait(LONG).expect("it ends");
            let taken = begun.elapsed();
            assert!(taken >= MILLISECOND && taken < far, "{taken:?}");
        }
    });
}

#[test]
fn a_call_that_is_taken_back_moved_or_hastened_keeps_to_that() {
    on_every_backend(|| async {
        let trace = Trace::new();
        let ask = |delay| {
            let value = trace.value();
            call_later(delay, move || drop(value))
        };
        let cancelled = ask(MILLISECOND);
        let (hastened, reset, delayed) = (ask(LONG), ask(LONG), ask(MILLISECOND));
        cancelled.cancel().expect("it was active");
        hastened.hasten(LONG).expect("it was active");
        reset.reset(MILLISECOND).expect("it was active");
        delayed.delay(LONG).expect("it was active");
        assert_eq!(trace.count(), 1, "what is cancelled is dropped at once");
        sleep(2 * MILLISECOND).await;
        assert_eq!(trace.count(), 3);
        let ended: Vec<_> = [&cancelled, &hastened, &reset]
            .map(DelayedCall::cancel)
            .into();
        let called = Err(CallError::AlreadyCalled);
        assert_eq!(ended, [Err(CallError::AlreadyCancelled), called, called]);
        assert!(delayed.remaining().expect("it is active") > LONG / 2);
        delayed.cancel().expect("it was active");
        assert_eq!(trace.count(), 4);
    });
}

#[test]
fn a_call_that_was_made_before_the_reactor_stopped_was_made() {
    let mut reactor = Reactor::new().expect("a reactor can be made");
    let ran = reactor.block_on(async {
        let made = call_later(Duration::ZERO, || {});
        sleep(MILLISECOND).await;
        (made, call_later(LONG, || {}))
    });
    let (made, taken_back) = ran.expect("it ends");
    assert_eq!(made.cancel(), Err(CallError::AlreadyCalled));
    assert_eq!(taken_back.cancel(), Err(CallError::AlreadyCancelled));
}

#[test]
fn a_turn_with_a_timer_far_away_does_not_wait_for_it() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let call = reactor.spawn(async { call_later(LONG, || {}) });
        for _ in 0..3 {
            let turn = reactor.turn(Budget::default()).expect("it turns");
            assert!(!turn.slept() && turn.fired() == 0, "{turn:?}");
        }
        assert_eq!(reactor.snapshot().timers, 1);
        let call = executor::block_on(call).expect("it has been made");
        call.cancel().expect("it was active");
    });
}

#[test]
fn what_a_delayed_call_submits_to_its_own_loop_runs_without_anything_else_to_wake_it() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let remote = reactor.remote();
        let asked = reactor.spawn(async move {
            let theirs = remote.clone();
            call_later(Duration::ZERO, move || {
                drop(submit(&theirs, move || remote.stop()));
            })
        });
        drop(asked);
        // Without that it would run for ever.
        reactor.run().expect("it runs until it is stopped");
    });
}

#[test]
fn a_time_limit_ends_what_takes_too_long_and_takes_its_timer_back_otherwise() {
    on_every_backend(|| async {
        let begun = Instant::now();
        let late = timeout(MILLISECOND, std::future::pending::<()>()).await;
        assert!(late.is_err() && begun.elapsed() >= MILLISECOND);
        // The harness sees whether its timer is left when this has ended.
        let in_time = timeout(LONG, sleep(MILLISECOND)).await;
        assert_eq!(in_time, Ok(()));
    });
}

#[test]
fn an_interval_skips_the_ticks_that_a_busy_loop_has_missed() {
    on_every_backend(|| async {
        let before = Instant::now();
        let mut ticks = interval(MILLISECOND);
        assert_eq!(ticks.tick().await, 1);
        let after = Instant::now();
        while after.elapsed() < 5 * MILLISECOND {
            thread::yield_now();
        }
        // Those in between at once, as one; the next on the grid.
        let mut total = ticks.tick().await;
        assert!(total >= 5, "{total}");
        total += ticks.tick().await;
        assert!(before.elapsed() >= u32::try_from(total).expect("few") * MILLISECOND);
    });
}

#[test]
fn a_looping_call_goes_on_until_it_is_stopped_from_within() {
    on_every_backend(|| async {
        let calls = Rc::new(Cell::new(0));
        let stop: Rc<RefCell<Option<LoopingCall<Infallible>>>> = Rc::default();
        let (counting, stopping) = (Rc::clone(&calls), Rc::clone(&stop));
        let looping = LoopingCall::new(move || {
            counting.set(counting.get() + 1);
            if counting.get() == 3 {
                let looping = stopping.take().expect("it was put there");
                looping.stop().expect("it is running");
            }
        });
        let begun = Instant::now();
        let completion = looping.start(MILLISECOND).expect("it was not running");
        stop.replace(Some(looping));
        spawn(completion)
            .await
            .expect("no panic")
            .expect("it was stopped");
        assert_eq!(calls.get(), 3);
        assert!(begun.elapsed() >= 2 * MILLISECOND);
    });
}
