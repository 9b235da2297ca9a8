//! Results of background operations: waiting, taking, cancelling, awaiting.

use std::future::{self, Future};
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use crochet::{
    EventualError, EventualResult, operation, run_in_reactor, spawn, try_run_in_reactor, wait_for,
};
use crochet_tests::executor::block_on;
use crochet_tests::hold::{Flag, Held};
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, SHORT, barrier, logs, start};

/// Begins an operation that ends when the flag is set, and then has been suspended at least once.
fn until<T, E>(flag: &Flag, outcome: Result<T, E>) -> EventualResult<T, E>
where
    T: Send + 'static,
    E: std::fmt::Debug + Send + 'static,
{
    let flag = flag.clone();
    try_run_in_reactor(move || async move {
        while !flag.is_set() {
            crochet::sleep(Duration::from_micros(100)).await;
        }
        outcome
    })
}

#[derive(Clone, Copy, PartialEq, Debug)]
struct Failure(&'static str);

#[test]
fn a_wait_gives_the_value_again_and_again() {
    start();
    let result = run_in_reactor(|| async { String::from("value") });
    for _ in 0..3 {
        assert_eq!(result.wait(LONG).unwrap(), "value");
    }
    assert!(result.is_ready());
}

#[test]
fn a_wait_gives_the_error_again_and_again() {
    start();
    let result = try_run_in_reactor(|| async { Err::<(), _>(Failure("repeated")) });
    for _ in 0..3 {
        let waited = result.wait(LONG);
        assert!(matches!(
            waited,
            Err(EventualError::Failed(Failure("repeated")))
        ));
    }
}

#[test]
fn a_value_that_comes_later_wakes_every_one_of_many_waiters() {
    start();
    let flag = Flag::new();
    let result = Arc::new(until(&flag, Ok::<_, Failure>(9)));
    let waiters: Vec<_> = (0..32)
        .map(|_| {
            let result = Arc::clone(&result);
            thread::spawn(move || {
                let first = result.wait(LONG);
                (first.unwrap(), result.wait(Duration::ZERO).unwrap())
            })
        })
        .collect();
    flag.set();
    for waiter in waiters {
        assert_eq!(waiter.join().expect("a value"), (9, 9));
    }
}

#[test]
fn waiters_that_time_out_do_not_disturb_those_that_go_on() {
    start();
    let flag = Flag::new();
    let result = Arc::new(until(&flag, Ok::<_, Failure>(9)));
    let [short, long] = [SHORT, LONG].map(|timeout| {
        let waiters: Vec<_> = (0..8)
            .map(|_| {
                let result = Arc::clone(&result);
                thread::spawn(move || result.wait(timeout))
            })
            .collect();
        waiters
    });
    for waiter in short {
        assert!(matches!(waiter.join(), Ok(Err(EventualError::Timeout))));
    }
    flag.set();
    for waiter in long {
        assert!(matches!(waiter.join(), Ok(Ok(9))));
    }
}

#[test]
fn a_timeout_is_not_terminal() {
    start();
    let flag = Flag::new();
    let result = until(&flag, Ok::<_, Failure>(1));
    for _ in 0..2 {
        let called = Instant::now();
        assert!(matches!(result.wait(SHORT), Err(EventualError::Timeout)));
        assert!(called.elapsed() >= SHORT, "never early");
    }
    assert!(matches!(
        result.wait(Duration::ZERO),
        Err(EventualError::Timeout)
    ));
    assert!(!result.is_ready());
    flag.set();
    assert_eq!(result.wait(LONG).unwrap(), 1);
    assert_eq!(result.wait(Duration::ZERO).unwrap(), 1);
}

#[test]
fn on_a_reactors_thread_a_ready_result_is_returned_and_another_refused() {
    start();
    let never = run_in_reactor(future::pending::<()>);
    let ready = run_in_reactor(|| async { 3 });
    barrier();
    wait_for(LONG, move || async move {
        assert!(matches!(
            never.wait(LONG),
            Err(EventualError::OnReactorThread)
        ));
        let never = never.take(LONG).expect_err("the handle comes back");
        assert!(!never.is_ready());
        never.cancel();
        assert_eq!(ready.wait(LONG).unwrap(), 3);
        assert!(matches!(ready.take(LONG), Ok(Ok(3))));
    })
    .unwrap();
}

#[test]
fn taking_moves_the_value_out_and_gives_the_handle_back_on_a_timeout() {
    start();
    #[derive(Debug)]
    struct NotClone(u8);
    let flag = Flag::new();
    let result = until(&flag, Ok::<_, Failure>(NotClone(4)));
    let result = result.take(SHORT).expect_err("it has not ended");
    flag.set();
    let Ok(Ok(NotClone(value))) = result.take(LONG) else {
        panic!("a value");
    };
    assert_eq!(value, 4);

    let failed = try_run_in_reactor(|| async { Err::<(), _>(Failure("taken")) });
    let Ok(Err(EventualError::Failed(error))) = failed.take(LONG) else {
        panic!("an error");
    };
    assert_eq!(error, Failure("taken"));
}

#[test]
fn a_value_is_dropped_once_with_the_handle_or_by_whoever_took_it() {
    start();
    let trace = Trace::new();
    let value = trace.value();
    let result = run_in_reactor(move || async move { value });
    barrier();
    assert_eq!(trace.count(), 0);
    drop(result);
    assert_eq!(trace.count(), 1);

    let value = trace.value();
    let result = run_in_reactor(move || async move { value });
    let taken = result.take(LONG);
    assert!(matches!(taken, Ok(Ok(_))));
    assert_eq!(trace.count(), 1);
    drop(taken);
    assert_eq!(trace.count(), 2);
}

#[test]
fn a_cancelled_operation_is_dropped_on_the_reactors_thread() {
    start();
    let reactor = wait_for(LONG, || async { thread::current().id() }).unwrap();
    let (trace, begun) = (Trace::new(), Flag::new());
    let (value, tell) = (trace.value(), begun.clone());
    let result = run_in_reactor(move || async move {
        let _value = value;
        tell.set();
        future::pending::<()>().await;
    });
    begun.spin();
    for _ in 0..3 {
        result.cancel();
    }
    assert!(matches!(result.wait(LONG), Err(EventualError::Cancelled)));
    assert_eq!(trace.threads(), [reactor]);
    result.cancel();
    assert!(matches!(result.wait(LONG), Err(EventualError::Cancelled)));
}

#[test]
fn an_operation_that_is_cancelled_at_once_never_begins() {
    start();
    let held = Held::hold();
    let begun = Flag::new();
    let tell = begun.clone();
    let result = run_in_reactor(move || async move { tell.set() });
    result.cancel();
    assert!(matches!(
        result.wait(Duration::ZERO),
        Err(EventualError::Cancelled)
    ));
    drop(held);
    barrier();
    assert!(!begun.is_set());
}

#[test]
fn cancelling_an_operation_that_has_ended_keeps_its_result() {
    start();
    let result = run_in_reactor(|| async { 6 });
    assert_eq!(result.wait(LONG).unwrap(), 6);
    result.cancel();
    assert_eq!(result.wait(LONG).unwrap(), 6);
}

#[test]
fn cancelling_wakes_whoever_waits() {
    start();
    let begun = Flag::new();
    let tell = begun.clone();
    let result = run_in_reactor(move || {
        tell.set();
        future::pending::<()>()
    });
    begun.spin();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| result.wait(LONG));
        result.cancel();
        assert!(matches!(waiter.join(), Ok(Err(EventualError::Cancelled))));
    });
}

