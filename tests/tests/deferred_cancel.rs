//! Cancelling deferreds, and time limits for them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use crochet::testing::Harness;
use crochet::{
    Cancelled, Deferred, DelayedCall, Elapsed, Resolver, call_later, sleep, spawn, timeout,
    yield_now,
};
use crochet_tests::logs;
use crochet_tests::traces::Trace;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Error {
    Cancelled,
    TimedOut,
    Own(&'static str),
}

impl From<Cancelled> for Error {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

impl From<Elapsed> for Error {
    fn from(_: Elapsed) -> Self {
        Self::TimedOut
    }
}

type Failing = Deferred<u8, Error>;

/// Runs a test on a reactor with virtual time.
fn on_reactor<T: 'static>(body: impl Future<Output = T> + 'static) -> T {
    Harness::new().block_on(body).expect("the test ends")
}

/// A deferred whose canceller fires it.
fn fired_by_canceller(result: Result<u8, Error>) -> Failing {
    let kept: Rc<RefCell<Option<Resolver<u8, Error>>>> = Rc::default();
    let theirs = Rc::clone(&kept);
    let (resolver, deferred) = Failing::with_canceller(move || {
        let resolver = theirs.take().expect("it was put there");
        let fired = match result {
            Ok(value) => resolver.fire(value).map_err(|_| ()),
            Err(error) => resolver.fail(error).map_err(|_| ()),
        };
        fired.expect("it is still waited for");
    });
    kept.replace(Some(resolver));
    deferred
}

#[test]
fn without_a_canceller_it_fails_as_cancelled_and_one_late_firing_is_swallowed() {
    on_reactor(async {
        let (resolver, deferred) = Failing::new();
        deferred.cancel();
        assert!(deferred.has_fired());
        assert!(!resolver.is_wanted());
        assert_eq!(
            resolver.fire(7),
            Err(7),
            "it is given back, and nothing else happens"
        );
        assert_eq!(deferred.await, Err(Error::Cancelled));
    });
}

#[test]
fn a_canceller_is_called_once_and_need_not_fire() {
    on_reactor(async {
        let calls = Rc::new(Cell::new(0));
        let theirs = Rc::clone(&calls);
        let (_resolver, deferred) = Failing::with_canceller(move || theirs.set(theirs.get() + 1));
        deferred.cancel();
        deferred.cancel();
        assert_eq!(calls.get(), 1);
        assert_eq!(deferred.await, Err(Error::Cancelled));
        assert_eq!(calls.get(), 1);
    });
}

#[test]
fn a_canceller_may_fire_it_with_something_else() {
    on_reactor(async {
        for result in [Ok(3), Err(Error::Own("closed"))] {
            let deferred = fired_by_canceller(result);
            deferred.cancel();
            assert_eq!(deferred.await, result);
        }
    });
}

#[test]
fn what_has_fired_is_not_cancelled() {
    on_reactor(async {
        let (resolver, deferred) = Failing::with_canceller(|| unreachable!("it has fired"));
        resolver.fire(1).expect("it is wanted");
        deferred.cancel();
        assert_eq!(deferred.await, Ok(1));

        let end = Failing::fired(Ok(1)).map(|number| number + 1);
        sleep(SECOND).await;
        end.cancel();
        assert_eq!(end.await, Ok(2));
    });
}

#[test]
fn cancelling_wakes_whoever_awaits() {
    on_reactor(async {
        let (_resolver, deferred) = Failing::new();
        let end = deferred.map(|number| number + 1);
        let shared = Rc::new(RefCell::new(end));
        let polled = Rc::clone(&shared);
        let task = spawn(std::future::poll_fn(move |cx| {
            std::pin::Pin::new(&mut *polled.borrow_mut()).poll(cx)
        }));
        sleep(SECOND).await;
        shared.borrow().cancel();
        assert_eq!(task.await.expect("no panic"), Err(Error::Cancelled));
    });
}

#[test]
fn behind_callbacks_it_is_what_they_were_added_to_that_is_cancelled() {
    on_reactor(async {
        let calls = Rc::new(Cell::new(0));
        let theirs = Rc::clone(&calls);
        let trace = Trace::new();
        let value = trace.value();
        let (resolver, deferred) = Failing::with_canceller(move || theirs.set(theirs.get() + 1));
        let end = deferred.map(move |_| -> u8 {
            let _value = value;
            unreachable!("there is no value")
        });
        end.cancel();
        assert_eq!(calls.get(), 1);
        assert!(!resolver.is_wanted());
        let recovered: Failing = end.or_else(|error| {
            assert_eq!(error, Error::Cancelled);
            Failing::fired(Ok(9))
        });
        assert_eq!(recovered.await, Ok(9), "those behind see the error");
        assert_eq!(trace.count(), 1);
    });
}

#[test]
fn a_result_of_the_canceller_takes_the_usual_way() {
    on_reactor(async {
        let end = fired_by_canceller(Err(Error::Own("closed"))).or_else(|error| {
            assert_eq!(error, Error::Own("closed"));
            Failing::fired(Ok(5))
        });
        end.cancel();
        assert_eq!(end.await, Ok(5));

        let end = fired_by_canceller(Ok(3)).map(|number| number + 1);
        end.cancel();
        assert_eq!(end.await, Ok(4));
    });
}

#[test]
fn cancelling_is_forwarded_to_the_deferred_that_a_callback_returned() {
    on_reactor(async {
        let nested = |inner: Failing| {
            let middle = Failing::fired(Ok(0)).and_then(move |_| inner);
            Failing::fired(Ok(0)).and_then(move |_| middle)
        };
        let calls = Rc::new(Cell::new(0));
        let theirs = Rc::clone(&calls);
        let (resolver, inner) = Failing::with_canceller(move || theirs.set(theirs.get() + 1));
        let end = nested(inner);
        sleep(SECOND).await;
        assert_eq!(calls.get(), 0);
        end.cancel();
        assert_eq!(calls.get(), 1);
        assert!(!resolver.is_wanted());
        assert_eq!(end.await, Err(Error::Cancelled));

        let end = nested(fired_by_canceller(Ok(4)));
        sleep(SECOND).await;
        end.cancel();
        assert_eq!(end.await, Ok(4));
    });
}

/// Work as it is usually made cancellable: the canceller takes back the call that owns the resolver.
fn called_later() -> Failing {
    let kept: Rc<Cell<Option<DelayedCall>>> = Rc::default();
    let theirs = Rc::clone(&kept);
    let (resolver, deferred) = Failing::with_canceller(move || {
        let call = theirs.take().expect("it was put there");
        call.cancel().expect("it has not been made");
    });
    kept.set(Some(call_later(SECOND * 5, move || {
        resolver.fire(7).expect("it is wanted");
    })));
    deferred
}

#[test]
fn a_canceller_that_drops_the_resolver_leaves_the_cancellation_as_the_result() {
    on_reactor(async {
        let deferred = called_later();
        deferred.cancel();
        assert_eq!(deferred.await, Err(Error::Cancelled));

        let end = called_later().map(|number| number + 1);
        end.cancel();
        assert_eq!(end.await, Err(Error::Cancelled));

        assert_eq!(called_later().timeout(SECOND).await, Err(Error::TimedOut));
        let limited = called_later().map(|number| number + 1).timeout(SECOND);
        assert_eq!(limited.await, Err(Error::TimedOut));
        assert_eq!(called_later().timeout(SECOND * 6).await, Ok(7));
    });
}

/// Makes the function of an `or_else` that recovers, and counts how often it is called with `expected`.
fn recover(
    calls: &Rc<Cell<u32>>,
    expected: Error,
) -> impl FnOnce(Error) -> Failing + use<> + 'static {
    let calls = Rc::clone(calls);
    move |error| {
        assert_eq!(error, expected);
        calls.set(calls.get() + 1);
        Failing::fired(Ok(99))
    }
}

