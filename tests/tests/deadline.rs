//! Operations with a deadline, which ends them whoever waits or does not.

use std::future;
use std::thread;
use std::time::{Duration, Instant};

use crochet::testing::{VirtualReactor, with_reactor};
use crochet::{
    Budget, Deferred, EventualError, EventualResult, Reactor, WaitError, call_later, operation,
    run_in_reactor, try_wait_for,
};
use crochet_tests::executor::block_on;
use crochet_tests::hold::Flag;
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, SHORT, barrier, logs, start};

const DEADLINE: Duration = Duration::from_secs(5);
const LESS: Duration = Duration::from_millis(4_999);
const REST: Duration = Duration::from_millis(1);

#[test]
fn an_operation_is_dropped_on_the_loop_at_its_deadline_and_not_before() {
    let reactor = VirtualReactor::start().unwrap();
    let clock = reactor.clock();
    with_reactor(reactor.remote(), || {
        let loop_thread = run_in_reactor(|| async { thread::current().id() });
        let trace = Trace::new();
        let value = trace.value();
        let result = operation().deadline(DEADLINE).run(move || async move {
            let _value = value;
            future::pending::<()>().await;
        });
        clock.advance(LESS);
        assert!(!result.is_ready());
        assert_eq!(trace.count(), 0);
        clock.advance(REST);
        for _ in 0..2 {
            let waited = result.wait(Duration::ZERO);
            assert!(matches!(waited, Err(EventualError::DeadlineExceeded)));
        }
        assert_eq!(trace.threads(), [loop_thread.wait(LONG).unwrap()]);
    });
}

#[test]
fn a_timeout_of_a_wait_comes_before_the_deadline_and_is_not_terminal() {
    let reactor = VirtualReactor::start().unwrap();
    let clock = reactor.clock();
    with_reactor(reactor.remote(), || {
        let _auto = clock.auto_advance();
        let result = operation().deadline(DEADLINE).run(future::pending::<()>);
        assert!(matches!(result.wait(LESS), Err(EventualError::Timeout)));
        let waited = result.wait(LONG);
        assert!(matches!(waited, Err(EventualError::DeadlineExceeded)));
        assert_eq!(clock.now(), DEADLINE);
    });
}

#[test]
fn a_result_that_is_there_before_the_deadline_stays() {
    let reactor = VirtualReactor::start().unwrap();
    let clock = reactor.clock();
    with_reactor(reactor.remote(), || {
        let result = operation().deadline(DEADLINE).run(|| async {
            crochet::sleep(LESS).await;
            "in time"
        });
        clock.advance(LONG);
        assert_eq!(result.wait(Duration::ZERO).unwrap(), "in time");

        let failed = operation()
            .deadline(DEADLINE)
            .try_run(|| async { Err::<(), _>("failed in time") });
        clock.advance(LONG);
        let waited = failed.wait(Duration::ZERO);
        assert!(matches!(
            waited,
            Err(EventualError::Failed("failed in time"))
        ));
    });
}

#[test]
fn the_deadline_holds_when_the_handle_has_been_dropped() {
    let reactor = VirtualReactor::start().unwrap();
    let clock = reactor.clock();
    with_reactor(reactor.remote(), || {
        let trace = Trace::new();
        let value = trace.value();
        drop(operation().deadline(DEADLINE).run(move || async move {
            let _value = value;
            future::pending::<()>().await;
        }));
        clock.advance(LESS);
        assert_eq!(trace.count(), 0);
        clock.advance(REST);
        assert_eq!(trace.count(), 1);
    });
}

#[test]
fn an_operation_whose_deadline_passes_in_the_queue_never_begins() {
    let mut reactor = Reactor::new().unwrap();
    let begun = Flag::new();
    let tell = begun.clone();
    let late = with_reactor(&reactor.remote(), || {
        let make = move || async move { tell.set() };
        operation().deadline(SHORT).run(make)
    });
    // The time in the queue is the subject: nobody runs the loop meanwhile.
    let submitted = Instant::now();
    while submitted.elapsed() < SHORT {
        thread::yield_now();
    }
    reactor.turn(Budget::default()).unwrap();
    let waited = late.wait(Duration::ZERO);
    assert!(matches!(waited, Err(EventualError::DeadlineExceeded)));
    assert!(!begun.is_set());
}

