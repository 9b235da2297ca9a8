//! Blocking code on virtual time: hours pass at once, and only when a test says so.

use std::future;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crochet::testing::{Harness, VirtualReactor, with_reactor};
use crochet::{EventualError, EventualResult, Phase, Reactor, WaitError, run_in_reactor, wait_for};
use crochet_reactor::{BlockingError, SubmitError};

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);
const MICROSECOND: Duration = Duration::from_micros(1);

fn start() -> VirtualReactor {
    VirtualReactor::start().expect("a thread can be started")
}

/// Notes that it has been dropped.
struct Dropped(Arc<Mutex<bool>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        *self.0.lock().unwrap() = true;
    }
}

#[wait_for(timeout = 3600.0)]
async fn wait_for_ever(dropped: Dropped) -> Result<(), WaitError> {
    let _dropped = dropped;
    future::pending().await
}

#[wait_for(timeout = 3600.0)]
async fn sleep_within_an_hour(length: Duration) -> Result<&'static str, WaitError> {
    crochet::sleep(length).await;
    Ok("slept")
}

#[run_in_reactor]
async fn sleep_in_the_background(length: Duration) -> &'static str {
    crochet::sleep(length).await;
    "slept"
}

#[test]
fn a_timeout_of_an_hour_comes_after_an_hour_and_not_before() {
    let reactor = start();
    let clock = reactor.clock();
    let dropped = Arc::new(Mutex::new(false));
    let body = Dropped(Arc::clone(&dropped));
    thread::scope(|scope| {
        let caller = scope.spawn(|| with_reactor(reactor.remote(), || wait_for_ever(body)));
        clock.wait_for_blocked(1);
        clock.advance(HOUR - MICROSECOND);
        assert_eq!(clock.blocked(), 1, "not before");
        assert!(!caller.is_finished());

        clock.advance(MICROSECOND);
        assert_eq!(clock.blocked(), 0);
        assert!(matches!(caller.join().unwrap(), Err(WaitError::Timeout)));
    });
    assert_eq!(clock.now(), HOUR);
    clock.advance(Duration::ZERO);
    assert!(*dropped.lock().unwrap(), "the operation was cancelled");
}

#[test]
fn every_kind_of_wait_is_in_virtual_time() {
    fn wait_in_each_way(result: EventualResult<()>) {
        assert!(matches!(result.wait(HOUR), Err(EventualError::Timeout)));
        assert!(result.take(HOUR).is_err());
        let waited = crochet::wait_for(HOUR, future::pending::<()>);
        assert!(matches!(waited, Err(WaitError::Timeout)));
        let mut borrowed = 0;
        let waited = crochet::wait_for_borrowed(HOUR, async || {
            borrowed += 1;
            future::pending::<()>().await;
        });
        assert!(matches!(waited, Err(WaitError::Timeout)));
        assert_eq!(borrowed, 1);
    }

    let reactor = start();
    let clock = reactor.clock();
    thread::scope(|scope| {
        let caller = scope.spawn(|| {
            with_reactor(reactor.remote(), || {
                wait_in_each_way(run_in_reactor(future::pending::<()>));
            });
        });
        for waits in 1..=4 {
            clock.wait_for_blocked(1);
            clock.advance(HOUR);
            assert_eq!(clock.now(), HOUR * waits);
        }
        caller.join().expect("each wait has timed out");
    });
}

#[test]
fn an_operation_that_ends_when_the_timeout_does_has_ended_in_time() {
    let reactor = start();
    let clock = reactor.clock();
    thread::scope(|scope| {
        let in_time = scope.spawn(|| with_reactor(reactor.remote(), || sleep_within_an_hour(HOUR)));
        let too_late = scope.spawn(|| {
            with_reactor(reactor.remote(), || {
                sleep_within_an_hour(HOUR + MICROSECOND)
            })
        });
        clock.wait_for_blocked(2);
        clock.advance(HOUR);
        assert_eq!(in_time.join().unwrap().unwrap(), "slept");
        assert!(matches!(too_late.join().unwrap(), Err(WaitError::Timeout)));
    });
}

#[test]
fn a_wait_shorter_than_the_resolution_is_rounded_up_as_timers_are() {
    let reactor = start();
    let clock = reactor.clock();
    let nanosecond = Duration::from_nanos(1);
    let slept = with_reactor(reactor.remote(), || sleep_in_the_background(nanosecond));
    thread::scope(|scope| {
        let waiter = scope.spawn(|| slept.wait(nanosecond));
        clock.wait_for_blocked(1);
        clock.advance(Duration::from_nanos(999));
        assert_eq!(clock.blocked(), 1);
        clock.advance(nanosecond);
        assert_eq!(waiter.join().unwrap().unwrap(), "slept");
    });
}