#[test]
fn callbacks_for_errors_are_called_with_a_cancellation() {
    on_reactor(async {
        let calls = Rc::new(Cell::new(0));
        let (_resolver, source) = Failing::new();
        let end = source.or_else(recover(&calls, Error::Cancelled));
        end.cancel();
        assert_eq!((end.await, calls.get()), (Ok(99), 1));

        // Of the deferred that a callback has returned, and of what was added behind it.
        let (_inner_resolver, inner) = Failing::new();
        let inner = inner.map_err(|error| {
            assert_eq!(error, Error::Cancelled);
            Error::Own("inner")
        });
        let end = Failing::fired(Ok(1))
            .and_then(move |_| inner)
            .or_else(recover(&calls, Error::Own("inner")));
        sleep(SECOND).await;
        end.cancel();
        assert_eq!((end.await, calls.get()), (Ok(99), 2));
    });
}

#[test]
fn callbacks_for_errors_are_called_when_the_time_is_up() {
    on_reactor(async {
        let calls = Rc::new(Cell::new(0));
        let (_resolver, source) = Failing::new();
        let end = source
            .or_else(recover(&calls, Error::TimedOut))
            .timeout(SECOND);
        assert_eq!((end.await, calls.get()), (Ok(99), 1));

        let (_resolver, source) = Failing::new();
        let limited = source.timeout(SECOND);
        let end = Failing::fired(Ok(1))
            .and_then(move |_| limited)
            .or_else(recover(&calls, Error::TimedOut));
        assert_eq!((end.await, calls.get()), (Ok(99), 2));
    });
}

