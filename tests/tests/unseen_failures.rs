//! Failures that nobody asks for: each is logged once.

use std::future;
use std::thread;
use std::time::Duration;

use crochet::{EventualError, EventualResult, run_in_reactor, try_run_in_reactor, wait_for};
use crochet_tests::executor::block_on;
use crochet_tests::hold::{Flag, Held};
use crochet_tests::{LONG, SHORT, barrier, logs, start};

#[derive(Clone, Copy, PartialEq, Debug)]
struct Failure(&'static str);

#[test]
fn a_failure_before_the_handle_is_dropped_is_logged_once() {
    start();
    let failure = "failed before the drop";
    let result = try_run_in_reactor(move || async move { Err::<(), _>(Failure(failure)) });
    barrier();
    logs::assert_none(failure);
    drop(result);
    let message = logs::assert_one_error(failure);
    assert_eq!(message.target, "crochet");
    assert!(
        message.text.contains(file!()),
        "it says where it was submitted: {message:?}"
    );
}

#[test]
fn a_failure_after_the_handle_is_dropped_is_logged_once() {
    start();
    let failure = "failed after the drop";
    let held = Held::hold();
    drop(try_run_in_reactor(move || async move {
        Err::<(), _>(Failure(failure))
    }));
    drop(held);
    barrier();
    logs::assert_one_error(failure);
}

#[test]
fn a_failure_after_a_wait_that_timed_out_is_logged_once() {
    start();
    let failure = "failed after a wait that timed out";
    let flag = Flag::new();
    let told = flag.clone();
    let result = try_run_in_reactor(move || async move {
        while !told.is_set() {
            crochet::sleep(Duration::from_micros(100)).await;
        }
        Err::<(), _>(Failure(failure))
    });
    assert!(matches!(result.wait(SHORT), Err(EventualError::Timeout)));
    flag.set();
    while !result.is_ready() {
        thread::yield_now();
    }
    drop(result);
    logs::assert_one_error(failure);
}

#[test]
fn a_failure_that_was_retrieved_is_not_logged() {
    start();
    let (waited, taken, awaited) = (
        "retrieved by wait",
        "retrieved by take",
        "retrieved by await",
    );
    let fail = |failure| try_run_in_reactor(move || async move { Err::<(), _>(Failure(failure)) });
    let result = fail(waited);
    assert!(matches!(result.wait(LONG), Err(EventualError::Failed(_))));
    drop(result);
    assert!(matches!(
        fail(taken).take(LONG),
        Ok(Err(EventualError::Failed(_)))
    ));
    assert!(matches!(
        block_on(fail(awaited)),
        Err(EventualError::Failed(_))
    ));
    barrier();
    for failure in [waited, taken, awaited] {
        logs::assert_none(failure);
    }
}

#[test]
fn a_cancellation_and_a_plain_timeout_are_not_logged() {
    start();
    let line = format!("{}:{}", file!(), line!() + 1);
    let result = run_in_reactor(future::pending::<()>);
    assert!(matches!(result.wait(SHORT), Err(EventualError::Timeout)));
    result.cancel();
    drop(result);
    barrier();
    logs::assert_none(&line);

    let line = format!("{}:{}", file!(), line!() + 1);
    let waited = wait_for(SHORT, future::pending::<()>);
    assert!(waited.is_err());
    barrier();
    logs::assert_none(&line);
}

#[test]
fn a_panic_that_nobody_sees_is_logged_once() {
    start();
    let before = "panicked before the drop";
    let result = run_in_reactor(move || async move { panic!("{before}") });
    barrier();
    logs::assert_none(before);
    drop::<EventualResult<()>>(result);
    let message = logs::assert_one_error(before);
    assert!(message.text.contains(file!()), "it says where: {message:?}");

    let after = "panicked after the drop";
    let held = Held::hold();
    drop::<EventualResult<()>>(run_in_reactor(move || async move { panic!("{after}") }));
    drop(held);
    barrier();
    logs::assert_one_error(after);
}

#[test]
fn a_panic_before_there_is_a_future_is_logged_with_the_place_of_its_operation() {
    start();
    let text = "panicked instead of making a future";
    let line = line!() + 1;
    let result = run_in_reactor(move || -> future::Ready<()> { panic!("{text}") });
    drop::<EventualResult<()>>(result);
    barrier();
    let message = logs::assert_one_error(text);
    let submitted = format!("the operation submitted at {}:{line} panicked", file!());
    assert!(message.text.contains(&submitted), "{message:?}");
}

#[test]
fn a_panic_that_was_seen_is_not_logged() {
    start();
    let panicked = "panicked and was seen";
    let result: EventualResult<()> = run_in_reactor(move || async move { panic!("{panicked}") });
    for _ in 0..2 {
        let Err(EventualError::Panicked(panic)) = result.wait(LONG) else {
            panic!("a panic");
        };
        assert_eq!(panic.message(), panicked);
    }
    drop(result);
    barrier();
    logs::assert_none(panicked);
}
