//! Timers on virtual time: their order and their semantics.

use std::cell::RefCell;
use std::fmt::Debug;
use std::future;
use std::rc::Rc;
use std::time::Duration;

use crochet::testing::Harness;
use crochet::{CallError, DelayedCall, call_later, sleep, spawn, timeout};
use crochet_tests::hold::Flag;
use crochet_tests::logs;
use crochet_tests::traces::Trace;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What happened, in order.
#[derive(Clone, Debug)]
struct Record<T>(Rc<RefCell<Vec<T>>>);

impl<T: Clone + 'static> Record<T> {
    fn new() -> Self {
        Self(Rc::default())
    }

    fn note(&self, what: T) {
        self.0.borrow_mut().push(what);
    }

    fn noting(&self, what: T) -> impl FnOnce() + 'static {
        let this = self.clone();
        move || this.note(what)
    }

    fn seen(&self) -> Vec<T> {
        self.0.borrow().clone()
    }
}

/// Runs `body` on the harness's reactor, at the present time.
fn on<T: 'static>(harness: &mut Harness, body: impl FnOnce() -> T + 'static) -> T {
    let before = harness.now();
    let value = harness.block_on(async { body() }).expect("it ends at once");
    assert_eq!(harness.now(), before);
    value
}

fn later(harness: &mut Harness, delay: Duration, call: impl FnOnce() + 'static) -> DelayedCall {
    on(harness, move || call_later(delay, call))
}

#[test]
fn a_call_is_made_when_its_time_has_come_and_not_before() {
    let mut harness = Harness::new();
    let record = Record::new();
    let call = later(&mut harness, secs(3), record.noting(1));
    assert!(call.is_active());
    harness.advance(secs(3) - Duration::from_micros(1));
    assert_eq!(record.seen(), []);
    assert_eq!(call.remaining(), Ok(Duration::from_micros(1)));
    harness.advance(Duration::from_micros(1));
    assert_eq!(record.seen(), [1]);
    assert!(!call.is_active());
}

#[test]
fn a_fraction_of_the_resolution_is_rounded_up() {
    let mut harness = Harness::new();
    let record = Record::new();
    later(&mut harness, Duration::from_nanos(1), record.noting(1));
    harness.advance(Duration::from_nanos(999));
    assert_eq!(record.seen(), []);
    harness.advance(Duration::from_nanos(1));
    assert_eq!(record.seen(), [1]);
}

#[test]
fn equal_deadlines_are_served_in_the_order_of_asking() {
    let mut harness = Harness::new();
    let record = Record::new();
    for x in 0..100 {
        later(&mut harness, secs(5), record.noting(x));
    }
    for x in 100..200 {
        harness.advance(Duration::from_millis(10));
        let left = secs(5) - harness.now();
        later(&mut harness, left, record.noting(x));
    }
    harness.advance(secs(5));
    assert_eq!(record.seen(), (0..200).collect::<Vec<_>>());
}

#[test]
fn reset_counts_from_now() {
    let mut harness = Harness::new();
    let record = Record::new();
    let call = later(&mut harness, secs(10), record.noting(()));
    harness.advance(secs(4));
    call.reset(secs(8)).unwrap();
    assert_eq!(call.remaining(), Ok(secs(8)));
    harness.advance(secs(8) - Duration::from_micros(1));
    assert!(record.seen().is_empty());
    harness.advance(Duration::from_micros(1));
    assert_eq!(record.seen().len(), 1);

    let sooner = later(&mut harness, secs(10), record.noting(()));
    sooner.reset(secs(1)).unwrap();
    harness.advance(secs(1));
    assert_eq!(record.seen().len(), 2);
}

#[test]
fn delay_and_hasten_count_from_the_deadline() {
    let mut harness = Harness::new();
    let record = Record::new();
    let call = later(&mut harness, secs(10), record.noting(()));
    harness.advance(secs(4));
    call.delay(secs(5)).unwrap();
    assert_eq!(call.remaining(), Ok(secs(11)));
    call.hasten(secs(9)).unwrap();
    assert_eq!(call.remaining(), Ok(secs(2)));
    harness.advance(secs(2));
    assert_eq!(record.seen().len(), 1);
}

