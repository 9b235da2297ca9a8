//! Tasks of the loop, on every back end: their order, handles, names and panics.

use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crochet::sync::Event;
use crochet::{Budget, JoinError, Reactor, sleep, spawn, spawn_named, yield_now};
use crochet_tests::backends::{for_every_backend, on_every_backend};
use crochet_tests::logs;
use crochet_tests::operations::submit;
use crochet_tests::tidy::Tidy;
use crochet_tests::traces::Trace;

/// Lets every task that is ready do what it can, and the loop look for events.
async fn turns() {
    for _ in 0..5 {
        sleep(Duration::ZERO).await;
    }
}

#[test]
fn a_handle_gives_the_output() {
    on_every_backend(|| async {
        let tasks: Vec<_> = (1..=100_u32)
            .map(|number| spawn(async move { number }))
            .collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await.expect("it ends");
        }
        assert_eq!(sum, 5050);
    });
}

#[test]
fn what_is_spawned_before_the_run_begins_with_it_in_order() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        // After a stop the next run is as the first.
        for _ in 0..2 {
            let order = Order::default();
            order.submit_and_spawn(&reactor);
            let note = order.note(4);
            let ran = reactor.block_on(async move {
                note();
                yield_now().await;
            });
            ran.expect("it ends");
            assert_eq!(order.noted(), [1, 2, 3, 4, 5, 6]);
        }
    });
}

#[test]
fn what_is_spawned_before_the_first_turn_begins_with_it_in_order() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let order = Order::default();
        order.submit_and_spawn(&reactor);
        for number in [1, 2, 3, 5, 6] {
            reactor.turn(Budget::new(1, 1)).expect("it turns");
            assert_eq!(order.noted().last(), Some(&number));
        }
        // From then on they take turns.
        order.submit_and_spawn(&reactor);
        reactor.turn(Budget::default()).expect("it turns");
        assert_eq!(order.noted()[5..], [1, 5, 2, 6, 3]);
    });
}

/// What has run, in order.
#[derive(Clone, Default)]
struct Order(Arc<Mutex<Vec<u32>>>);

impl Order {
    fn note(&self, number: u32) -> impl FnOnce() + Send + 'static {
        let Self(order) = self.clone();
        move || order.lock().expect("no panic").push(number)
    }

    fn noted(&self) -> Vec<u32> {
        self.0.lock().expect("no panic").clone()
    }

    /// Spawns three tasks, and has another thread submit two operations after the first of them. All three precede
    /// the operations, as what the original is told to call when it is running does.
    fn submit_and_spawn(&self, reactor: &Reactor) {
        let remote = reactor.remote();
        let before = self.noted().len();
        let spawn = |number| {
            let note = self.note(number);
            drop(reactor.spawn(async move { note() }));
        };
        spawn(1);
        thread::scope(|scope| {
            scope.spawn(|| drop([5, 6].map(|number| submit(&remote, self.note(number)))));
        });
        spawn(2);
        spawn(3);
        assert_eq!(self.noted().len(), before, "nothing runs before the run");
    }
}

#[test]
fn dropping_a_handle_lets_the_task_go_on() {
    on_every_backend(|| async {
        let (trace, go_on) = (Trace::new(), Event::new());
        let (held, told) = (trace.value(), go_on.clone());
        drop(spawn(async move {
            told.wait().await;
            drop(held);
        }));
        turns().await;
        assert_eq!(trace.count(), 0);
        go_on.set();
        turns().await;
        assert_eq!(trace.count(), 1);
    });
}

#[test]
fn a_handle_that_cancels_when_it_is_dropped_takes_the_task_with_it() {
    on_every_backend(|| async {
        let trace = Trace::new();
        let held = trace.value();
        let task = spawn(async move {
            let _held = held;
            pending::<()>().await;
        });
        let task = task.cancel_on_drop();
        turns().await;
        assert_eq!(trace.count(), 0);
        drop(task);
        turns().await;
        assert_eq!(trace.count(), 1);
    });
}

#[test]
fn a_handle_that_cancels_when_it_is_dropped_gives_the_output_before() {
    on_every_backend(|| async {
        let output = spawn(async { 7 }).cancel_on_drop().await;
        assert_eq!(output.expect("it was not cancelled"), 7);
    });
}

#[test]
fn a_panic_ends_its_task_only_and_the_handle_tells_where_it_was() {
    on_every_backend(|| async {
        let healthy = spawn(async {
            turns().await;
            "healthy"
        });
        let line = line!() + 1;
        let panicked = spawn(async { panic!("tasks: out of order") });
        let outcome: Result<(), _> = panicked.await;
        let Err(JoinError::Panicked(panic)) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(panic.message(), "tasks: out of order");
        assert_eq!((panic.file(), panic.line()), (Some(file!()), Some(line)));
        assert_eq!(healthy.await.expect("it ends"), "healthy");
        logs::assert_none("tasks: out of order");
    });
}

#[test]
fn a_panic_that_nobody_asks_for_is_logged_with_the_tasks_name_and_place() {
    on_every_backend(|| async {
        let line = line!() + 1;
        drop(spawn_named("tasks-reader", async { panic!("unheard of") }));
        turns().await;
        let message = logs::take_one_error("tasks-reader");
        let place = format!("{}:{line}", file!());
        assert!(message.text.contains(&place), "{message:?}");
        assert!(message.text.contains("unheard of"), "{message:?}");
    });
}

#[test]
fn yielding_lets_every_ready_task_run_first() {
    on_every_backend(|| async {
        let order = Rc::new(RefCell::new(Vec::new()));
        let tasks = ['a', 'b', 'c'].map(|task| {
            let order = Rc::clone(&order);
            spawn(async move {
                for step in 1..=3 {
                    order.borrow_mut().push((step, task));
                    yield_now().await;
                }
            })
        });
        for task in tasks {
            task.await.expect("it ends");
        }
        let expected: Vec<_> = (1..=3)
            .flat_map(|step| ['a', 'b', 'c'].map(|task| (step, task)))
            .collect();
        assert_eq!(*order.borrow(), expected);
    });
}
