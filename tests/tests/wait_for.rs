//! Blocking calls that own what they use: results, errors, panics, timeouts.

use std::future;
use std::io;
use std::mem;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use crochet::{Deferred, Resolver, WaitError, call_later, wait_for};
use crochet_tests::hold::{Flag, Held};
use crochet_tests::host::Host;
use crochet_tests::operations::submit;
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, SHORT, barrier, logs, start};

#[test]
fn the_value_comes_back_from_the_reactors_thread() {
    start();
    let (x, place) = wait_for(LONG, || async { (42, thread::current().id()) }).unwrap();
    assert_eq!(x, 42);
    assert_ne!(place, thread::current().id());
}

#[test]
fn a_value_that_comes_later_comes_back() {
    start();
    let waited = wait_for(LONG, || async {
        crochet::sleep(Duration::from_millis(1)).await;
        String::from("later")
    });
    assert_eq!(waited.unwrap(), "later");
}

#[test]
fn many_threads_call_at_once() {
    start();
    let callers: Vec<_> = (0..16)
        .map(|caller| {
            thread::spawn(move || {
                for x in 0..100 {
                    let sum = wait_for(LONG, move || async move { caller + x }).unwrap();
                    assert_eq!(sum, caller + x);
                }
            })
        })
        .collect();
    for caller in callers {
        caller.join().expect("every call has its own result");
    }
}

#[derive(PartialEq, Debug)]
enum Refusal {
    Own(u8),
    Wait(String),
}

impl From<WaitError> for Refusal {
    fn from(error: WaitError) -> Self {
        Self::Wait(error.to_string())
    }
}

#[test]
fn the_operations_own_error_comes_back() {
    start();
    let waited: Result<(), _> =
        crochet::try_wait_for(LONG, || async { Err::<(), _>(Refusal::Own(3)) });
    assert_eq!(waited, Err(Refusal::Own(3)));
}

#[test]
fn an_error_of_the_wait_becomes_the_operations_own() {
    start();
    let waited = crochet::try_wait_for(SHORT, future::pending::<Result<(), Refusal>>);
    let expected = Refusal::Wait(WaitError::Timeout.to_string());
    assert_eq!(waited, Err(expected));

    let waited = crochet::try_wait_for(SHORT, future::pending::<io::Result<()>>);
    assert_eq!(waited.unwrap_err().kind(), io::ErrorKind::TimedOut);
}

#[wait_for(timeout = 60.0)]
async fn panics(what: String) -> Result<(), WaitError> {
    panic!("cannot {what}")
}

#[test]
fn a_panic_comes_back_with_its_message_file_and_line() {
    start();
    let here = line!();
    let waited: Result<(), _> = wait_for(LONG, || async { panic!("{} is odd", 7) });
    let Err(WaitError::Panicked(panic)) = waited else {
        panic!("a panic: {waited:?}");
    };
    assert_eq!(panic.message(), "7 is odd");
    assert_eq!(panic.file(), Some(file!()));
    assert_eq!(panic.line(), Some(here + 1));

    let Err(WaitError::Panicked(panic)) = panics(String::from("do it")) else {
        panic!("a panic");
    };
    assert_eq!(panic.message(), "cannot do it");
    // It was handed over, so it is not a failure that nobody has seen.
    logs::assert_none("cannot do it");
}

#[test]
fn a_panic_before_the_future_is_made_comes_back() {
    start();
    let waited = wait_for(LONG, || -> future::Ready<()> { panic!("no future") });
    let Err(WaitError::Panicked(panic)) = waited else {
        panic!("a panic: {waited:?}");
    };
    assert_eq!(panic.message(), "no future");
}

#[test]
fn a_panic_that_is_passed_on_without_the_hook_is_not_given_the_place_of_another() {
    start();
    let waited: Result<(), _> = wait_for(LONG, || async {
        let handled = std::panic::catch_unwind(|| panic!("handled by the operation itself"));
        assert!(handled.is_err());
    });
    waited.expect("the operation handled its panic");
    let waited: Result<(), _> = wait_for(LONG, || async {
        std::panic::resume_unwind(Box::new("passed on"));
    });
    let Err(WaitError::Panicked(panic)) = waited else {
        panic!("a panic: {waited:?}");
    };
    assert_eq!((panic.message(), panic.line()), ("passed on", None));
}

