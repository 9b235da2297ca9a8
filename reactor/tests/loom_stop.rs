//! Loom models of threads that wait, against whoever gives them a reason not to: a stop, an
//! interrupt, room in the queue, a result.
//!
//! All of it is the code that ships, from `Operation::wait` to the thread's park. The reactor sleeps
//! as loom's threads do, and what ends a wait by its time is left out: time stands still.
#![cfg(crochet_loom)]

use core::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool as StdAtomicBool, Ordering as StdOrdering};
use std::time::Duration;

use crochet_core::model::Edge as CoreEdge;
use crochet_reactor::model::{self, Edge};
use crochet_reactor::{BlockingError, Budget, JoinError, Label, Remote, interrupt_waits};
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

#[path = "loom/edges.rs"]
mod edges;
#[path = "../../core/tests/loom/support.rs"]
mod support;

use support::{assert_notices, check, check_all};

const FOR_EVER: Duration = Duration::MAX;

/// A thread waits for an operation that nobody runs; another thread stops the reactor.
fn stop_against_wait() {
    let reactor = model::reactor(None);
    let remote = reactor.remote();
    let operation = remote.submit(pending::<()>).expect("there is no limit");
    let waiting = model::spawn(move || operation.wait(FOR_EVER));
    remote.stop();
    let waited = waiting.join().unwrap();
    assert!(matches!(waited, Err(BlockingError::Stopped)), "{waited:?}");
}

#[test]
fn a_stop_is_never_waited_through() {
    check_all(stop_against_wait);
}

#[test]
fn weakening_stage_marked_is_noticed() {
    assert_notices(
        "weakening_stage_marked_is_noticed",
        Edge::StageMarked,
        stop_against_wait,
    );
}

#[test]
fn weakening_wait_announced_is_noticed() {
    assert_notices(
        "weakening_wait_announced_is_noticed",
        Edge::WaitAnnounced,
        stop_against_wait,
    );
}

#[test]
fn a_stop_is_told_to_every_waiter() {
    check(|| {
        let reactor = model::reactor(None);
        let remote = reactor.remote();
        let waiting = [(); 2].map(|()| {
            let operation = remote.submit(pending::<()>).expect("there is no limit");
            model::spawn(move || operation.wait(FOR_EVER))
        });
        remote.stop();
        for waiting in waiting {
            let waited = waiting.join().unwrap();
            assert!(matches!(waited, Err(BlockingError::Stopped)), "{waited:?}");
        }
    });
}

/// An operation ends before the reactor stops: its waiter hears of the result, never of the stop.
fn stop_after_the_end() {
    let mut reactor = model::reactor(None);
    let remote = reactor.remote();
    let operation = remote.submit(|| async {}).expect("there is no limit");
    let waiting = model::spawn(move || operation.wait(FOR_EVER));
    reactor.turn(Budget::default()).expect("it has not stopped");
    remote.stop();
    let waited = waiting.join().unwrap();
    assert!(waited.is_ok(), "{waited:?}");
}

#[test]
fn a_result_is_not_passed_over_for_a_stop() {
    check_all(stop_after_the_end);
}

#[test]
fn weakening_stage_seen_is_noticed() {
    assert_notices(
        "weakening_stage_seen_is_noticed",
        Edge::StageSeen,
        stop_after_the_end,
    );
}

/// The operation that a thread waits for interrupts all waits, and does not end by itself.
fn interrupt_against_wait() {
    let mut reactor = model::reactor(None);
    let remote = reactor.remote();
    let has_begun = Arc::new(StdAtomicBool::new(false));
    let calling = {
        let has_begun = Arc::clone(&has_begun);
        model::spawn(move || {
            let told = Arc::new(AtomicBool::new(false));
            let theirs = Arc::clone(&told);
            let called = remote.call(Label::here(), FOR_EVER, move || async move {
                has_begun.store(true, StdOrdering::Relaxed);
                theirs.store(true, Ordering::Relaxed);
                interrupt_waits();
                pending::<()>().await;
            });
            assert!(told.load(Ordering::Relaxed), "what came before is seen");
            called
        })
    };
    while !has_begun.load(StdOrdering::Relaxed) {
        thread::yield_now();
        reactor.turn(Budget::default()).expect("it has not stopped");
    }
    let called = calling.join().unwrap();
    assert!(
        matches!(called, Err(BlockingError::Interrupted)),
        "{called:?}"
    );
}

#[test]
fn an_interrupt_is_never_waited_through() {
    // Bounded: the loop turns until the operation has begun, which is not a few steps.
    check(interrupt_against_wait);
}

#[test]
fn weakening_interrupt_marked_is_noticed() {
    assert_notices(
        "weakening_interrupt_marked_is_noticed",
        Edge::InterruptMarked,
        interrupt_against_wait,
    );
}

#[test]
fn weakening_interrupt_seen_is_noticed() {
    assert_notices(
        "weakening_interrupt_seen_is_noticed",
        Edge::InterruptSeen,
        interrupt_against_wait,
    );
}

/// Fills the queue of a reactor that takes one operation at a time.
fn fill(remote: &Remote) {
    let remote = remote.clone();
    // From elsewhere: what the loop's own thread submits takes no room.
    let filling = model::spawn(move || drop(remote.submit(|| async {})));
    filling.join().unwrap();
}

/// A thread waits for room while the loop begins with what fills the queue.
fn room_against_wait() {
    let mut reactor = model::reactor(Some(1));
    let remote = reactor.remote();
    fill(&remote);
    let submitting = model::spawn(move || {
        let submitted = remote.submit_within(Label::here(), FOR_EVER, || async {});
        submitted.expect("room comes")
    });
    reactor.turn(Budget::default()).expect("it has not stopped");
    drop(submitting.join().unwrap());
}

#[test]
fn room_is_never_waited_through() {
    check_all(room_against_wait);
}

#[test]
fn weakening_inbox_room_is_noticed() {
    assert_notices(
        "weakening_inbox_room_is_noticed",
        CoreEdge::InboxRoom,
        room_against_wait,
    );
}

#[test]
fn a_stop_ends_the_wait_for_room() {
    check_all(|| {
        let reactor = model::reactor(Some(1));
        let remote = reactor.remote();
        fill(&remote);
        let submitting = {
            let remote = remote.clone();
            model::spawn(move || {
                let submitted = remote.submit_within(Label::here(), FOR_EVER, || async {});
                submitted.expect("it is refused as stopped").take()
            })
        };
        remote.stop();
        let outcome = submitting.join().unwrap().expect("it has ended");
        assert!(matches!(outcome, Err(JoinError::Stopped)), "{outcome:?}");
    });
}
