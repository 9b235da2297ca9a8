//! Tasks of the loop: their handles, names and panics.

use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use crochet::testing::Harness;
use crochet::{JoinError, sleep, spawn, spawn_named, yield_now};
use crochet_tests::logs;
use crochet_tests::traces::Trace;

/// Makes a reactor on virtual time. What is logged is captured before: that and the first reactor both put a hook in
/// front of the process's panic hook.
fn harness() -> Harness {
    logs::capture();
    Harness::new()
}

#[test]
fn a_handle_gives_the_output() {
    let mut harness = harness();
    let sum = harness.block_on(async {
        let tasks: Vec<_> = (1..=100_u32)
            .map(|number| spawn(async move { number }))
            .collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await.expect("it ends");
        }
        sum
    });
    assert_eq!(sum.expect("it ends"), 5050);
}

#[test]
fn dropping_a_handle_lets_the_task_go_on() {
    let mut harness = harness();
    let trace = Trace::new();
    let held = trace.value();
    drop(harness.spawn(async move {
        sleep(Duration::from_secs(1)).await;
        drop(held);
    }));
    harness.run_until_idle();
    assert_eq!(trace.count(), 0);
    harness.advance(Duration::from_secs(1));
    assert_eq!(trace.count(), 1);
}

#[test]
fn a_handle_that_cancels_when_it_is_dropped_takes_the_task_with_it() {
    let mut harness = harness();
    let trace = Trace::new();
    let held = trace.value();
    let task = harness.spawn(async move {
        let _held = held;
        pending::<()>().await;
    });
    let task = task.cancel_on_drop();
    harness.run_until_idle();
    assert_eq!(trace.count(), 0);
    drop(task);
    harness.run_until_idle();
    assert_eq!(trace.count(), 1);
}

#[test]
fn a_handle_that_cancels_when_it_is_dropped_gives_the_output_before() {
    let mut harness = harness();
    let output = harness.block_on(async { spawn(async { 7 }).cancel_on_drop().await });
    assert_eq!(output.expect("it ends").expect("it was not cancelled"), 7);
}

#[test]
fn a_panic_ends_its_task_only_and_the_handle_tells_where_it_was() {
    let mut harness = harness();
    let healthy = harness.spawn(async {
        sleep(Duration::from_secs(1)).await;
        "healthy"
    });
    let (panicked, line) = (
        harness.spawn(async { panic!("tasks: out of order") }),
        line!() - 1,
    );
    harness.advance(Duration::from_secs(1));
    let outcome: Result<(), _> = harness.block_on(panicked).expect("it ends");
    let Err(JoinError::Panicked(panic)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(panic.message(), "tasks: out of order");
    assert_eq!((panic.file(), panic.line()), (Some(file!()), Some(line)));
    assert!(healthy.is_finished());
    logs::assert_none("tasks: out of order");
}

#[test]
fn a_panic_that_nobody_asks_for_is_logged_with_the_tasks_name_and_place() {
    let mut harness = harness();
    let line = line!() + 2;
    let spawned = harness.block_on(async {
        drop(spawn_named("tasks-reader", async { panic!("unheard of") }));
        yield_now().await;
    });
    spawned.expect("it ends");
    harness.run_until_idle();
    let message = logs::assert_one_error("tasks-reader");
    let place = format!("{}:{line}", file!());
    assert!(message.text.contains(&place), "{message:?}");
    assert!(message.text.contains("unheard of"), "{message:?}");
}

#[test]
fn yielding_lets_every_ready_task_run_first() {
    let mut harness = harness();
    let order = Rc::new(RefCell::new(Vec::new()));
    for task in ['a', 'b', 'c'] {
        let order = Rc::clone(&order);
        drop(harness.spawn(async move {
            for step in 1..=3 {
                order.borrow_mut().push((step, task));
                yield_now().await;
            }
        }));
    }
    harness.run_until_idle();
    let expected: Vec<_> = (1..=3)
        .flat_map(|step| ['a', 'b', 'c'].map(|task| (step, task)))
        .collect();
    assert_eq!(*order.borrow(), expected);
}
