//! Blocking calls that borrow from the caller: nothing of the operation is left when they return.

use std::future;
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use crochet::{WaitError, wait_for, wait_for_borrowed};
use crochet_reactor::{BlockingError, Label};
use crochet_tests::hold::{Flag, Held};
use crochet_tests::host::Host;
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, SHORT, barrier, logs, start};

/// Computes for longer than a call waits, so that the call's time is up meanwhile.
fn outlast_the_call() {
    let begun = Instant::now();
    while begun.elapsed() < 3 * SHORT {
        thread::yield_now();
    }
}

#[wait_for(timeout = 60.0)]
async fn append(to: &mut Vec<String>, text: &str) {
    crochet::sleep(Duration::from_millis(1)).await;
    to.push(text.to_owned());
}

#[test]
fn an_operation_writes_to_the_callers_values() {
    start();
    let mut list = Vec::new();
    let text = String::from("borrowed");
    append(&mut list, &text).unwrap();
    let mut count = 0;
    wait_for_borrowed(LONG, || async { count += list.len() }).unwrap();
    assert_eq!((count, list), (1, vec![text]));
}

#[test]
fn a_timeout_while_queued_returns_at_once_and_the_operation_never_starts() {
    start();
    let held = Held::hold();
    let mut begun = false;
    let trace = Trace::new();
    let value = trace.value();
    let waited = wait_for_borrowed(SHORT, || {
        begun = true;
        drop(value);
        future::ready(())
    });
    // The loop is busy still: the call did not wait for it.
    assert!(matches!(waited, Err(WaitError::Timeout)));
    assert_eq!(trace.threads(), [thread::current().id()]);
    drop(held);
    barrier();
    assert!(!begun);
}

#[test]
fn a_timeout_while_suspended_returns_when_the_operation_has_been_dropped() {
    start();
    let reactor = wait_for(LONG, || async { thread::current().id() }).unwrap();
    let trace = Trace::new();
    let mut begun = false;
    // A busy machine may revoke the call before it has begun.
    while !begun {
        let before = trace.count();
        let called = Instant::now();
        let waited = wait_for_borrowed(SHORT, || async {
            let _value = trace.value();
            begun = true;
            future::pending::<()>().await;
        });
        assert!(matches!(waited, Err(WaitError::Timeout)));
        assert!(called.elapsed() >= SHORT, "never early");
        assert_eq!(trace.count(), before + usize::from(begun));
    }
    assert_eq!(trace.threads(), [reactor]);
}

#[test]
fn a_timeout_while_being_polled_returns_when_the_loop_has_dropped_the_operation() {
    start();
    let mut progress = Vec::new();
    while progress.is_empty() {
        let waited = wait_for_borrowed(SHORT, || async {
            progress.push("begun");
            outlast_the_call();
            progress.push("computed");
            future::pending::<()>().await;
        });
        assert!(matches!(waited, Err(WaitError::Timeout)));
    }
    assert_eq!(progress, ["begun", "computed"]);
}

#[test]
fn a_result_that_comes_while_the_call_waits_to_give_up_is_returned() {
    start();
    let mut begun = false;
    let mut waited = Err(WaitError::Timeout);
    while !begun {
        waited = wait_for_borrowed(SHORT, || async {
            begun = true;
            outlast_the_call();
            5
        });
    }
    assert_eq!(waited.unwrap(), 5);
}

#[test]
fn a_panic_that_comes_while_the_call_waits_to_give_up_does_not_vanish() {
    start();
    let mut begun = false;
    let mut waited = Ok(());
    while !begun {
        waited = wait_for_borrowed(SHORT, || async {
            begun = true;
            outlast_the_call();
            panic!("too late");
        });
    }
    let Err(WaitError::Panicked(panic)) = waited else {
        panic!("a panic: {waited:?}");
    };
    assert_eq!(panic.message(), "too late");
}

#[test]
fn a_panic_of_the_operation_leaves_nothing_behind() {
    start();
    let trace = Trace::new();
    let waited: Result<(), _> = wait_for_borrowed(LONG, || async {
        let _value = trace.value();
        crochet::sleep(Duration::ZERO).await;
        panic!("on purpose");
    });
    assert!(matches!(waited, Err(WaitError::Panicked(_))));
    assert_eq!(trace.count(), 1);
}

struct PanicOnDrop<'a>(&'a str);

impl Drop for PanicOnDrop<'_> {
    fn drop(&mut self) {
        panic!("{}", self.0);
    }
}