#[test]
fn a_call_that_is_hastened_into_the_past_is_made_in_the_next_turn() {
    let mut harness = Harness::new();
    harness.advance(secs(100));
    let record = Record::new();
    let call = later(&mut harness, secs(10), record.noting(()));
    call.hasten(secs(50)).unwrap();
    assert_eq!(call.remaining(), Ok(Duration::ZERO));
    assert!(call.is_active() && record.seen().is_empty());
    harness.run_until_idle();
    assert_eq!(record.seen().len(), 1);
}

fn assert_ended(call: &DelayedCall, error: CallError) {
    assert_eq!(call.cancel(), Err(error));
    assert_eq!(call.reset(secs(1)), Err(error));
    assert_eq!(call.delay(secs(1)), Err(error));
    assert_eq!(call.hasten(secs(1)), Err(error));
    assert_eq!(call.remaining(), Err(error));
    assert!(!call.is_active());
}

#[test]
fn a_cancelled_call_is_never_made_and_its_function_dropped_at_once() {
    let mut harness = Harness::new();
    let (record, trace) = (Record::new(), Trace::new());
    let (note, value) = (record.noting(()), trace.value());
    let call = later(&mut harness, secs(1), move || {
        let _value = value;
        note();
    });
    call.cancel().unwrap();
    assert_eq!(trace.count(), 1);
    assert_ended(&call, CallError::AlreadyCancelled);
    harness.advance(secs(2));
    assert!(record.seen().is_empty());
    assert_ended(&call, CallError::AlreadyCancelled);
}

#[test]
fn a_call_counts_as_made_before_it_is_entered() {
    let mut harness = Harness::new();
    let itself: Rc<RefCell<Option<DelayedCall>>> = Rc::default();
    let theirs = Rc::clone(&itself);
    let called = Flag::new();
    let tell = called.clone();
    let call = later(&mut harness, secs(1), move || {
        let itself = theirs.take().expect("it was put there");
        assert_ended(&itself, CallError::AlreadyCalled);
        tell.set();
    });
    itself.replace(Some(call));
    harness.advance(secs(1));
    assert!(called.is_set());
}

#[test]
fn a_call_of_the_past_keeps_its_error_though_its_place_is_used_again() {
    let mut harness = Harness::new();
    let called = later(&mut harness, Duration::ZERO, || {});
    harness.run_until_idle();
    let others: Vec<_> = (0..10)
        .map(|_| later(&mut harness, secs(1), || {}))
        .collect();
    assert_ended(&called, CallError::AlreadyCalled);
    assert!(others.iter().all(DelayedCall::is_active));
}

#[test]
fn dropping_the_handle_does_not_take_the_call_back() {
    let mut harness = Harness::new();
    let record = Record::new();
    drop(later(&mut harness, secs(1), record.noting(())));
    harness.advance(secs(1));
    assert_eq!(record.seen().len(), 1);
}

#[test]
fn a_call_with_no_delay_that_a_timer_asks_for_is_made_in_the_next_turn() {
    let mut harness = Harness::new();
    let record = Record::new();
    let (first, second) = (record.clone(), record.clone());
    later(&mut harness, secs(1), move || {
        first.note("first");
        let again = first.clone();
        call_later(Duration::ZERO, move || again.note("asked for by the first"));
        drop(spawn(async move { first.note("a task of the first") }));
    });
    later(&mut harness, secs(1), move || second.note("second"));
    harness.advance(secs(1));
    let expected = [
        "first",
        "second",
        "a task of the first",
        "asked for by the first",
    ];
    assert_eq!(record.seen(), expected);
}

#[test]
fn a_timer_that_asks_for_itself_again_does_not_starve_the_rest() {
    fn again(record: Record<&'static str>, left: u32) {
        if left > 0 {
            record.note("again");
            call_later(Duration::ZERO, move || again(record, left - 1));
        }
    }
    let mut harness = Harness::new();
    let record = Record::new();
    let (first, second) = (record.clone(), record.clone());
    on(&mut harness, move || {
        call_later(Duration::ZERO, move || again(first, 1000));
        call_later(Duration::ZERO, move || second.note("the other"));
    });
    harness.run_until_idle();
    assert_eq!(record.seen().len(), 1001);
    assert_eq!(record.seen()[1], "the other");
}

