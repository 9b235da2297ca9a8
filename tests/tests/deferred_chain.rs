//! Callbacks of deferreds: their order, what pauses them, what ends them, and how deep they may go.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use crochet::testing::Harness;
use crochet::{Deferred, JoinError, Reactor, call_later, sleep, spawn};
use crochet_tests::logs;
use crochet_tests::traces::Trace;

const SECOND: Duration = Duration::from_secs(1);
const LONG_CHAIN: u32 = 100_000;

type Failing = Deferred<u32, &'static str>;

/// Runs a test on a reactor with virtual time.
fn on_reactor<T: 'static>(body: impl Future<Output = T> + 'static) -> T {
    Harness::new().block_on(body).expect("the test ends")
}

/// What happened, in order.
#[derive(Clone, Default)]
struct Record(Rc<RefCell<Vec<&'static str>>>);

impl Record {
    fn note(&self, what: &'static str) {
        self.0.borrow_mut().push(what);
    }

    fn seen(&self) -> Vec<&'static str> {
        self.0.borrow().clone()
    }
}

#[test]
fn each_callback_gets_the_result_of_the_one_before() {
    on_reactor(async {
        let (resolver, deferred) = Failing::new();
        let text = deferred
            .map(|number| number + 1)
            .and_then(|number| Deferred::fired(Ok(number * 10)))
            .map(|number| number.to_string());
        resolver.fire(4).expect("it is wanted");
        assert_eq!(text.await.as_deref(), Ok("50"));
    });
}

#[test]
fn an_error_skips_the_callbacks_for_values_and_a_value_those_for_errors() {
    on_reactor(async {
        let failed = Failing::fired(Err("first"))
            .map(|_| -> u32 { unreachable!("there is no value") })
            .and_then(|_| unreachable!("there is no value"))
            .map_err(|error| if error == "first" { "second" } else { error })
            .or_else(|error| {
                if error == "second" {
                    Failing::fired(Ok(3))
                } else {
                    Failing::fired(Err(error))
                }
            })
            .map_err(|_| unreachable!("there is no error any more"))
            .or_else(|_: &str| -> Failing { unreachable!("there is no error any more") });
        assert_eq!(failed.await, Ok(3));
    });
}

#[test]
fn a_callback_for_both_gets_the_result_whatever_it_is() {
    on_reactor(async {
        for result in [Ok(1), Err("failed")] {
            let seen: Deferred<_> =
                Failing::fired(result).then(|result| Deferred::fired(Ok(result)));
            assert_eq!(seen.await, Ok(result));
        }
    });
}

#[test]
fn callbacks_are_called_whether_or_not_anybody_awaits_and_never_within_a_call() {
    let mut harness = Harness::new();
    let record = Record::default();
    let theirs = record.clone();
    let kept = harness.block_on(async move {
        let (resolver, deferred) = Failing::new();
        let (first, second) = (theirs.clone(), theirs.clone());
        let end = deferred.map(move |_| first.note("first"));
        resolver.fire(1).expect("it is wanted");
        theirs.note("fired");
        let end = end.map(move |()| second.note("second"));
        theirs.note("added");
        let fired = theirs.clone();
        let other = Failing::fired(Ok(1)).map(move |_| fired.note("of one that had fired"));
        theirs.note("added to one that had fired");
        (end, other)
    });
    harness.run_until_idle();
    let expected = [
        "fired",
        "added",
        "added to one that had fired",
        "first",
        "second",
        "of one that had fired",
    ];
    assert_eq!(record.seen(), expected);
    let (end, other) = kept.expect("it ends");
    assert!(end.has_fired() && other.has_fired());
    assert_eq!(harness.block_on(end).expect("it ends"), Ok(()));
}

#[test]
fn a_callback_that_fires_another_deferred_is_not_interrupted_by_its_callbacks() {
    on_reactor(async {
        let record = Record::default();
        let (outer, outer_deferred) = Failing::new();
        let (inner, inner_deferred) = Failing::new();
        let (first, second, third) = (record.clone(), record.clone(), record.clone());
        let one = outer_deferred.map(move |number| {
            first.note("begins");
            inner.fire(number).expect("it is wanted");
            first.note("ends");
        });
        let two = inner_deferred.map(move |_| second.note("of the other"));
        let one = one.map(move |()| third.note("goes on"));
        outer.fire(1).expect("it is wanted");
        one.await.expect("no error");
        two.await.expect("no error");
        assert_eq!(record.seen(), ["begins", "ends", "goes on", "of the other"]);
    });
}

