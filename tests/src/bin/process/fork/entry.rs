//! A child's calls, which are all refused.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crochet::{
    EventualError, EventualResult, JoinError, NotOnReactor, PoolError, RetrieveError, StopError,
    WaitError,
};
use crochet::{run_in_reactor, wait_for};
use crochet_tests::LONG;
use crochet_tests::child::say;

use super::{assert_forked, assert_works, refused_at_once, setup};

#[wait_for(timeout = 60)]
async fn owned() -> Result<u8, WaitError> {
    unreachable!("no reactor")
}

#[wait_for(timeout = 60)]
async fn borrowed(name: &str) -> Result<usize, WaitError> {
    unreachable!("no reactor for {name}")
}

#[wait_for(timeout = 60)]
fn plain(name: &str) -> usize {
    unreachable!("no reactor for {name}")
}

#[run_in_reactor]
async fn background() -> u8 {
    unreachable!("no reactor")
}

#[run_in_reactor(deadline = 60)]
async fn limited() -> Result<u8, &'static str> {
    unreachable!("no reactor")
}

pub(crate) fn refuses_at_every_entry_point() {
    setup();
    let stashed = crochet::run_in_reactor(|| async { 4 }).stash();
    refused_at_once(|| {
        assert!(!crochet::is_reactor_thread());
        refuses_calls();
        refuses_operations();
        refuses_jobs();
        refuses_what_needs_the_loop();
        assert!(matches!(
            crochet::retrieve_result::<i32, Infallible>(stashed),
            Err(RetrieveError::Unknown)
        ));
        assert!(matches!(crochet::stop(LONG), Err(StopError::NotSetUp)));
        assert!(matches!(crochet::drain(LONG), Err(StopError::NotSetUp)));
        crochet::interrupt_waits();
    });
    assert_works();
    let kept = crochet::retrieve_result::<i32, Infallible>(stashed).expect("the parent's");
    assert_eq!(kept.wait(LONG).expect("a value"), 4);
    say("refused");
}

fn refuses_calls() {
    assert_forked::<()>(crochet::wait_for(LONG, || async {
        unreachable!("no reactor")
    }));
    assert_forked(crochet::wait_for_borrowed(LONG, || async {}));
    assert_forked(crochet::try_wait_for(LONG, || async {
        Ok::<(), WaitError>(())
    }));
    assert_forked(crochet::blocking_call_from_thread(LONG, || async {}));
    assert_forked(crochet::remote().map(drop));
    assert_forked(owned());
    assert_forked(borrowed("a child"));
    assert_forked(plain("a child"));
}

fn refuses_operations() {
    assert_refused(|| crochet::run_in_reactor(|| async {}));
    assert_refused(|| crochet::try_run_in_reactor(|| async { Err::<(), _>("unseen") }));
    assert_refused(|| crochet::operation().run(|| async {}));
    assert_refused(|| {
        let operation = crochet::operation().name("refused").deadline(LONG);
        operation.try_run(|| async { Err::<(), _>("unseen") })
    });
    assert_refused(background);
    assert_refused(limited);
    assert_refused(|| {
        let (setter, result) = EventualResult::<u8, &str>::pair();
        assert!(!setter.is_wanted());
        assert_eq!(setter.set(Ok(1)), Err(Ok(1)));
        result
    });
}

/// Asserts that a result has ended as forked, by each of the ways to ask it.
#[track_caller]
fn assert_refused<T, E>(make: impl Fn() -> EventualResult<T, E>)
where
    T: Clone + fmt::Debug + Send + 'static,
    E: Clone + fmt::Debug + Send + 'static,
{
    let result = make();
    assert!(result.is_ready());
    result.cancel();
    let waited = [result.wait(LONG), result.wait_or_cancel(LONG)];
    for waited in waited {
        assert!(matches!(waited, Err(EventualError::Forked)), "{waited:?}");
    }
    let failure = result.original_failure().expect("it has failed");
    assert!(matches!(failure.cause(), EventualError::Forked));
    assert!(matches!(result.take(LONG), Ok(Err(EventualError::Forked))));
    let polled = poll_once(make());
    assert!(matches!(polled, Poll::Ready(Err(EventualError::Forked))));
    drop(make().cancel_on_drop());
    let stashed = crochet::retrieve_result::<T, E>(make().stash()).expect("the child's own");
    assert!(matches!(stashed.wait(LONG), Err(EventualError::Forked)));
}

fn refuses_jobs() {
    assert_forked(crochet::thread_pool().map(drop));
    let job = poll_once(crochet::defer_to_thread(|| unreachable!("no pool")));
    assert!(matches!(job, Poll::Ready(Err::<(), _>(JoinError::Forked))));
    let called = crochet::call_in_thread(|| unreachable!("no pool"));
    assert_eq!(called, Err(PoolError::Forked));
    let read = poll_once(crochet::fs::metadata("/"));
    let Poll::Ready(Err(error)) = read else {
        panic!("nothing reads files here");
    };
    let cause = error
        .get_ref()
        .and_then(|cause| cause.downcast_ref::<JoinError>());
    assert!(
        matches!(cause, Some(JoinError::Refused(PoolError::NoReactor))),
        "{error:?}"
    );
}

/// What belongs on a reactor finds none, as on any other thread that runs none.
fn refuses_what_needs_the_loop() {
    let calls: [fn(); 6] = [
        || drop(crochet::spawn(async {})),
        || drop(crochet::sleep(LONG)),
        || drop(crochet::timeout(LONG, async {})),
        || drop(crochet::call_later(LONG, || {})),
        || drop(crochet::interval(LONG)),
        || drop(crochet::Deadline::after(LONG)),
    ];
    for call in calls {
        assert_eq!(message_of(call), NotOnReactor.to_string());
    }
}

/// Returns the message of the panic that a call ends with, which is not printed.
pub(super) fn message_of(call: impl FnOnce()) -> String {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let called = panic::catch_unwind(AssertUnwindSafe(call));
    panic::set_hook(hook);
    let panic = called.expect_err("the call is refused");
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(other) => (*other.downcast::<&str>().expect("a panic has a message")).to_owned(),
    }
}

/// Polls a future once.
pub(super) fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future)
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
}
