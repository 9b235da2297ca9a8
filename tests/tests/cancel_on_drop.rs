//! Handles that take their operations with them.

use std::future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crochet::{CancelOnDrop, EventualError, run_in_reactor, try_run_in_reactor};
use crochet_tests::executor::block_on;
use crochet_tests::hold::{Flag, Held};
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, SHORT, barrier, logs, start};

fn pending(trace: &Trace) -> CancelOnDrop<()> {
    let value = trace.value();
    let result = run_in_reactor(move || async move {
        let _value = value;
        future::pending::<()>().await;
    });
    barrier();
    result.cancel_on_drop()
}

#[test]
fn dropping_it_drops_the_operation_on_the_reactor() {
    start();
    let trace = Trace::new();
    let result = pending(&trace);
    assert_eq!(trace.count(), 0);
    drop(result);
    barrier();
    assert_eq!(trace.count(), 1);
}

#[test]
fn dropping_it_early_keeps_the_operation_from_beginning() {
    start();
    let held = Held::hold();
    let begun = Flag::new();
    let tell = begun.clone();
    drop(run_in_reactor(move || async move { tell.set() }).cancel_on_drop());
    drop(held);
    barrier();
    assert!(!begun.is_set());
}

#[test]
fn it_waits_and_takes_like_the_handle_in_it() {
    start();
    let result = run_in_reactor(|| async { 8 }).cancel_on_drop();
    assert_eq!(result.wait(LONG).unwrap(), 8);
    assert!(result.is_ready());
    assert!(matches!(result.take(LONG), Ok(Ok(8))));
    let result = run_in_reactor(|| async { 9 }).cancel_on_drop();
    assert_eq!(block_on(result).unwrap(), 9);
}

#[test]
fn a_take_that_times_out_gives_it_back_with_its_operation() {
    start();
    let trace = Trace::new();
    let result = pending(&trace);
    let result = result.take(SHORT).expect_err("it has not ended");
    barrier();
    assert_eq!(trace.count(), 0);
    drop(result);
    barrier();
    assert_eq!(trace.count(), 1);
}

#[test]
fn the_handle_that_is_taken_out_lets_the_operation_go_on() {
    start();
    let trace = Trace::new();
    let result = pending(&trace).into_inner();
    barrier();
    assert!(matches!(result.wait(SHORT), Err(EventualError::Timeout)));
    assert_eq!(trace.count(), 0);
    result.cancel();
}

#[test]
fn an_await_that_is_given_up_cancels() {
    start();
    let trace = Trace::new();
    {
        let mut result = pin!(pending(&trace));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(matches!(result.as_mut().poll(&mut cx), Poll::Pending));
    }
    barrier();
    assert_eq!(trace.count(), 1);
}

#[test]
fn a_failure_that_was_there_before_the_drop_is_logged_once() {
    start();
    let failure = "failed before its guard was dropped";
    let result = try_run_in_reactor(move || async move { Err::<(), _>(failure) }).cancel_on_drop();
    while !result.is_ready() {
        std::thread::yield_now();
    }
    drop(result);
    logs::assert_one_error(failure);
}

#[test]
fn a_cancellation_by_drop_is_not_logged() {
    start();
    let line = format!("{}:{}", file!(), line!() + 1);
    let result = run_in_reactor(future::pending::<()>).cancel_on_drop();
    assert!(result.wait(Duration::ZERO).is_err());
    drop(result);
    barrier();
    logs::assert_none(&line);
}
