//! Waits that take the operation with them.

use std::future;
use std::sync::Arc;
use std::time::Duration;

use crochet::{EventualError, EventualResult, run_in_reactor, try_run_in_reactor, wait_for};
use crochet_tests::hold::{Flag, Held};
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, SHORT, barrier, logs, start};

fn pending(trace: &Trace) -> EventualResult<()> {
    let value = trace.value();
    run_in_reactor(move || async move {
        let _value = value;
        future::pending::<()>().await;
    })
}

#[test]
fn a_wait_that_times_out_cancels_an_operation_that_goes_on() {
    start();
    let trace = Trace::new();
    let result = pending(&trace);
    barrier();
    let waited = result.wait_or_cancel(SHORT);
    assert!(matches!(waited, Err(EventualError::Timeout)), "{waited:?}");
    assert!(matches!(result.wait(LONG), Err(EventualError::Cancelled)));
    assert_eq!(trace.count(), 1);
}

#[test]
fn a_wait_that_times_out_revokes_an_operation_that_has_not_begun() {
    start();
    let held = Held::hold();
    let begun = Flag::new();
    let tell = begun.clone();
    let result = run_in_reactor(move || async move { tell.set() });
    let waited = result.wait_or_cancel(Duration::ZERO);
    assert!(matches!(waited, Err(EventualError::Timeout)), "{waited:?}");
    assert!(result.is_ready());
    drop(held);
    barrier();
    assert!(!begun.is_set());
}

#[test]
fn a_result_in_time_is_returned_again_and_again() {
    start();
    let result = run_in_reactor(|| async { 5 });
    assert_eq!(result.wait_or_cancel(LONG).unwrap(), 5);
    assert_eq!(result.wait_or_cancel(Duration::ZERO).unwrap(), 5);
    let failed = try_run_in_reactor(|| async { Err::<(), _>("an error") });
    for _ in 0..2 {
        let waited = failed.wait_or_cancel(LONG);
        assert!(matches!(waited, Err(EventualError::Failed("an error"))));
    }
}

#[test]
fn a_wait_that_is_refused_on_the_reactor_cancels_nothing() {
    start();
    let result = Arc::new(run_in_reactor(future::pending::<()>));
    barrier();
    let theirs = Arc::clone(&result);
    let waited = wait_for(LONG, move || async move { theirs.wait_or_cancel(LONG) });
    assert!(matches!(waited, Ok(Err(EventualError::OnReactorThread))));
    barrier();
    assert!(!result.is_ready());
    result.cancel();
}

#[test]
fn nothing_is_logged_for_it() {
    start();
    let line = format!("{}:{}", file!(), line!() + 1);
    let result = run_in_reactor(future::pending::<()>);
    assert!(result.wait_or_cancel(SHORT).is_err());
    drop(result);
    barrier();
    logs::assert_none(&line);
}