#[test]
fn advancing_stops_at_each_deadline_on_the_way() {
    let reactor = start();
    let clock = reactor.clock();
    let of_operation = clock.clone();
    let times = with_reactor(reactor.remote(), || {
        run_in_reactor(move || async move {
            let mut times = Vec::new();
            for _ in 0..10 {
                crochet::sleep(SECOND).await;
                times.push(of_operation.now());
            }
            times
        })
    });
    clock.advance(SECOND * 9);
    assert!(!times.is_ready());
    clock.advance(SECOND * 5);
    let expected: Vec<_> = (1..=10).map(|second| SECOND * second).collect();
    assert_eq!(times.wait(Duration::ZERO).unwrap(), expected);
    assert_eq!(clock.now(), SECOND * 14);
}

#[test]
fn what_was_submitted_before_is_done_before_the_time_moves() {
    let reactor = start();
    let clock = reactor.clock();
    for round in 0..200 {
        let before = clock.now();
        let of_operation = clock.clone();
        let began = with_reactor(reactor.remote(), || {
            run_in_reactor(move || async move { of_operation.now() })
        });
        clock.advance(SECOND);
        assert_eq!(began.wait(Duration::ZERO).unwrap(), before, "round {round}");
    }
}

#[test]
fn of_many_blocked_threads_those_whose_time_is_up_return() {
    const THREADS: u32 = 64;
    let reactor = start();
    let clock = reactor.clock();
    let never = reactor.remote().submit(future::pending::<()>).unwrap();
    thread::scope(|scope| {
        let waiters: Vec<_> = (1..=THREADS)
            .map(|seconds| {
                let never = &never;
                scope.spawn(move || never.wait(SECOND * seconds))
            })
            .collect();
        clock.wait_for_blocked(THREADS as usize);
        for (gone, waiter) in (1..).zip(waiters) {
            clock.advance(SECOND);
            assert_eq!(clock.blocked(), THREADS as usize - gone);
            assert!(matches!(
                waiter.join().unwrap(),
                Err(BlockingError::TimedOut)
            ));
        }
    });
}

#[test]
fn many_threads_with_the_same_deadline_all_return() {
    let reactor = start();
    let clock = reactor.clock();
    thread::scope(|scope| {
        let callers: Vec<_> = (0..32)
            .map(|_| {
                scope.spawn(|| with_reactor(reactor.remote(), || sleep_within_an_hour(HOUR * 2)))
            })
            .collect();
        clock.wait_for_blocked(32);
        clock.advance(HOUR * 3);
        for caller in callers {
            assert!(matches!(caller.join().unwrap(), Err(WaitError::Timeout)));
        }
    });
}

#[test]
fn callers_whose_time_is_up_cancel_their_operations_before_the_time_goes_on() {
    fn sleep_and_tell(tell: mpsc::Sender<()>) -> impl FnOnce() -> future::Ready<()> {
        move || {
            crochet::call_later(HOUR * 2, move || tell.send(()).unwrap());
            future::ready(())
        }
    }

    let reactor = start();
    let clock = reactor.clock();
    for round in 0..50 {
        let (tell, told) = mpsc::channel();
        let also = tell.clone();
        let timer = with_reactor(reactor.remote(), || run_in_reactor(sleep_and_tell(tell)));
        thread::scope(|scope| {
            let owned = scope.spawn(|| {
                let also = also.clone();
                with_reactor(reactor.remote(), || {
                    wait_for(HOUR, || async move {
                        crochet::sleep(HOUR + MICROSECOND).await;
                        also.send(()).unwrap();
                    })
                })
            });
            let borrowed = scope.spawn(|| {
                with_reactor(reactor.remote(), || {
                    crochet::wait_for_borrowed(HOUR, async || {
                        crochet::sleep(HOUR + MICROSECOND).await;
                        also.send(()).unwrap();
                    })
                })
            });
            clock.wait_for_blocked(2);
            clock.advance(HOUR * 3);
            assert!(matches!(owned.join().unwrap(), Err(WaitError::Timeout)));
            assert!(matches!(borrowed.join().unwrap(), Err(WaitError::Timeout)));
        });
        assert!(timer.is_ready());
        assert_eq!(told.try_iter().count(), 1, "round {round}");
    }
}

#[test]
fn a_completed_wait_no_longer_counts_as_blocked() {
    let reactor = start();
    let clock = reactor.clock();
    thread::scope(|scope| {
        let caller = scope.spawn(|| {
            with_reactor(reactor.remote(), || {
                for _ in 0..100 {
                    sleep_within_an_hour(SECOND).expect("it ends in time");
                }
            });
        });
        for seconds in 1..=100 {
            clock.wait_for_blocked(1);
            clock.advance(SECOND);
            assert_eq!(clock.now(), SECOND * seconds);
        }
        caller.join().expect("no wait was too long");
    });
}

