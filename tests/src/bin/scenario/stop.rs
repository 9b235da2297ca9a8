//! Stopping the process's reactor.

use std::future;
use std::thread;
use std::time::Duration;

use crochet::{EventualError, StopError, WaitError};
use crochet_tests::child::say;
use crochet_tests::hold::{Flag, Held};
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, SHORT, barrier, start, threads};

pub(crate) fn refuses_calls() {
    start();
    barrier();
    crochet::stop(LONG).expect("the reactor stops");
    threads::assert_count(1);
    crochet::stop(LONG).expect("stopping again does nothing");

    let waited = crochet::wait_for(LONG, || async { unreachable!("the reactor has stopped") });
    assert!(matches!(waited, Err::<(), _>(WaitError::Stopped)));
    let waited = crochet::wait_for_borrowed(LONG, || async {});
    assert!(matches!(waited, Err(WaitError::Stopped)));
    let result = crochet::run_in_reactor(|| async {});
    assert!(result.is_ready());
    assert!(matches!(
        result.wait(Duration::ZERO),
        Err(EventualError::Stopped)
    ));
    crochet::setup().expect("another reactor is started");
    assert_eq!(crochet::wait_for(LONG, || async { 7 }).expect("it runs"), 7);
    assert!(matches!(
        result.wait(Duration::ZERO),
        Err(EventualError::Stopped)
    ));
    say("refused");
}

pub(crate) fn wakes_waiters() {
    start();
    let trace = Trace::new();
    let begun: Vec<_> = (0..3).map(|_| Flag::new()).collect();
    let owned = {
        let (begun, value) = (begun[0].clone(), trace.value());
        thread::spawn(move || {
            crochet::wait_for(LONG, move || async move {
                let _value = value;
                begun.set();
                future::pending::<()>().await;
            })
        })
    };
    let borrowed = {
        let (begun, value) = (begun[1].clone(), trace.value());
        thread::spawn(move || {
            crochet::wait_for_borrowed(LONG, || async {
                let _value = &value;
                begun.set();
                future::pending::<()>().await;
            })
        })
    };
    let (tell, value) = (begun[2].clone(), trace.value());
    let result = crochet::run_in_reactor(move || async move {
        let _value = value;
        tell.set();
        future::pending::<()>().await;
    });
    begun.iter().for_each(Flag::spin);
    crochet::stop(LONG).expect("the reactor stops");
    assert!(matches!(owned.join(), Ok(Err(WaitError::Stopped))));
    assert!(matches!(borrowed.join(), Ok(Err(WaitError::Stopped))));
    assert!(matches!(result.wait(LONG), Err(EventualError::Stopped)));
    assert_eq!(trace.count(), 3);
    say("woken");
}

pub(crate) fn keeps_results() {
    start();
    let value = crochet::run_in_reactor(|| async { 5 });
    let failed = crochet::try_run_in_reactor(|| async { Err::<(), _>("its own error") });
    barrier();
    crochet::stop(LONG).expect("the reactor stops");
    assert_eq!(
        value
            .wait(Duration::ZERO)
            .expect("stopping takes nothing away"),
        5
    );
    let outcome = failed.wait(Duration::ZERO);
    assert!(matches!(
        outcome,
        Err(EventualError::Failed("its own error"))
    ));
    say("kept");
}

pub(crate) fn on_the_reactor() {
    start();
    let result = crochet::run_in_reactor(|| async {
        let stopped = crochet::stop(LONG);
        // An operation that asks to stop goes on to its next `.await`, or its end.
        stopped
    });
    while !result.is_ready() {
        thread::yield_now();
    }
    crochet::stop(LONG).expect("the reactor has stopped, or will");
    let stopped = result.wait(LONG).expect("stopping takes no result away");
    assert_eq!(stopped, Err(StopError::OnReactorThread));
    say("stopped");
}

pub(crate) fn blocked() {
    start();
    let held = Held::hold();
    assert_eq!(crochet::stop(SHORT), Err(StopError::Timeout));
    drop(held);
    crochet::stop(LONG).expect("the reactor stops");
    say("stopped");
}