#[test]
fn an_operation_whose_handle_is_dropped_goes_on() {
    start();
    let (flag, trace) = (Flag::new(), Trace::new());
    let (told, value) = (flag.clone(), trace.value());
    drop(run_in_reactor(move || async move {
        while !told.is_set() {
            crochet::sleep(Duration::from_micros(100)).await;
        }
        drop(value);
    }));
    barrier();
    assert_eq!(trace.count(), 0);
    flag.set();
    while trace.count() == 0 {
        thread::yield_now();
    }
}

#[test]
fn it_is_a_future_for_any_executor() {
    start();
    let flag = Flag::new();
    let result = until(&flag, Ok::<_, Failure>(String::from("awaited")));
    let waiter = thread::spawn(|| block_on(result));
    flag.set();
    let awaited = waiter.join().expect("no panic");
    assert_eq!(awaited.unwrap(), "awaited");

    let failed = try_run_in_reactor(|| async { Err::<(), _>(Failure("awaited")) });
    let awaited = block_on(failed);
    assert!(matches!(
        awaited,
        Err(EventualError::Failed(Failure("awaited")))
    ));
    for _ in 0..200 {
        let sum = block_on(async { run_in_reactor(|| async { 1 }).await.unwrap() + 1 });
        assert_eq!(sum, 2);
    }
}

