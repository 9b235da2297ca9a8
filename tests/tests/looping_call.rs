//! Looping calls: Twisted's semantics, with Twisted's numbers, on virtual time.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::{Ready, pending, ready};
use std::rc::Rc;
use std::time::Duration;

use crochet::testing::{Harness, block_loop_for};
use crochet::{
    Completion, Deadline, Deferred, LoopingCall, LoopingError, Reactor, Resolver, StartError,
    call_later, sleep,
};
use crochet_tests::logs;
use crochet_tests::traces::Trace;

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

fn secs(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// The times at which something happened, in seconds since this was made on the loop.
#[derive(Clone)]
struct Times {
    times: Rc<RefCell<Vec<f64>>>,
    end_of_day: Deadline,
}

impl Times {
    fn new() -> Self {
        Self {
            times: Rc::default(),
            end_of_day: Deadline::after(DAY),
        }
    }

    fn note(&self) {
        let now = DAY - self.end_of_day.left();
        self.times.borrow_mut().push(now.as_secs_f64());
    }

    fn seen(&self) -> Vec<f64> {
        self.times.borrow().clone()
    }
}

/// Runs a test on a reactor with virtual time.
fn on_reactor<T: 'static>(body: impl Future<Output = T> + 'static) -> T {
    Harness::new().block_on(body).expect("the test ends")
}

/// Makes a looping call that notes its times.
fn noting(times: &Times) -> LoopingCall {
    let theirs = times.clone();
    LoopingCall::new(move || theirs.note())
}

/// Starts a looping call that notes its times, and goes on while the test does.
fn start_noting(times: &Times, interval: Duration) -> LoopingCall {
    let looping = noting(times);
    drop(looping.start(interval).expect("it was not running"));
    looping
}

/// Makes a looping call that notes its times, and whose calls take as long as `length` says, which is
/// told how many there have been.
fn taking(times: &Times, length: impl Fn(usize) -> Duration + 'static) -> LoopingCall {
    let theirs = times.clone();
    LoopingCall::of_futures(move || {
        theirs.note();
        let length = length(theirs.seen().len());
        async move {
            sleep(length).await;
            Ok(())
        }
    })
}

/// Makes a looping call that keeps the numbers it is told.
fn counting() -> (LoopingCall, Rc<RefCell<Vec<u64>>>) {
    let counts = Rc::new(RefCell::new(Vec::new()));
    let tell = Rc::clone(&counts);
    let looping = LoopingCall::with_count(move |count| tell.borrow_mut().push(count));
    (looping, counts)
}

#[test]
fn calls_come_at_once_and_then_at_every_interval() {
    on_reactor(async {
        let times = Times::new();
        let looping = start_noting(&times, SECOND);
        assert!(looping.is_running());
        sleep(secs(3.5)).await;
        assert_eq!(times.seen(), [0., 1., 2., 3.]);
    });
}

#[test]
fn the_first_call_may_come_after_the_first_interval() {
    on_reactor(async {
        let times = Times::new();
        let looping = noting(&times);
        drop(looping.start_later(SECOND).expect("it was not running"));
        sleep(secs(3.5)).await;
        assert_eq!(times.seen(), [1., 2., 3.]);
    });
}

#[test]
fn points_that_pass_while_a_call_blocks_are_skipped() {
    on_reactor(async {
        let times = Times::new();
        let theirs = times.clone();
        let looping = LoopingCall::new(move || {
            theirs.note();
            if theirs.seen().len() == 2 {
                block_loop_for(secs(2.5));
            }
        });
        drop(looping.start(SECOND).expect("it was not running"));
        sleep(secs(5.5)).await;
        assert_eq!(times.seen(), [0., 1., 4., 5.]);
    });
}

#[test]
fn a_future_is_waited_for_and_the_calls_go_on_on_the_grid() {
    on_reactor(async {
        let times = Times::new();
        let looping = taking(&times, |calls| secs(if calls == 2 { 2.5 } else { 0.25 }));
        drop(looping.start(SECOND).expect("it was not running"));
        sleep(secs(5.5)).await;
        assert_eq!(times.seen(), [0., 1., 4., 5.]);
    });
}

#[test]
fn a_call_that_ends_on_a_point_is_followed_by_one_at_the_next() {
    on_reactor(async {
        let times = Times::new();
        let looping = taking(&times, |_| SECOND);
        drop(looping.start(SECOND).expect("it was not running"));
        sleep(secs(6.5)).await;
        assert_eq!(times.seen(), [0., 2., 4., 6.]);
    });
}

