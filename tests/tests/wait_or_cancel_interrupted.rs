//! A wait that is interrupted and takes the operation with it. One test: all waits of the process are interrupted.

use std::future;
use std::thread;

use crochet::testing::{VirtualReactor, with_reactor};
use crochet::{EventualError, interrupt_waits, run_in_reactor};
use crochet_tests::LONG;
use crochet_tests::traces::Trace;

#[test]
fn an_interrupted_wait_cancels_the_operation() {
    let reactor = VirtualReactor::start().unwrap();
    let clock = reactor.clock();
    let trace = Trace::new();
    let value = trace.value();
    let result = with_reactor(reactor.remote(), || {
        run_in_reactor(move || async move {
            let _value = value;
            future::pending::<()>().await;
        })
    });
    thread::scope(|scope| {
        let waiter = scope.spawn(|| result.wait_or_cancel(LONG));
        clock.wait_for_blocked(1);
        interrupt_waits();
        let waited = waiter.join().unwrap();
        assert!(
            matches!(waited, Err(EventualError::Interrupted)),
            "{waited:?}"
        );
    });
    assert!(matches!(result.wait(LONG), Err(EventualError::Cancelled)));
    assert_eq!(trace.count(), 1);
}