#[test]
fn a_panic_of_a_cancelled_operations_destructor_is_logged() {
    start();
    let text = String::from("the destructor of a cancelled operation panics on purpose");
    let mut begun = false;
    while !begun {
        let waited = wait_for_borrowed(SHORT, || async {
            let _value = PanicOnDrop(&text);
            begun = true;
            future::pending::<()>().await;
        });
        assert!(matches!(waited, Err(WaitError::Timeout)));
    }
    logs::assert_one_error(&text);
    barrier();
}

#[test]
fn a_panic_of_a_finished_operations_destructor_does_not_take_its_value_away() {
    start();
    let text = String::from("the destructor of a finished operation panics on purpose");
    let value = wait_for_borrowed(LONG, || {
        let value = PanicOnDrop(&text);
        future::poll_fn(move |_cx| {
            let value = &value;
            Poll::Ready(value.0.len())
        })
    });
    assert_eq!(value.unwrap(), text.len());
    logs::assert_one_error(&text);
}

#[test]
fn a_panic_of_a_revoked_calls_destructor_is_logged() {
    start();
    let held = Held::hold();
    let text = String::from("the destructor of a revoked call panics on purpose");
    let value = PanicOnDrop(&text);
    let called = wait_for_borrowed(SHORT, || {
        let value = value;
        future::ready(value.0.len())
    });
    assert!(matches!(called, Err(WaitError::Timeout)));
    logs::assert_one_error(&text);
    drop(held);
    barrier();
}

#[test]
fn a_stop_during_the_call_ends_it_with_nothing_left() {
    for _ in 0..20 {
        let host = Host::new();
        let (begun, trace) = (Flag::new(), Trace::new());
        thread::scope(|scope| {
            scope.spawn(|| {
                begun.spin();
                host.remote().stop();
            });
            let waited = host.remote().call_borrowed(Label::here(), LONG, || async {
                let _value = trace.value();
                begun.set();
                future::pending::<()>().await;
            });
            assert!(matches!(waited, Err(BlockingError::Stopped)));
            assert_eq!(trace.count(), 1);
        });
    }
}

#[test]
fn a_stop_that_races_with_the_call_ends_it_with_nothing_left() {
    for _ in 0..200 {
        let host = Host::new();
        let trace = Trace::new();
        thread::scope(|scope| {
            scope.spawn(|| host.remote().stop());
            let value = trace.value();
            let waited = host.remote().call_borrowed(Label::here(), LONG, || async {
                let _value = (value, &trace);
                future::pending::<()>().await;
            });
            assert!(matches!(waited, Err(BlockingError::Stopped)));
            assert_eq!(trace.count(), 1);
        });
    }
}

#[test]
fn a_waker_may_outlive_the_call_and_what_it_borrowed() {
    start();
    let kept: Mutex<Option<Waker>> = Mutex::new(None);
    let keep = |waker: &Waker| {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(waker.clone());
    };
    {
        let borrowed = Trace::new();
        let value = wait_for_borrowed(LONG, || {
            let mut asked = false;
            let value = borrowed.value();
            future::poll_fn(move |cx| {
                keep(cx.waker());
                let _value = &value;
                if mem::replace(&mut asked, true) {
                    return Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            })
        });
        value.unwrap();
        assert_eq!(borrowed.count(), 1);
    }
    let waker = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    let waker = waker.expect("it was kept");
    let copy = waker.clone();
    waker.wake_by_ref();
    copy.wake();
    barrier();
    drop(waker);
}

#[test]
fn calls_that_time_out_while_they_begin_and_end_leave_nothing_behind() {
    start();
    thread::scope(|scope| {
        for caller in 0..4 {
            scope.spawn(move || {
                let trace = Trace::new();
                for round in 0..500_u64 {
                    let timeout = Duration::from_micros(round % 97);
                    let mut seen = 0;
                    let value = trace.value();
                    let waited = wait_for_borrowed(timeout, || async {
                        let _value = value;
                        seen += 1;
                        if round % 3 == caller % 3 {
                            crochet::sleep(Duration::from_micros(50)).await;
                        }
                        seen += 1;
                    });
                    // Whatever came of it, it is over: the values are the caller's alone again.
                    assert_eq!(trace.count() as u64, round + 1);
                    if waited.is_ok() {
                        assert_eq!(seen, 2);
                    }
                }
            });
        }
    });
}