#[test]
fn the_count_tells_of_the_points_since_the_call_before() {
    on_reactor(async {
        let times = Times::new();
        let theirs = times.clone();
        let counts = Rc::new(RefCell::new(Vec::new()));
        let tell = Rc::clone(&counts);
        let looping = LoopingCall::with_count(move |count| {
            theirs.note();
            tell.borrow_mut().push(count);
        });
        drop(looping.start(SECOND).expect("it was not running"));
        call_later(secs(2.5), || block_loop_for(secs(3.)));
        sleep(secs(6.5)).await;
        assert_eq!(times.seen(), [0., 1., 2., 5.5, 6.]);
        assert_eq!(*counts.borrow(), [1, 1, 1, 3, 1]);
    });
}

#[test]
fn the_count_begins_with_one_when_the_first_call_is_later() {
    on_reactor(async {
        let (looping, counts) = counting();
        drop(looping.start_later(SECOND).expect("it was not running"));
        sleep(secs(2.5)).await;
        assert_eq!(*counts.borrow(), [1, 1]);
    });
}

#[test]
fn a_future_is_told_of_the_points_that_passed_before_it() {
    on_reactor(async {
        let counts = Rc::new(RefCell::new(Vec::new()));
        let tell = Rc::clone(&counts);
        let looping: LoopingCall<Infallible> = LoopingCall::of_futures_with_count(move |count| {
            tell.borrow_mut().push(count);
            async {
                sleep(secs(2.5)).await;
                Ok(())
            }
        });
        drop(looping.start(SECOND).expect("it was not running"));
        sleep(secs(6.5)).await;
        assert_eq!(*counts.borrow(), [1, 3, 3]);
    });
}

#[test]
fn an_interval_that_is_no_binary_fraction_does_not_drift() {
    on_reactor(async {
        let (looping, counts) = counting();
        let tenth = Duration::from_millis(100);
        drop(looping.start(tenth).expect("it was not running"));
        sleep(tenth * 10_000 + tenth / 2).await;
        assert_eq!(*counts.borrow(), vec![1; 10_001]);
    });
}

#[test]
fn an_interval_of_zero_calls_once_a_turn() {
    let mut harness = Harness::new();
    let calls = Rc::new(Cell::new(0));
    let (theirs, others) = (Rc::clone(&calls), Rc::new(Cell::new(0)));
    let seen = Rc::clone(&others);
    let ended = harness.block_on(async move {
        let counted = Rc::clone(&theirs);
        let looping = LoopingCall::with_count(move |count| {
            assert_eq!(count, 1);
            counted.set(counted.get() + 1);
        });
        let completion = looping.start(Duration::ZERO).expect("it was not running");
        while theirs.get() < 100 {
            let calls = theirs.get();
            sleep(Duration::ZERO).await;
            assert!(theirs.get() <= calls + 1, "others have their turns between");
            seen.set(seen.get() + 1);
        }
        looping.stop().expect("it is running");
        completion.await
    });
    ended.expect("it ends").expect("it was stopped");
    assert!(calls.get() >= 100 && others.get() >= 99);
    assert_eq!(harness.now(), Duration::ZERO);
}

#[test]
fn stopping_between_calls_completes_it_at_once() {
    on_reactor(async {
        let times = Times::new();
        let looping = noting(&times);
        let completion = looping.start(SECOND).expect("it was not running");
        sleep(secs(1.5)).await;
        assert!(!completion.is_ended());
        looping.stop().expect("it is running");
        assert!(completion.is_ended());
        assert!(!looping.is_running());
        completion.await.expect("it was stopped");
        sleep(SECOND * 5).await;
        assert_eq!(times.seen(), [0., 1.]);
    });
}

type Step = Resolver<(), &'static str>;

/// A looping call whose calls end when the test says so, its completion, and where the resolver of
/// the present call is.
type Stepwise = (
    LoopingCall<&'static str>,
    Completion<&'static str>,
    Rc<RefCell<Option<Step>>>,
);

fn stepwise() -> Stepwise {
    let step: Rc<RefCell<Option<Step>>> = Rc::default();
    let theirs = Rc::clone(&step);
    let looping = LoopingCall::of_futures(move || {
        let (resolver, deferred) = Deferred::new();
        theirs.replace(Some(resolver));
        deferred
    });
    let completion = looping.start(SECOND).expect("it was not running");
    (looping, completion, step)
}

