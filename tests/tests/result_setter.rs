//! Results that exist before their operations, and are set by hand.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use crochet::testing::{VirtualReactor, with_reactor};
use crochet::{EventualError, EventualResult, Reactor, run_in_reactor, spawn, wait_for};
use crochet_tests::executor::block_on;
use crochet_tests::hold::Held;
use crochet_tests::traces::{Trace, Traced};
use crochet_tests::{LONG, SHORT, barrier, logs, start};

type Pair = EventualResult<u32, &'static str>;

#[derive(Default)]
struct Count(AtomicU32);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn setting_it_wakes_every_waiter() {
    start();
    let (setter, result) = Pair::pair();
    let result = Arc::new(result);
    assert!(setter.is_wanted() && !result.is_ready());
    let waiters: Vec<_> = (0..16)
        .map(|_| {
            let result = Arc::clone(&result);
            thread::spawn(move || (result.wait(LONG).unwrap(), result.wait(LONG).unwrap()))
        })
        .collect();
    setter.set(Ok(4)).unwrap();
    assert!(result.is_ready());
    for waiter in waiters {
        assert_eq!(waiter.join().unwrap(), (4, 4));
    }
}

#[test]
fn it_needs_no_turn_of_the_loop() {
    start();
    let held = Held::hold();
    let (setter, result) = Pair::pair();
    assert!(matches!(result.wait(SHORT), Err(EventualError::Timeout)));
    setter.set(Err("set")).unwrap();
    assert!(matches!(
        result.wait(LONG),
        Err(EventualError::Failed("set"))
    ));
    drop(held);
}

#[test]
fn it_can_be_connected_to_an_operation_later() {
    start();
    let (setter, result) = Pair::pair();
    wait_for(LONG, || async {
        drop(spawn(async {
            crochet::sleep(Duration::from_micros(10)).await;
            setter.set(Ok(5)).unwrap();
        }));
    })
    .unwrap();
    assert_eq!(result.wait(LONG).unwrap(), 5);
}

#[test]
fn it_is_a_future_too() {
    start();
    let (setter, result) = Pair::pair();
    let waiter = thread::spawn(|| block_on(result));
    setter.set(Ok(6)).unwrap();
    assert_eq!(waiter.join().unwrap().unwrap(), 6);
    let (setter, result) = Pair::pair();
    let sum = run_in_reactor(|| async { result.await.unwrap() + 1 });
    setter.set(Ok(6)).unwrap();
    assert_eq!(sum.wait(LONG).unwrap(), 7);
}

#[test]
fn cancelling_it_ends_it_at_once_and_the_setter_learns_of_it() {
    start();
    let (setter, result) = Pair::pair();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| result.wait(LONG));
        result.cancel();
        assert!(matches!(
            waiter.join().unwrap(),
            Err(EventualError::Cancelled)
        ));
    });
    assert!(!setter.is_wanted());
    assert_eq!(setter.set(Ok(1)), Err(Ok(1)));
    assert!(matches!(result.wait(LONG), Err(EventualError::Cancelled)));
}

#[test]
fn dropping_the_setter_cancels_it() {
    start();
    let (setter, result) = Pair::pair();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| result.wait(LONG));
        drop(setter);
        assert!(matches!(
            waiter.join().unwrap(),
            Err(EventualError::Cancelled)
        ));
    });
}

#[test]
fn what_is_set_for_nobody_is_given_back() {
    start();
    let (setter, result) = EventualResult::<Traced, &str>::pair();
    let trace = Trace::new();
    drop(result);
    let unseen = setter.set(Ok(trace.value())).expect_err("nobody is there");
    assert_eq!(trace.count(), 0);
    drop(unseen);
    assert_eq!(trace.count(), 1);

    let failure = "given back to its setter";
    let (setter, result) = EventualResult::<(), &str>::pair();
    drop(result);
    assert_eq!(setter.set(Err(failure)), Err(Err(failure)));
    logs::assert_none(failure);
}

#[test]
fn an_error_that_was_set_and_not_asked_for_is_logged_once() {
    start();
    let failure = "set, and nobody asked";
    let (setter, result) = EventualResult::<(), &str>::pair();
    setter.set(Err(failure)).unwrap();
    logs::assert_none(failure);
    drop(result);
    let message = logs::assert_one_error(failure);
    assert!(message.text.contains(file!()), "{message:?}");

    let failure = "set, and looked at";
    let (setter, result) = EventualResult::<(), &str>::pair();
    setter.set(Err(failure)).unwrap();
    assert!(result.wait(LONG).is_err());
    drop(result);
    logs::assert_none(failure);
}

#[test]
fn the_very_value_is_taken() {
    start();
    let (setter, result) = EventualResult::<Box<u8>, &str>::pair();
    let value = Box::new(7);
    let address = &raw const *value;
    setter.set(Ok(value)).unwrap();
    let Ok(Ok(taken)) = result.take(LONG) else {
        panic!("it has been set");
    };
    assert_eq!(&raw const *taken, address);
}