#[test]
fn a_deferred_that_a_callback_returns_makes_the_rest_wait() {
    on_reactor(async {
        let record = Record::default();
        let theirs = record.clone();
        let (resolver, inner) = Failing::new();
        let end = Failing::fired(Ok(1))
            .and_then(move |_| inner)
            .map(move |number| {
                theirs.note("goes on");
                number + 1
            });
        sleep(SECOND).await;
        assert!(record.seen().is_empty());
        assert!(!end.has_fired());
        resolver.fire(6).expect("it is wanted");
        sleep(SECOND).await;
        assert_eq!(record.seen(), ["goes on"]);
        assert!(end.has_fired());
        assert_eq!(end.await, Ok(7));
    });
}

#[test]
fn callbacks_may_be_added_while_the_chain_waits_and_after_it_has_ended() {
    on_reactor(async {
        let (resolver, deferred) = Failing::new();
        let end = deferred.map(|number| number + 1);
        sleep(SECOND).await;
        let end = end.map(|number| number + 1);
        call_later(SECOND, move || resolver.fire(0).expect("it is wanted"));
        sleep(SECOND * 2).await;
        assert!(end.has_fired());
        let end = end.map(|number| number + 1);
        assert!(!end.has_fired(), "never within the call");
        assert_eq!(end.await, Ok(3));
    });
}

#[test]
fn a_chain_can_be_awaited_by_another_task() {
    on_reactor(async {
        let (resolver, deferred) = Failing::new();
        let task = spawn(deferred.map(|number| number + 1));
        sleep(SECOND).await;
        resolver.fire(1).expect("it is wanted");
        assert_eq!(task.await.expect("no panic"), Ok(2));
    });
}

#[test]
fn a_panic_of_a_callback_reaches_whoever_awaits_the_end() {
    logs::capture();
    on_reactor(async {
        let end = Failing::fired(Ok(1))
            .map(|_| -> u32 { panic!("a callback panics and is awaited") })
            .map(|number| number + 1);
        let nested = Failing::fired(Ok(1)).and_then(move |_| end);
        let Err(JoinError::Panicked(panic)) = spawn(nested).await else {
            panic!("a panic");
        };
        let message = panic.message();
        assert!(
            message.contains("a callback panics and is awaited"),
            "{message}"
        );
    });
    logs::assert_none("a callback panics and is awaited");
}

#[test]
fn a_panic_of_a_callback_that_nobody_awaits_is_logged_once() {
    logs::capture();
    on_reactor(async {
        let end = Failing::fired(Ok(1)).map(|_| panic!("a callback panics and nobody awaits"));
        sleep(SECOND).await;
        drop(end);
    });
    logs::assert_one_error("a callback panics and nobody awaits");
}

#[test]
fn a_chain_of_an_abandoned_deferred_is_abandoned() {
    logs::capture();
    on_reactor(async {
        let trace = Trace::new();
        let value = trace.value();
        let (resolver, deferred) = Failing::new();
        let end = deferred.map(move |_| drop(value));
        drop(resolver);
        let Err(JoinError::Panicked(panic)) = spawn(end).await else {
            panic!("a panic");
        };
        assert!(panic.message().contains("will never fire"), "{panic}");
        assert_eq!(trace.count(), 1, "its callbacks are dropped");
    });
}

#[test]
fn an_error_that_nobody_sees_is_logged_once() {
    logs::capture();
    let unseen = |text: &'static str| -> Failing { Deferred::fired(Err(text)) };
    on_reactor(async move {
        drop(unseen("an unseen error of a deferred"));
        logs::assert_one_error("an unseen error of a deferred");

        let end = unseen("an unseen error behind callbacks").map(|number| number + 1);
        sleep(SECOND).await;
        logs::assert_none("an unseen error behind callbacks");
        drop(end);
        let logged = logs::assert_one_error("an unseen error behind callbacks");
        assert_eq!(logged.target, "crochet::reactor");
        assert!(logged.text.contains("deferred_chain.rs"), "{}", logged.text);

        drop(unseen("an unseen error before callbacks").map(|number| number + 1));
        logs::assert_one_error("an unseen error before callbacks");
    });
}

#[test]
fn an_error_that_somebody_sees_is_not_logged() {
    logs::capture();
    on_reactor(async {
        let seen = |text: &'static str| -> Failing { Deferred::fired(Err(text)) };
        assert!(seen("a seen error of a deferred").await.is_err());
        let handled = seen("a seen error of a deferred").or_else(|_| Failing::fired(Ok(1)));
        sleep(SECOND).await;
        drop(handled);
        let (resolver, deferred) = Failing::new();
        drop(deferred);
        assert!(resolver.fail("a seen error of a deferred").is_err());
    });
    logs::assert_none("a seen error of a deferred");
}