#[test]
fn the_reactor_goes_on_after_a_panic() {
    start();
    for _ in 0..100 {
        let waited: Result<(), _> = wait_for(LONG, || async { panic!("again") });
        assert!(matches!(waited, Err(WaitError::Panicked(_))));
    }
    barrier();
}

#[test]
fn a_timeout_cancels_the_operation_on_the_reactors_thread() {
    start();
    let trace = Trace::new();
    let value = trace.value();
    let begun = Flag::new();
    let tell = begun.clone();
    let called = Instant::now();
    let waited = wait_for(SHORT, move || async move {
        let _value = value;
        tell.set();
        future::pending::<()>().await;
    });
    assert!(matches!(waited, Err(WaitError::Timeout)));
    assert!(called.elapsed() >= SHORT, "never early");
    // What the loop is told to drop, it drops before it does what is submitted later.
    let reactor = wait_for(LONG, || async { thread::current().id() }).unwrap();
    if begun.is_set() {
        assert_eq!(trace.threads(), [reactor]);
    } else {
        assert_eq!(trace.count(), 1, "revoked before it began");
    }
}

#[test]
fn a_zero_timeout_cancels_the_operation() {
    start();
    let trace = Trace::new();
    let value = trace.value();
    let waited = wait_for(Duration::ZERO, move || async move {
        let _value = value;
        future::pending::<()>().await;
    });
    assert!(matches!(waited, Err(WaitError::Timeout)));
    barrier();
    assert_eq!(trace.count(), 1);
}

#[test]
fn an_endless_timeout_is_no_overflow() {
    start();
    assert_eq!(wait_for(Duration::MAX, || async { 1 }).unwrap(), 1);
    let waited = crochet::wait_for_borrowed(Duration::MAX, || async {
        let nap = crochet::timeout(Duration::MAX, crochet::sleep(SHORT));
        nap.await.expect("the nap is shorter");
    });
    waited.unwrap();
}

#[test]
fn an_operation_queued_past_its_timeout_never_starts() {
    start();
    let held = Held::hold();
    let (made, trace) = (Flag::new(), Trace::new());
    let (tell, value) = (made.clone(), trace.value());
    let waited = wait_for(SHORT, move || {
        tell.set();
        drop(value);
        future::ready(())
    });
    // It returned although the loop is busy still, and left nothing in the queue.
    assert!(matches!(waited, Err(WaitError::Timeout)));
    assert_eq!(trace.threads(), [thread::current().id()]);
    drop(held);
    barrier();
    assert!(!made.is_set());
}

#[test]
fn a_call_with_owned_values_leaves_a_busy_operation_behind() {
    start();
    let (begun, release, trace) = (Flag::new(), Flag::new(), Trace::new());
    let mut calls = 0;
    // A busy machine may revoke the call before it has begun.
    while !begun.is_set() {
        let (tell, told, value) = (begun.clone(), release.clone(), trace.value());
        let waited = wait_for(SHORT, move || async move {
            let _value = value;
            tell.set();
            told.spin();
        });
        // An operation that has begun computes until it is released below.
        assert!(matches!(waited, Err(WaitError::Timeout)));
        calls += 1;
    }
    assert_eq!(trace.count(), calls - 1);
    release.set();
    barrier();
    assert_eq!(trace.count(), calls);
}

#[test]
fn a_call_on_the_reactors_thread_is_refused_before_anything_is_submitted() {
    start();
    let begun = Flag::new();
    let (owned, borrowed) = (begun.clone(), begun.clone());
    let (first, second) = wait_for(LONG, || async move {
        let first = wait_for(LONG, move || async move { owned.set() });
        let second = crochet::wait_for_borrowed(LONG, || async { borrowed.set() });
        (first, second)
    })
    .unwrap();
    assert!(matches!(first, Err(WaitError::OnReactorThread)));
    assert!(matches!(second, Err(WaitError::OnReactorThread)));
    barrier();
    assert!(!begun.is_set());
}