#[test]
fn a_panic_of_the_value_s_destructor_stays_where_it_is() {
    struct PanicOnDrop;
    impl Drop for PanicOnDrop {
        fn drop(&mut self) {
            panic!("a set value's destructor");
        }
    }
    start();
    let (setter, result) = EventualResult::<PanicOnDrop, &str>::pair();
    assert!(setter.set(Ok(PanicOnDrop)).is_ok());
    drop(result);
    logs::assert_one_error("a set value's destructor");
}

#[test]
fn it_ends_when_its_reactor_stops() {
    let reactor = VirtualReactor::start().unwrap();
    let clock = reactor.clock();
    let remote = reactor.remote().clone();
    let (setter, pending) = with_reactor(&remote, Pair::pair);
    let (done, set) = with_reactor(&remote, Pair::pair);
    done.set(Ok(1)).unwrap();
    let (_kept, awaited) = with_reactor(&remote, Pair::pair);
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let mut awaited = pin!(awaited);
    let mut cx = Context::from_waker(&waker);
    assert!(awaited.as_mut().poll(&mut cx).is_pending());

    thread::scope(|scope| {
        let waiter = scope.spawn(|| pending.wait(LONG));
        clock.wait_for_blocked(1);
        remote.stop();
        assert!(matches!(
            waiter.join().unwrap(),
            Err(EventualError::Stopped)
        ));
    });
    drop(reactor);
    assert!(matches!(pending.wait(LONG), Err(EventualError::Stopped)));
    assert!(!setter.is_wanted());
    assert_eq!(setter.set(Ok(2)), Err(Ok(2)));
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
    let polled = awaited.as_mut().poll(&mut cx);
    assert!(matches!(polled, Poll::Ready(Err(EventualError::Stopped))));

    assert_eq!(set.wait(LONG).unwrap(), 1, "a stop overwrites no result");

    let (setter, late) = with_reactor(&remote, Pair::pair);
    assert!(late.is_ready());
    assert!(matches!(late.wait(LONG), Err(EventualError::Stopped)));
    assert_eq!(setter.set(Ok(3)), Err(Ok(3)));
}

#[test]
fn a_wait_for_it_on_a_reactor_is_refused_until_it_is_set() {
    start();
    let (setter, result) = Pair::pair();
    wait_for(LONG, move || async move {
        let waited = result.wait(LONG);
        assert!(matches!(waited, Err(EventualError::OnReactorThread)));
        setter.set(Ok(2)).unwrap();
        assert_eq!(result.wait(LONG).unwrap(), 2);
    })
    .unwrap();
}

#[test]
fn a_full_queue_refuses_it() {
    let reactor = Reactor::builder().queue_limit(1).build().unwrap();
    let remote = reactor.remote();
    let use_twice = || {
        let (_kept, first) = Pair::pair();
        assert!(!first.is_ready());
        let (setter, second) = Pair::pair();
        assert!(matches!(second.wait(LONG), Err(EventualError::QueueFull)));
        assert!(!setter.is_wanted());
        assert_eq!(setter.set(Ok(2)), Err(Ok(2)));
    };
    thread::scope(|scope| {
        scope.spawn(|| with_reactor(&remote, use_twice));
    });
}

#[test]
fn nothing_is_left_on_the_loop_of_those_that_ended() {
    let mut reactor = Reactor::new().unwrap();
    let remote = reactor.remote();
    for round in 0..3 {
        let (setter, result) = with_reactor(&remote, Pair::pair);
        reactor.turn(crochet::Budget::default()).unwrap();
        assert!(format!("{reactor:?}").contains("tasks: 1"), "{reactor:?}");
        match round {
            0 => setter.set(Ok(1)).unwrap(),
            1 => drop(setter),
            _ => {
                result.cancel();
                drop(setter);
            }
        }
        reactor.turn(crochet::Budget::default()).unwrap();
        assert!(format!("{reactor:?}").contains("tasks: 0"), "{reactor:?}");
    }
}

#[test]
fn a_set_and_a_cancel_that_race_agree() {
    start();
    for round in 0..500 {
        let (setter, result) = Pair::pair();
        let set = thread::scope(|scope| {
            let setting = scope.spawn(move || setter.set(Ok(round)));
            result.cancel();
            setting.join().unwrap()
        });
        match (set, result.wait(LONG)) {
            (Ok(()), Ok(value)) => assert_eq!(value, round),
            (Err(Ok(value)), Err(EventualError::Cancelled)) => assert_eq!(value, round),
            other => panic!("{other:?}"),
        }
    }
    barrier();
}

#[test]
fn a_reactor_that_is_drained_waits_for_it() {
    // The process's reactor is shared by the other tests, so this one drains its own.
    let mut reactor = Reactor::new().unwrap();
    let remote = reactor.remote();
    let (setter, result) = with_reactor(&remote, Pair::pair);
    reactor.turn(crochet::Budget::default()).unwrap();
    remote.drain();
    reactor.turn(crochet::Budget::default()).unwrap();
    assert!(!remote.is_stopped());
    setter.set(Ok(8)).unwrap();
    while !remote.is_stopped() {
        reactor.turn(crochet::Budget::default()).unwrap();
    }
    assert_eq!(result.wait(LONG).unwrap(), 8);
}