#[test]
fn what_is_cancelled_before_its_first_callback_is_called_fails_all_the_same() {
    on_reactor(async {
        let calls = Rc::new(Cell::new(0));
        let end = Failing::fired(Ok(1))
            .and_then(|_| unreachable!("it was cancelled before"))
            .or_else(recover(&calls, Error::Cancelled));
        end.cancel();
        assert_eq!((end.await, calls.get()), (Ok(99), 1));

        // An error that is on its way is the result.
        let end =
            Failing::fired(Err(Error::Own("first"))).or_else(recover(&calls, Error::Own("first")));
        end.cancel();
        assert_eq!((end.await, calls.get()), (Ok(99), 2));
    });
}

#[test]
fn a_deferred_that_a_callback_for_errors_returns_can_be_cancelled_in_turn() {
    on_reactor(async {
        let (_resolver, source) = Failing::new();
        let (cleaning, cleanup) = Failing::new();
        let end = source.or_else(move |_| cleanup);
        end.cancel();
        sleep(SECOND).await;
        assert!(cleaning.is_wanted() && !end.has_fired());
        end.cancel();
        assert!(!cleaning.is_wanted());
        assert_eq!(end.await, Err(Error::Cancelled));
    });
}

#[test]
fn a_cancellation_enters_where_errors_are_of_its_type() {
    on_reactor(async {
        let calls = Rc::new(Cell::new(0));
        let cancelled = Rc::new(Cell::new(0));
        let theirs = Rc::clone(&cancelled);
        let (resolver, source) = Deferred::<u8, &'static str>::with_canceller(move || {
            theirs.set(theirs.get() + 1);
        });
        let end = source
            .map(|_| unreachable!("there is no value"))
            .map_err(Error::Own)
            .map(|_: u8| unreachable!("there is no value"))
            .or_else(recover(&calls, Error::Cancelled));
        end.cancel();
        assert_eq!(cancelled.get(), 1);
        assert!(!resolver.is_wanted());
        assert_eq!((end.await, calls.get()), (Ok(99), 1));

        // The same, where a callback waits for what has other errors.
        let (_resolver, source) = Deferred::<u8, &'static str>::new();
        let inner = source.map_err(Error::Own);
        let end = Failing::fired(Ok(1))
            .and_then(move |_| inner)
            .or_else(recover(&calls, Error::Cancelled));
        sleep(SECOND).await;
        end.cancel();
        assert_eq!((end.await, calls.get()), (Ok(99), 2));
    });
}