#[test]
fn advancing_makes_the_calls_that_are_asked_for_on_the_way() {
    let mut harness = Harness::new();
    let record = Record::new();
    let theirs = record.clone();
    later(&mut harness, secs(1), move || {
        let second = theirs.clone();
        theirs.note(1);
        call_later(secs(1), move || {
            second.note(2);
            call_later(secs(1), second.noting(3));
        });
    });
    harness.advance(Duration::from_millis(2500));
    assert_eq!(record.seen(), [1, 2]);
    assert_eq!(harness.now(), Duration::from_millis(2500));
    harness.advance(Duration::from_millis(500));
    assert_eq!(record.seen(), [1, 2, 3]);
}

#[test]
fn a_call_that_panics_is_logged_and_the_others_are_made() {
    logs::capture();
    let mut harness = Harness::new();
    let record = Record::new();
    later(&mut harness, secs(1), record.noting(1));
    later(&mut harness, secs(1), || {
        panic!("a delayed call panics on purpose")
    });
    later(&mut harness, secs(1), record.noting(2));
    harness.advance(secs(1));
    assert_eq!(record.seen(), [1, 2]);
    logs::assert_one_error("a delayed call panics on purpose");
}

#[test]
fn sleeps_end_in_the_order_of_their_deadlines() {
    let mut harness = Harness::new();
    let record = Record::new();
    for seconds in [5, 3, 9, 1, 7, 3600, 86_400] {
        let record = record.clone();
        drop(harness.spawn(async move {
            sleep(secs(seconds)).await;
            record.note(seconds);
        }));
    }
    harness.advance(secs(86_400));
    assert_eq!(record.seen(), [1, 3, 5, 7, 9, 3600, 86_400]);
}

#[test]
fn a_sleep_counts_from_the_call_not_from_the_first_poll() {
    let mut harness = Harness::new();
    harness
        .block_on(async {
            let second = sleep(secs(2));
            sleep(secs(2)).await;
            second.await;
        })
        .unwrap();
    assert_eq!(harness.now(), secs(2));
}

#[test]
fn a_sleep_that_is_dropped_takes_its_timer_back() {
    let mut harness = Harness::new();
    harness
        .block_on(async {
            let nap = timeout(secs(1), sleep(secs(1000))).await;
            assert!(nap.is_err());
        })
        .unwrap();
    assert_eq!(harness.now(), secs(1));
    assert!(format!("{harness:?}").contains("timers: 0"), "{harness:?}");
}

#[test]
fn a_timeout_tells_whether_the_time_was_up_and_drops_the_future() {
    let mut harness = Harness::new();
    let trace = Trace::new();
    let value = trace.value();
    harness
        .block_on(async move {
            let never = async move {
                let _value = value;
                future::pending::<()>().await;
            };
            assert!(timeout(secs(1), never).await.is_err());
            assert_eq!(timeout(secs(1), async { 5 }).await, Ok(5));
            let both = timeout(secs(1), sleep(secs(1))).await;
            assert_eq!(
                both,
                Ok(()),
                "what is ready when the time is up is returned"
            );
        })
        .unwrap();
    assert_eq!(trace.count(), 1);
}

#[test]
fn the_longest_time_is_no_overflow() {
    let mut harness = Harness::new();
    let record = Record::new();
    let call = later(&mut harness, Duration::MAX, record.noting(()));
    call.delay(Duration::MAX).unwrap();
    drop(harness.spawn(sleep_for_ever()));
    harness.advance(secs(86_400 * 365 * 100));
    assert!(call.is_active() && record.seen().is_empty());
    call.hasten(Duration::MAX).unwrap();
    harness.run_until_idle();
    assert_eq!(record.seen().len(), 1);
}

async fn sleep_for_ever() {
    sleep(Duration::MAX).await;
    unreachable!("the end of time");
}