#[test]
fn stopping_during_a_call_completes_it_when_the_call_has_ended() {
    on_reactor(async {
        let (looping, completion, step) = stepwise();
        sleep(secs(0.5)).await;
        looping.stop().expect("it is running");
        assert!(!looping.is_running());
        assert!(!completion.is_ended());
        assert_eq!(looping.stop().map_err(|_| ()), Err(()), "once is enough");
        let again = looping.start(SECOND).map(drop);
        assert_eq!(again, Err(StartError::AlreadyRunning));
        sleep(SECOND * 3).await;
        assert!(!completion.is_ended());
        let step = step.take().expect("there was a call");
        step.fire(()).expect("it is waited for");
        completion.await.expect("it was stopped");
        drop(looping.start(SECOND).expect("it has ended"));
    });
}

#[test]
fn stopping_from_within_a_call_ends_it_with_that_call() {
    on_reactor(async {
        let itself: Rc<RefCell<Option<LoopingCall>>> = Rc::default();
        let theirs = Rc::clone(&itself);
        let calls = Rc::new(Cell::new(0));
        let count = Rc::clone(&calls);
        let looping = LoopingCall::new(move || {
            count.set(count.get() + 1);
            if count.get() == 3 {
                let itself = theirs.borrow();
                itself.as_ref().expect("it was put there").stop().unwrap();
            }
        });
        let completion = looping.start(SECOND).expect("it was not running");
        itself.replace(Some(looping));
        completion.await.expect("it was stopped");
        assert_eq!(calls.get(), 3);
        sleep(SECOND * 3).await;
        assert_eq!(calls.get(), 3);
        // Its function owns it.
        itself.take();
    });
}

#[test]
fn an_error_stops_it_and_is_its_outcome() {
    on_reactor(async {
        let calls = Rc::new(Cell::new(0));
        let count = Rc::clone(&calls);
        let looping = LoopingCall::of_futures(move || -> Ready<Result<(), &str>> {
            count.set(count.get() + 1);
            ready(if count.get() == 3 {
                Err("the third fails")
            } else {
                Ok(())
            })
        });
        let completion = looping.start(SECOND).expect("it was not running");
        let ended = completion.await;
        assert!(matches!(
            ended,
            Err(LoopingError::Failed("the third fails"))
        ));
        assert!(!looping.is_running());
        assert!(looping.stop().is_err());
        sleep(SECOND * 3).await;
        assert_eq!(calls.get(), 3);
    });
}

#[test]
fn an_error_of_a_future_stops_it() {
    on_reactor(async {
        let (looping, completion, step) = stepwise();
        sleep(SECOND).await;
        let step = step.take().expect("there was a call");
        step.fail("failed").expect("it is waited for");
        assert!(matches!(
            completion.await,
            Err(LoopingError::Failed("failed"))
        ));
        assert!(!looping.is_running());
    });
}

#[test]
fn an_error_while_it_is_stopping_is_its_outcome() {
    on_reactor(async {
        let (looping, completion, step) = stepwise();
        sleep(SECOND).await;
        looping.stop().expect("it is running");
        let step = step.take().expect("there was a call");
        step.fail("late").expect("it is waited for");
        assert!(matches!(
            completion.await,
            Err(LoopingError::Failed("late"))
        ));
    });
}

#[test]
fn a_panic_stops_it_and_is_its_outcome() {
    logs::capture();
    on_reactor(async {
        let looping = LoopingCall::new(|| panic!("a call panics and its end is awaited"));
        let completion = looping.start(SECOND).expect("it was not running");
        let Err(LoopingError::Panicked(panic)) = completion.await else {
            panic!("a panic");
        };
        assert_eq!(panic.message(), "a call panics and its end is awaited");
        assert!(!looping.is_running());
    });
    logs::assert_none("a call panics and its end is awaited");
}

#[test]
fn a_failure_that_nobody_looks_at_is_logged_once() {
    logs::capture();
    on_reactor(async {
        let failing =
            |error: &'static str| LoopingCall::of_futures(move || ready(Err::<(), _>(error)));
        drop(
            failing("dropped before it failed")
                .start(SECOND)
                .expect("it was not running"),
        );
        sleep(SECOND).await;
        logs::assert_one_error("dropped before it failed");

        let completion = failing("dropped after it failed").start(SECOND);
        let completion = completion.expect("it was not running");
        sleep(SECOND).await;
        assert!(completion.is_ended());
        drop(completion);
        logs::assert_one_error("dropped after it failed");

        let panics = LoopingCall::new(|| panic!("nobody looks at this panic of a looping call"));
        drop(panics.start(SECOND).expect("it was not running"));
        sleep(SECOND).await;
        logs::assert_one_error("nobody looks at this panic of a looping call");
    });
}