#[test]
fn a_call_on_the_thread_of_another_reactor_is_refused_as_well() {
    start();
    let host = Host::new();
    let begun = Flag::new();
    let tell = begun.clone();
    let calls = submit(host.remote(), move || {
        for _ in 0..200 {
            let tell = tell.clone();
            let waited = wait_for(LONG, move || async move { tell.set() });
            assert!(matches!(waited, Err(WaitError::OnReactorThread)));
        }
    });
    calls.wait(LONG).unwrap();
    assert!(matches!(calls.peek(), Some(Ok(()))));
    barrier();
    assert!(!begun.is_set());
}

#[test]
fn a_waker_may_outlive_its_operation() {
    start();
    let (tell, told) = mpsc::channel();
    wait_for(LONG, move || {
        let mut asked = false;
        future::poll_fn(move |cx| {
            tell.send(cx.waker().clone()).expect("the test listens");
            if mem::replace(&mut asked, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    })
    .unwrap();
    for waker in told {
        let copy = waker.clone();
        waker.wake_by_ref();
        copy.wake();
        barrier();
    }
}

#[test]
fn an_operation_may_be_woken_from_any_thread() {
    start();
    for _ in 0..100 {
        let done = Flag::new();
        wait_for(LONG, move || {
            let mut asked = false;
            future::poll_fn(move |cx| {
                if done.is_set() {
                    return Poll::Ready(());
                }
                if !mem::replace(&mut asked, true) {
                    let (tell, waker) = (done.clone(), cx.waker().clone());
                    thread::spawn(move || {
                        tell.set();
                        waker.wake();
                    });
                }
                Poll::Pending
            })
        })
        .unwrap();
    }
}

#[wait_for(timeout = 60.0)]
fn deferred(make: impl FnOnce(Resolver<u8, Refusal>) + Send + 'static) -> Deferred<u8, Refusal> {
    let (resolver, deferred) = Deferred::new();
    make(resolver);
    deferred
}

#[test]
fn a_deferred_is_unwrapped() {
    start();
    let at_once = deferred(|resolver| resolver.fire(1).expect("it is waited for"));
    assert_eq!(at_once, Ok(1));
    let later = deferred(|resolver| {
        call_later(Duration::from_millis(1), move || {
            resolver.fire(2).expect("it is waited for");
        });
    });
    assert_eq!(later, Ok(2));
    let failed = deferred(|resolver| {
        call_later(Duration::ZERO, move || {
            resolver.fail(Refusal::Own(3)).expect("it is waited for");
        });
    });
    assert_eq!(failed, Err(Refusal::Own(3)));
}

#[test]
fn an_abandoned_deferred_ends_the_call_at_once() {
    start();
    let Err(Refusal::Wait(message)) = deferred(drop) else {
        panic!("an error");
    };
    assert!(message.contains("will never fire"), "{message}");
}

#[wait_for(timeout = "10ms")]
fn cancellable(cancelled: Flag, keep: Flag) -> Deferred<u8> {
    let (resolver, deferred) = Deferred::with_canceller(move || {
        assert!(crochet::is_reactor_thread());
        cancelled.set();
    });
    // Its own end is far away: the timeout is the caller's.
    call_later(LONG, move || {
        keep.set();
        drop(resolver);
    });
    deferred
}

#[test]
fn a_timeout_calls_the_canceller_of_a_deferred() {
    start();
    let (cancelled, fired) = (Flag::new(), Flag::new());
    // A busy machine may revoke the call before it has begun; then there is nothing to cancel.
    while !cancelled.is_set() {
        let waited = cancellable(cancelled.clone(), fired.clone());
        assert!(matches!(waited, Err(WaitError::Timeout)));
        barrier();
    }
    assert!(!fired.is_set());
}