#[test]
fn a_long_chain_needs_no_deep_stack() {
    on_reactor(async {
        let (resolver, deferred) = Deferred::<u32>::new();
        let end = (0..LONG_CHAIN).fold(deferred, |deferred, _| deferred.map(|number| number + 1));
        resolver.fire(0).expect("it is wanted");
        assert_eq!(end.await, Ok(LONG_CHAIN));
    });
}

#[test]
fn a_chain_has_fired_as_soon_as_its_last_callback_has_been_called() {
    for length in [1, 127, 128, 129, 256] {
        on_reactor(async move {
            let (resolver, deferred) = Deferred::<u32>::new();
            let end = (1..length).fold(deferred, |deferred, _| deferred.map(|number| number + 1));
            let kept: Rc<RefCell<Option<Deferred<u32>>>> = Rc::default();
            let (theirs, seen) = (Rc::clone(&kept), Rc::new(Cell::new(None)));
            let looked = Rc::clone(&seen);
            // Spawned by the last callback, so it runs after that, and before anything later.
            let end = end.map(move |number| {
                let look = async move {
                    looked.set(theirs.borrow().as_ref().map(Deferred::has_fired));
                };
                drop(spawn(look));
                number
            });
            kept.replace(Some(end));
            resolver.fire(0).expect("it is wanted");
            sleep(SECOND).await;
            assert_eq!(seen.get(), Some(true), "{length}");
        });
    }
}

/// Counts down through deferreds, each of which waits for the next.
fn count_down(from: u32, last: Failing) -> Failing {
    match from {
        0 => last,
        _ => Failing::fired(Ok(0)).and_then(move |_| count_down(from - 1, last)),
    }
}

#[test]
fn deeply_nested_chains_need_no_deep_stack() {
    on_reactor(async {
        let (resolver, last) = Failing::new();
        let end = count_down(LONG_CHAIN, last);
        call_later(SECOND, move || resolver.fire(8).expect("it is wanted"));
        assert_eq!(end.await, Ok(8));
    });
}

#[test]
fn long_and_deeply_nested_chains_are_dropped_without_a_deep_stack() {
    on_reactor(async {
        let cancelled = Rc::new(Cell::new(0));
        let count = |cancelled: &Rc<Cell<u32>>| {
            let cancelled = Rc::clone(cancelled);
            move || cancelled.set(cancelled.get() + 1)
        };
        let (_resolver, last) = Failing::with_canceller(count(&cancelled));
        let end = count_down(LONG_CHAIN, last);
        sleep(SECOND).await;
        assert!(!end.has_fired());
        drop(end);
        assert_eq!(cancelled.get(), 1);

        let trace = Trace::new();
        let (_resolver, deferred) = Deferred::<u32, Infallible>::with_canceller(count(&cancelled));
        let end = (0..LONG_CHAIN).fold(deferred, |deferred, _| {
            let value = trace.value();
            deferred.map(move |number| {
                drop(value);
                number
            })
        });
        drop(end);
        assert_eq!(cancelled.get(), 2);
        assert_eq!(trace.count(), LONG_CHAIN as usize);
    });
}

#[test]
fn the_end_of_the_reactor_drops_callbacks_and_abandons_the_chain() {
    logs::capture();
    let mut reactor = Reactor::new().expect("a reactor can be made");
    let trace = Trace::new();
    let value = trace.value();
    let (resolver, end) = reactor
        .block_on(async move {
            let (resolver, deferred) = Failing::new();
            let end = deferred.map(move |_| drop(value));
            (resolver, end)
        })
        .expect("it ends");
    assert_eq!(trace.count(), 1);
    assert!(!resolver.is_wanted());
    let ended = reactor.block_on(end);
    assert!(
        format!("{ended:?}").contains("will never fire"),
        "{ended:?}"
    );
}

#[test]
fn a_callback_may_drop_the_end_of_its_own_chain() {
    on_reactor(async {
        let kept: Rc<RefCell<Option<Failing>>> = Rc::default();
        let theirs = Rc::clone(&kept);
        let (resolver, deferred) = Failing::new();
        let (_inner_resolver, inner) = Failing::new();
        let end = deferred
            .and_then(move |_| {
                drop(theirs.take().expect("it was put there"));
                inner
            })
            .map(|_| -> u32 { unreachable!("nobody waits for it") });
        kept.replace(Some(end));
        resolver.fire(1).expect("it is wanted");
        sleep(SECOND).await;
        assert!(kept.borrow().is_none());
        assert!(!_inner_resolver.is_wanted());
    });
}
