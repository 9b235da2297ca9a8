//! Listing tasks, and ending them without their types.
#![cfg(all(feature = "alloc", not(crochet_loom)))]

#[path = "support/thread_loop.rs"]
mod thread_loop;

use core::cell::{Cell, RefCell};
use core::future::{pending, poll_fn};
use core::task::{Poll, Waker};
use std::rc::Rc;
use std::thread;

use crochet_core::driver::Work;
use crochet_core::eventual::{End, Phase};
use crochet_core::scheduler::Scheduler;
use crochet_core::task::{CancelHandle, TaskState, note_of};

use thread_loop::{Drops, ThreadLoop, run_all, yield_once};

/// A note with a place for what the loop adds to it.
#[derive(Debug)]
struct Note(&'static str, Cell<u32>);

fn note(name: &'static str) -> Note {
    Note(name, Cell::new(0))
}

type Noted = Scheduler<ThreadLoop, Note>;

fn list(scheduler: &Noted) -> Vec<(&'static str, TaskState)> {
    let tasks = scheduler.tasks();
    tasks
        .iter()
        .map(|task| (task.note().0, task.state()))
        .collect()
}

#[test]
fn tasks_are_listed_by_what_they_are_doing() {
    let scheduler: Noted = Scheduler::with_notes(ThreadLoop::new());
    let _suspended = scheduler
        .noting(note("suspended"))
        .spawn_local(pending::<()>());
    let _ready = scheduler.noting(note("ready")).spawn_local(yield_once());
    while scheduler
        .tasks()
        .iter()
        .any(|task| task.state() == TaskState::Queued)
    {
        scheduler.run_one();
    }
    let (of_task, seen) = (scheduler.clone(), Rc::new(RefCell::new(Vec::new())));
    let theirs = Rc::clone(&seen);
    let _lists = scheduler.noting(note("lists")).spawn_local(async move {
        yield_once().await;
        *theirs.borrow_mut() = list(&of_task);
    });
    let _gone = scheduler.noting(note("gone")).spawn_local(async {});
    assert_eq!(
        list(&scheduler),
        [
            ("ready", TaskState::Ready),
            ("suspended", TaskState::Suspended),
            ("lists", TaskState::Queued),
            ("gone", TaskState::Queued),
        ]
    );
    while scheduler.run_one() {}
    assert_eq!(
        *seen.borrow(),
        [
            ("lists", TaskState::Running),
            ("suspended", TaskState::Suspended)
        ]
    );
    scheduler.close();
    assert_eq!(list(&scheduler), []);
}

#[test]
fn a_tasks_waker_leads_to_its_note() {
    let scheduler: Scheduler<ThreadLoop, &str> = Scheduler::with_notes(ThreadLoop::new());
    let task = scheduler.noting("its note").spawn_local(poll_fn(|cx| {
        assert_eq!(note_of::<&str>(cx.waker()), Some(&"its note"));
        assert_eq!(note_of::<u32>(cx.waker()), None, "of another type");
        Poll::Ready(cx.waker().clone())
    }));
    while scheduler.run_one() {}
    let waker = task.unwrap().take().unwrap().unwrap();
    assert!(scheduler.tasks().is_empty());
    let elsewhere = thread::spawn(move || note_of::<&str>(&waker).copied());
    assert_eq!(
        elsewhere.join().unwrap(),
        Some("its note"),
        "of an ended task"
    );
    assert_eq!(note_of::<&str>(Waker::noop()), None, "of no task");
}

#[test]
fn elsewhere_than_on_the_loop_no_tasks_are_listed() {
    let scheduler: Noted = Scheduler::with_notes(ThreadLoop::new());
    let _task = scheduler.noting(note("any")).submit(pending::<()>);
    scheduler.collect();
    assert_eq!(list(&scheduler).len(), 1);
    thread::scope(|scope| {
        let elsewhere = scope.spawn(|| (scheduler.tasks().len(), scheduler.next_task().is_some()));
        assert_eq!(elsewhere.join().unwrap(), (0, false));
    });
    scheduler.close();
}

#[test]
fn the_loop_hears_when_a_task_is_first_suspended() {
    let scheduler: Noted = Scheduler::with_notes(ThreadLoop::new());
    let run = || scheduler.run_one_with(|note| note.1.set(note.1.get() + 1));
    let ended = scheduler.noting(note("ended")).spawn_local(async {});
    let _twice = scheduler.noting(note("twice")).spawn_local(async {
        yield_once().await;
        yield_once().await;
        pending::<()>().await;
    });
    assert_eq!(
        scheduler.next_task().map(|task| task.note().0),
        Some("ended")
    );
    while run() {}
    assert!(ended.expect("this is the loop").is_ended());
    let tasks = scheduler.tasks();
    assert_eq!(
        tasks
            .iter()
            .map(|task| task.note().1.get())
            .collect::<Vec<_>>(),
        [1]
    );
    drop(tasks);
    scheduler.close();
}

#[test]
fn a_task_is_ended_at_once_on_its_loop() {
    let scheduler = ThreadLoop::scheduler();
    let drops = Drops::default();
    let (queued, suspended) = (drops.guard(), drops.guard());
    let suspended = scheduler.submit(move || async move {
        let _guard = suspended;
        pending::<()>().await;
    });
    run_all(&scheduler);
    let queued = scheduler.submit(move || async move {
        drop(queued);
    });
    for (operation, before) in [(&suspended, 0), (&queued, 1)] {
        assert_eq!(drops.count(), before);
        assert!(operation.cancel_handle().cancel_here());
        assert_eq!(drops.count(), before + 1);
        assert_eq!(operation.phase(), Phase::Cancelled);
        assert!(operation.cancel_handle().cancel_here(), "idempotent");
    }
    assert_eq!(scheduler.suspended(), 0);
    run_all(&scheduler);
    assert_eq!(suspended.take().ok(), Some(Err(End::Cancelled)));
}

#[test]
fn a_task_that_was_woken_and_ended_is_not_run() {
    let scheduler = ThreadLoop::scheduler();
    let drops = Drops::default();
    let guard = drops.guard();
    let operation = scheduler.submit(move || async move {
        let _guard = guard;
        yield_once().await;
        unreachable!("it was ended");
    });
    scheduler.collect();
    scheduler.run_one();
    assert!(operation.cancel_handle().cancel_here());
    assert_eq!(drops.count(), 1);
    run_all(&scheduler);
    assert_eq!(operation.phase(), Phase::Cancelled);
}

#[test]
fn elsewhere_than_on_the_loop_the_end_is_asked_for() {
    let scheduler = ThreadLoop::scheduler();
    let drops = Drops::default();
    let guard = drops.guard();
    let operation = scheduler.submit(move || async move {
        let _guard = guard;
        pending::<()>().await;
    });
    run_all(&scheduler);
    let handle = operation.cancel_handle();
    let ended = thread::spawn(move || handle.cancel_here()).join().unwrap();
    assert_eq!((ended, drops.count()), (false, 0));
    run_all(&scheduler);
    assert_eq!((operation.phase(), drops.count()), (Phase::Cancelled, 1));
}

#[test]
fn a_task_that_ends_itself_goes_when_it_is_suspended() {
    let scheduler = ThreadLoop::scheduler();
    let handle: Rc<RefCell<Option<CancelHandle>>> = Rc::default();
    let theirs = Rc::clone(&handle);
    let (drops, steps) = (Drops::default(), Rc::new(Cell::new(0)));
    let (guard, counted) = (drops.guard(), Rc::clone(&steps));
    let operation = scheduler
        .spawn_local(async move {
            let _guard = guard;
            let own = theirs.take().expect("it has been put there");
            assert!(!own.cancel_here());
            counted.set(1);
            pending::<()>().await;
        })
        .expect("this is the loop");
    *handle.borrow_mut() = Some(operation.cancel_handle());
    run_all(&scheduler);
    assert_eq!((steps.get(), drops.count()), (1, 1));
    assert_eq!(operation.phase(), Phase::Cancelled);
}