#[test]
fn a_wait_for_room_lasts_as_long_as_the_loop_needs_whatever_its_timeout() {
    let reactor = VirtualReactor::with(&Reactor::builder().queue_limit(1)).unwrap();
    let (remote, clock) = (reactor.remote(), reactor.clock());
    let (begun, has_begun) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let held = remote
        .submit(move || async move {
            begun.send(()).unwrap();
            released.recv().unwrap();
        })
        .unwrap();
    has_begun.recv().unwrap();
    let first = remote.submit(|| async { 1 }).unwrap();
    assert!(matches!(
        remote.submit(|| async {}),
        Err(SubmitError::Full(_))
    ));
    let refused = remote.call_borrowed(crochet::Label::here(), Duration::ZERO, || async {});
    assert!(matches!(refused, Err(BlockingError::Full)));
    thread::scope(|scope| {
        let waiters: Vec<_> = (0..8)
            .map(|x| {
                scope.spawn(move || {
                    with_reactor(remote, || wait_for(MICROSECOND, move || async move { x }))
                })
            })
            .collect();
        clock.wait_for_blocked(8);
        release.send(()).unwrap();
        for (x, waiter) in (0..).zip(waiters) {
            assert_eq!(waiter.join().unwrap().unwrap(), x);
        }
    });
    assert_eq!(clock.now(), Duration::ZERO);
    assert!(held.is_ended() && first.is_ended());
}

#[test]
fn stopping_ends_the_waits_of_blocked_threads() {
    let reactor = start();
    let clock = reactor.clock().clone();
    let remote = reactor.remote().clone();
    let caller = thread::spawn(move || {
        with_reactor(&remote, || crochet::wait_for(HOUR, future::pending::<()>))
    });
    clock.wait_for_blocked(1);
    drop(reactor);
    assert!(matches!(caller.join().unwrap(), Err(WaitError::Stopped)));
    clock.advance(HOUR);
    assert_eq!(clock.now(), HOUR, "also without a reactor");
}

#[test]
fn shutdown_triggers_wait_in_virtual_time() {
    let reactor = start();
    let (remote, clock) = (reactor.remote(), reactor.clock());
    let of_trigger = clock.clone();
    let (tell, told) = mpsc::channel();
    remote.add_trigger(Phase::Before, HOUR * 2, move || async move {
        crochet::sleep(HOUR).await;
        tell.send(of_trigger.now()).unwrap();
    });
    remote.add_trigger(Phase::Before, HOUR * 3, future::pending);
    remote.stop();
    clock.advance(HOUR * 2);
    assert_eq!(told.try_recv(), Ok(HOUR));
    assert!(!remote.is_stopped());
    clock.advance(HOUR);
    assert!(remote.is_stopped());
}

#[test]
fn the_clock_is_refused_on_the_reactors_thread() {
    let reactor = start();
    let clock = reactor.clock().clone();
    let result = with_reactor(reactor.remote(), || {
        run_in_reactor(move || async move { clock.advance(SECOND) })
    });
    thread::scope(|scope| {
        let waiter = scope.spawn(|| result.wait(HOUR));
        let Err(EventualError::Panicked(panic)) = waiter.join().unwrap() else {
            panic!("it is refused");
        };
        assert!(panic.message().contains("runs a reactor"), "{panic}");
    });
}

#[test]
fn a_harness_ends_the_waits_of_threads_too() {
    let mut harness = Harness::new();
    let slept = harness
        .remote()
        .submit(|| crochet::sleep(HOUR * 2))
        .unwrap();
    thread::scope(|scope| {
        let in_time = scope.spawn(|| slept.wait(HOUR * 2));
        let too_late = scope.spawn(|| slept.wait(HOUR));
        harness.wait_for_blocked(2);
        harness.advance(HOUR);
        assert!(matches!(
            too_late.join().unwrap(),
            Err(BlockingError::TimedOut)
        ));
        harness.advance(HOUR);
        assert!(in_time.join().unwrap().is_ok());
    });
}

#[test]
fn deadlines_too_far_away_to_be_told_are_no_trouble() {
    let reactor = start();
    let clock = reactor.clock();
    let never = reactor.remote().submit(future::pending::<()>).unwrap();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| never.wait(Duration::MAX));
        clock.wait_for_blocked(1);
        clock.advance(HOUR * 24 * 365 * 10_000);
        assert_eq!(clock.blocked(), 1);
        never.cancel();
        assert!(waiter.join().unwrap().is_ok());
    });
    clock.advance(Duration::MAX);
    assert_eq!(clock.now(), Duration::MAX);
}