#[test]
fn a_callback_that_cancels_its_own_chain_is_followed_by_those_for_errors() {
    on_reactor(async {
        let kept: Rc<RefCell<Option<Failing>>> = Rc::default();
        let theirs = Rc::clone(&kept);
        let calls = Rc::new(Cell::new(0));
        let (resolver, deferred) = Failing::new();
        let (unwanted, inner) = Failing::new();
        let end = deferred
            .and_then(move |_| {
                let kept = theirs.borrow();
                kept.as_ref().expect("it was put there").cancel();
                inner
            })
            .map(|_| unreachable!("there is no value"))
            .or_else(recover(&calls, Error::Cancelled));
        kept.replace(Some(end));
        resolver.fire(1).expect("it is wanted");
        sleep(SECOND).await;
        assert!(!unwanted.is_wanted(), "what it returned is dropped");
        let end = kept.take().expect("it is there");
        assert_eq!((end.await, calls.get()), (Ok(99), 1));
    });
}

#[test]
fn cancellers_that_drop_further_deferreds_need_no_deep_stack() {
    on_reactor(async {
        let (last, deferred) = Failing::new();
        let mut resolvers = Vec::new();
        let nested = (0..100_000).fold(deferred, |inner, _| {
            let (resolver, outer) = Failing::with_canceller(move || drop(inner));
            resolvers.push(resolver);
            outer
        });
        drop(nested);
        assert!(!last.is_wanted());
    });
}

#[test]
fn deep_nesting_is_cancelled_without_a_deep_stack() {
    fn count_down(from: u32, last: Failing) -> Failing {
        match from {
            0 => last,
            _ => Failing::fired(Ok(0)).and_then(move |_| count_down(from - 1, last)),
        }
    }
    on_reactor(async {
        let (resolver, last) = Failing::new();
        let end = count_down(100_000, last);
        sleep(SECOND).await;
        assert!(resolver.is_wanted());
        end.cancel();
        assert!(!resolver.is_wanted());
        assert_eq!(end.await, Err(Error::Cancelled));
    });
}

#[test]
fn an_error_that_is_on_its_way_is_not_replaced_by_a_cancellation() {
    on_reactor(async {
        let (resolver, deferred) = Failing::new();
        let inner = deferred.map(|number| number + 1);
        let end = Failing::fired(Ok(0)).and_then(move |_| inner);
        sleep(SECOND).await;
        resolver.fail(Error::Own("first")).expect("it is wanted");
        // The inner chain gets the error, and the outer one, which it wakes, comes after this task.
        yield_now().await;
        end.cancel();
        assert_eq!(end.await, Err(Error::Own("first")));
    });
}

#[test]
fn cancelling_twice_is_as_cancelling_once() {
    #[derive(PartialEq, Eq, Debug)]
    struct CancelledTwice;

    impl From<Cancelled> for CancelledTwice {
        fn from(_: Cancelled) -> Self {
            Self
        }
    }

    logs::capture();
    on_reactor(async {
        let (_resolver, deferred) = Deferred::<u8, &'static str>::new();
        // The error enters behind the last callback, the first whose errors are of its type.
        let end = deferred.map_err(|_| CancelledTwice);
        end.cancel();
        end.cancel();
        assert_eq!(end.await, Err(CancelledTwice));
        sleep(SECOND).await;
    });
    logs::assert_none("CancelledTwice");
}

#[test]
fn a_callback_that_cancels_its_own_chain_is_the_last_one() {
    logs::capture();
    on_reactor(async {
        let kept: Rc<RefCell<Option<Failing>>> = Rc::default();
        let theirs = Rc::clone(&kept);
        let (resolver, deferred) = Failing::new();
        let end = deferred.map(move |number| {
            let kept = theirs.borrow();
            kept.as_ref().expect("it was put there").cancel();
            number
        });
        kept.replace(Some(end));
        resolver.fire(1).expect("it is wanted");
        sleep(SECOND).await;
        let end = kept.take().expect("it is there");
        assert_eq!(end.await, Err(Error::Cancelled));
    });
}