#[test]
fn no_time_at_all_is_too_little_and_the_longest_time_is_no_limit() {
    start();
    let begun = Flag::new();
    let tell = begun.clone();
    let never = operation()
        .deadline(Duration::ZERO)
        .run(move || async move { tell.set() });
    let waited = never.wait(LONG);
    assert!(matches!(waited, Err(EventualError::DeadlineExceeded)));
    assert!(!begun.is_set());

    let always = operation().deadline(Duration::MAX).run(|| async { 3 });
    assert_eq!(always.wait(LONG).unwrap(), 3);
}

#[test]
fn every_way_to_get_a_result_tells_of_the_deadline() {
    start();
    let late = || {
        operation()
            .deadline(Duration::ZERO)
            .run(future::pending::<()>)
    };
    assert!(matches!(
        late().take(LONG),
        Ok(Err(EventualError::DeadlineExceeded))
    ));
    assert!(matches!(
        block_on(late()),
        Err(EventualError::DeadlineExceeded)
    ));
    assert!(matches!(
        late().wait_or_cancel(LONG),
        Err(EventualError::DeadlineExceeded)
    ));
    // To an operation that awaits it, it is what a timeout of its own would be.
    let awaited = try_wait_for(LONG, move || async move {
        late().await?;
        Ok::<(), WaitError>(())
    });
    assert!(matches!(awaited, Err(WaitError::Timeout)), "{awaited:?}");
}

#[test]
fn a_deadline_that_passes_is_not_logged_and_a_failure_before_it_is() {
    start();
    let (late, failed) = ("deadline: passed", "deadline: failed before");
    let result = operation()
        .name(late)
        .deadline(Duration::ZERO)
        .try_run(|| async { Err::<(), _>("never") });
    drop(result);
    let result = operation()
        .name(failed)
        .deadline(LONG)
        .try_run(|| async { Err::<(), _>("soon") });
    drop(result);
    barrier();
    logs::assert_none(late);
    logs::assert_one_error(failed);
}

#[test]
fn a_panic_of_what_is_dropped_at_the_deadline_reaches_the_caller() {
    struct PanicOnDrop;
    impl Drop for PanicOnDrop {
        fn drop(&mut self) {
            panic!("dropped at the deadline");
        }
    }
    start();
    let result = operation()
        .deadline(Duration::from_micros(1))
        .run(|| async {
            let _value = PanicOnDrop;
            future::pending::<()>().await;
        });
    match result.wait(LONG) {
        Err(EventualError::Panicked(panic)) => {
            assert_eq!(panic.message(), "dropped at the deadline");
        }
        // Its time was up before it began, so there was nothing to drop.
        Err(EventualError::DeadlineExceeded) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(run_in_reactor(|| async { 1 }).wait(LONG).unwrap(), 1);
}

#[run_in_reactor(deadline = 5.0)]
async fn sleeps(time: Duration) -> &'static str {
    crochet::sleep(time).await;
    "slept"
}

#[run_in_reactor(deadline = "5s")]
async fn may_fail(time: Duration) -> Result<(), String> {
    crochet::sleep(time).await;
    Err(String::from("failed"))
}

#[run_in_reactor(deadline = time * 2)]
fn fires(time: Duration, factor: u32) -> Deferred<u32> {
    let (resolver, deferred) = Deferred::new();
    call_later(time * factor, move || match resolver.fire(factor) {
        // At its deadline, nobody waits for it any more.
        Ok(()) | Err(_) => {}
    });
    deferred
}

#[test]
fn the_attribute_takes_a_deadline() {
    let reactor = VirtualReactor::start().unwrap();
    let clock = reactor.clock();
    with_reactor(reactor.remote(), || {
        let _auto = clock.auto_advance();
        assert_eq!(sleeps(LESS).wait(LONG).unwrap(), "slept");
        assert!(matches!(
            sleeps(LONG).wait(LONG),
            Err(EventualError::DeadlineExceeded)
        ));
        let result: EventualResult<(), String> = may_fail(LESS);
        assert!(matches!(result.wait(LONG), Err(EventualError::Failed(text)) if text == "failed"));
        assert!(matches!(
            may_fail(LONG).wait(LONG),
            Err(EventualError::DeadlineExceeded)
        ));
        assert_eq!(fires(DEADLINE, 1).wait(LONG).unwrap(), 1);
        assert!(matches!(
            fires(DEADLINE, 3).wait(LONG),
            Err(EventualError::DeadlineExceeded)
        ));
    });
}