#[test]
fn it_is_a_future_for_operations_of_the_same_reactor() {
    start();
    let sum = wait_for(LONG, || async {
        let first = run_in_reactor(|| async { 1 });
        let second = spawn(async { run_in_reactor(|| async { 2 }).await.unwrap() });
        let panicked: EventualResult<()> = run_in_reactor(|| async { panic!("seen") });
        assert!(matches!(panicked.await, Err(EventualError::Panicked(_))));
        first.await.unwrap() + second.await.unwrap()
    });
    assert_eq!(sum.unwrap(), 3);
}

#[test]
fn a_result_of_many_that_race_is_never_lost() {
    start();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..500_u64 {
                    let result = run_in_reactor(move || async move { round });
                    match round % 4 {
                        0 => assert_eq!(result.wait(LONG).unwrap(), round),
                        1 => assert!(matches!(result.take(LONG), Ok(Ok(value)) if value == round)),
                        2 => assert_eq!(block_on(result).unwrap(), round),
                        _ => {
                            result.cancel();
                            match result.wait(LONG) {
                                Ok(value) => assert_eq!(value, round),
                                Err(error) => {
                                    assert!(matches!(error, EventualError::Cancelled), "{error:?}");
                                }
                            }
                        }
                    }
                }
            });
        }
    });
}

#[test]
fn after_it_was_awaited_a_result_says_that_it_was_taken() {
    start();
    let mut result = run_in_reactor(|| async { 7 });
    assert_eq!(block_on(&mut result).unwrap(), 7);
    assert!(result.is_ready());
    assert!(matches!(result.wait(LONG), Err(EventualError::Taken)));
    let taken = result.take(LONG).expect("it has ended");
    assert!(matches!(taken, Err(EventualError::Taken)));
}

#[test]
fn taking_a_result_that_ends_just_then_does_not_lose_it() {
    start();
    for _ in 0..20_000 {
        let mut result = run_in_reactor(|| async { 7 });
        let value = loop {
            match result.take(Duration::ZERO) {
                Ok(taken) => break taken,
                Err(handle) => result = handle,
            }
        };
        assert_eq!(value.expect("nothing took it before"), 7);
    }
}

struct PanicOnDrop(&'static str);

impl Drop for PanicOnDrop {
    fn drop(&mut self) {
        panic!("{}", self.0);
    }
}

/// Ends with a value, and then panics when it is dropped.
fn ready_and_panics(text: &'static str) -> impl Future<Output = Result<usize, Failure>> {
    let value = PanicOnDrop(text);
    future::poll_fn(move |_cx| {
        let value = &value;
        Poll::Ready(Ok(value.0.len()))
    })
}

#[test]
fn a_panic_of_a_finished_operations_destructor_does_not_take_its_result_away() {
    start();
    let plain = "the destructor of a plain operation panics on purpose";
    let result = try_run_in_reactor(move || ready_and_panics(plain));
    assert_eq!(result.wait(LONG).unwrap(), plain.len());
    logs::assert_one_error(plain);

    let timed = "the destructor of an operation with a deadline panics on purpose";
    let result = operation()
        .deadline(LONG)
        .try_run(move || ready_and_panics(timed));
    assert_eq!(result.wait(LONG).unwrap(), timed.len());
    logs::assert_one_error(timed);
}

#[test]
fn polling_again_after_it_was_ready_says_that_the_result_is_gone() {
    start();
    let mut result = run_in_reactor(|| async { 1 });
    assert_eq!(block_on(&mut result).unwrap(), 1);
    for _ in 0..2 {
        assert!(matches!(block_on(&mut result), Err(EventualError::Taken)));
    }
}