#[test]
fn a_time_limit_cancels_and_tells_so() {
    on_reactor(async {
        let calls = Rc::new(Cell::new(0));
        let theirs = Rc::clone(&calls);
        let (_resolver, deferred) = Failing::with_canceller(move || theirs.set(theirs.get() + 1));
        let limited = deferred.timeout(SECOND);
        sleep(SECOND / 2).await;
        assert!(!limited.has_fired());
        sleep(SECOND).await;
        assert!(limited.has_fired(), "nobody needs to await it");
        assert_eq!(calls.get(), 1);
        assert_eq!(limited.await, Err(Error::TimedOut));
    });
}

#[test]
fn a_time_limit_that_is_not_reached_changes_nothing() {
    on_reactor(async {
        let (resolver, deferred) = Failing::with_canceller(|| unreachable!("it fires in time"));
        let limited = deferred.timeout(SECOND * 2).map(|number| number + 1);
        call_later(SECOND, move || resolver.fire(1).expect("it is wanted"));
        assert_eq!(limited.await, Ok(2));
        sleep(SECOND * 3).await;
    });
}

#[test]
fn a_time_limit_converts_only_its_own_cancellation() {
    on_reactor(async {
        let (_resolver, deferred) = Failing::new();
        let limited = deferred.timeout(SECOND * 2);
        sleep(SECOND).await;
        limited.cancel();
        assert_eq!(limited.await, Err(Error::Cancelled));

        let (_resolver, deferred) = Failing::new();
        let inner = deferred.map(|number| number + 1);
        inner.cancel();
        assert_eq!(inner.timeout(SECOND).await, Err(Error::Cancelled));

        for result in [Ok(2), Err(Error::Own("closed"))] {
            let limited = fired_by_canceller(result).timeout(SECOND);
            assert_eq!(limited.await, result, "what the canceller says is believed");
        }
    });
}

#[test]
fn the_shortest_of_nested_time_limits_holds() {
    on_reactor(async {
        let (_resolver, deferred) = Failing::new();
        let inner = deferred.timeout(SECOND).map_err(|error| {
            if error == Error::TimedOut {
                Error::Own("inner")
            } else {
                error
            }
        });
        assert_eq!(inner.timeout(SECOND * 2).await, Err(Error::Own("inner")));

        let (_resolver, deferred) = Failing::new();
        let inner = deferred.timeout(SECOND * 2);
        assert_eq!(inner.timeout(SECOND).await, Err(Error::TimedOut));
    });
}

#[test]
fn a_time_limit_covers_the_deferreds_that_callbacks_return() {
    on_reactor(async {
        let (_resolver, inner) = Failing::new();
        let limited = Failing::fired(Ok(1))
            .and_then(move |_| inner)
            .timeout(SECOND);
        assert_eq!(limited.await, Err(Error::TimedOut));
        assert!(!_resolver.is_wanted());
    });
}

#[test]
fn dropping_the_end_cancels_what_it_waits_for_once() {
    on_reactor(async {
        let calls = Rc::new(Cell::new(0));
        let theirs = Rc::clone(&calls);
        let (_resolver, deferred) = Failing::with_canceller(move || theirs.set(theirs.get() + 1));
        let end = deferred
            .map(|number| number + 1)
            .timeout(SECOND * 5)
            .map(|number| number + 1);
        assert!(timeout(SECOND, end).await.is_err());
        assert_eq!(calls.get(), 1);
        sleep(SECOND * 10).await;
        assert_eq!(calls.get(), 1);
    });
}

#[test]
fn a_canceller_that_panics_is_logged_and_the_cancellation_goes_on() {
    logs::capture();
    on_reactor(async {
        let (_resolver, deferred) =
            Failing::with_canceller(|| panic!("a canceller of a chain panics"));
        let end = deferred.map(|number| number + 1);
        end.cancel();
        assert_eq!(end.await, Err(Error::Cancelled));
    });
    logs::assert_one_error("a canceller of a chain panics");
}