#[test]
fn it_can_be_started_again_after_a_failure_and_after_a_stop() {
    on_reactor(async {
        let times = Times::new();
        let theirs = times.clone();
        let fail = Rc::new(Cell::new(true));
        let failing = Rc::clone(&fail);
        let looping = LoopingCall::of_futures(move || {
            theirs.note();
            ready(if failing.take() {
                Err("failed")
            } else {
                Ok(())
            })
        });
        let completion = looping.start(SECOND).expect("it was not running");
        assert!(completion.await.is_err());
        sleep(secs(0.5)).await;
        let completion = looping.start(SECOND).expect("it has ended");
        sleep(secs(1.25)).await;
        looping.stop().expect("it is running");
        // In the same breath: the task of the run before is still there.
        let second = looping.start_later(SECOND * 2).expect("it has ended");
        completion.await.expect("it was stopped");
        sleep(SECOND * 3).await;
        assert!(!second.is_ended());
        assert_eq!(times.seen(), [0., 0.5, 1.5, 3.75]);
    });
}

#[test]
fn starting_it_twice_is_refused() {
    on_reactor(async {
        let looping = LoopingCall::new(|| {});
        let _completion = looping.start(SECOND).expect("it was not running");
        let again = looping.start_later(SECOND).map(drop);
        assert_eq!(again, Err(StartError::AlreadyRunning));
        assert!(looping.is_running());
    });
}

#[test]
fn what_is_not_running_can_be_neither_stopped_nor_reset() {
    let looping = LoopingCall::new(|| {});
    assert!(looping.stop().is_err());
    assert!(looping.reset().is_err());
    assert!(!looping.is_running());
}

#[test]
fn reset_anchors_the_grid_anew() {
    on_reactor(async {
        let times = Times::new();
        let looping = start_noting(&times, SECOND * 2);
        sleep(secs(3.5)).await;
        looping.reset().expect("it is running");
        sleep(secs(4.5)).await;
        assert_eq!(times.seen(), [0., 2., 5.5, 7.5]);
    });
}

#[test]
fn reset_during_a_call_moves_the_grid_and_not_the_call() {
    on_reactor(async {
        let times = Times::new();
        let looping = taking(&times, |_| secs(0.5));
        drop(looping.start(SECOND).expect("it was not running"));
        sleep(secs(1.25)).await;
        looping.reset().expect("it is running");
        sleep(SECOND * 2).await;
        assert_eq!(times.seen(), [0., 1., 2.25]);
    });
}

#[test]
fn reset_leaves_no_point_to_be_counted() {
    on_reactor(async {
        let (looping, counts) = counting();
        drop(looping.start(SECOND).expect("it was not running"));
        sleep(secs(1.5)).await;
        looping.reset().expect("it is running");
        sleep(secs(2.25)).await;
        assert_eq!(*counts.borrow(), [1, 1, 1, 1]);
    });
}

#[test]
fn dropping_the_handle_lets_it_go_on() {
    on_reactor(async {
        let times = Times::new();
        drop(start_noting(&times, SECOND));
        sleep(secs(2.5)).await;
        assert_eq!(times.seen(), [0., 1., 2.]);
    });
}

#[test]
fn a_looping_call_that_is_stopped_and_dropped_drops_its_function() {
    on_reactor(async {
        let trace = Trace::new();
        let value = trace.value();
        let looping = LoopingCall::new(move || drop(value.another()));
        let completion = looping.start_later(SECOND).expect("it was not running");
        looping.stop().expect("it is running");
        drop(looping);
        completion.await.expect("it was stopped");
        sleep(Duration::ZERO).await;
        assert_eq!(trace.count(), 1);
    });
}

#[test]
fn the_end_of_the_reactor_ends_it_and_drops_the_call_that_is_going_on() {
    let mut reactor = Reactor::new().expect("a reactor can be made");
    let trace = Trace::new();
    let value = trace.value();
    let (looping, completion) = reactor
        .block_on(async move {
            let looping: LoopingCall<Infallible> = LoopingCall::of_futures(move || {
                let value = value.another();
                async move {
                    let _value = value;
                    pending().await
                }
            });
            let completion = looping.start(Duration::from_secs(3600)).unwrap();
            sleep(Duration::from_millis(1)).await;
            (looping, completion)
        })
        .expect("it ends");
    assert_eq!(trace.count(), 1, "the call has been dropped");
    assert!(!looping.is_running());
    let ended = reactor.block_on(completion).expect("it has ended");
    assert!(matches!(ended, Err(LoopingError::ReactorStopped)));
    drop(looping);
    assert_eq!(trace.count(), 2);
}
