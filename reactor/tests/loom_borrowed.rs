//! Loom models of the borrowed call: whatever happens, nothing of its operation touches what it
//! borrows once the call has returned.
//!
//! What is borrowed is a cell that loom watches. The operation changes it when it is polled and when
//! it is dropped; the caller changes it as soon as the call has returned. If nothing orders the one
//! before the other, loom reports a race.
//!
//! All of it is the code that ships: `Remote::call_borrowed`, the waits, the scheduler, the turns of
//! the loop and its end. The time is over at once or never comes, so that every moment at which a
//! time limit may strike is one of the orders that loom tries.
#![cfg(crochet_loom)]

use core::future::{Future, pending, poll_fn};
use core::task::Poll;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use crochet_core::model::Edge as CoreEdge;
use crochet_reactor::model;
use crochet_reactor::{Budget, Label, Phase, Reactor, Remote, interrupt_waits};
use loom::cell::UnsafeCell;
use loom::thread;

#[path = "loom/came.rs"]
mod came;
#[path = "../../core/tests/loom/support.rs"]
mod support;

use came::{Came, Tally};
use support::{Borrow, Weaken, assert_notices, check, check_large, lend, touch};

const AT_ONCE: Duration = Duration::ZERO;
const NEVER: Duration = Duration::MAX;

/// Makes a borrowing call on a thread of its own. The loop's thread does as `run` says, then drops
/// the reactor, which ends what is left.
fn call_against<T, F>(
    timeout: Duration,
    body: impl FnOnce(Borrow) -> F + Send + 'static,
    run: impl FnOnce(&mut Reactor),
) -> Came
where
    F: Future<Output = T> + 'static,
    T: Send + 'static,
{
    let mut came = None;
    lend(UnsafeCell::new(0), |cell| {
        let mut reactor = model::reactor(None);
        let remote = reactor.remote();
        let borrow = Borrow::of(cell);
        let calling = model::spawn(move || {
            let lender = Borrow::of(cell);
            let called = remote.call_borrowed(Label::here(), timeout, move || body(borrow));
            // The caller's own again.
            lender.touch();
            // The value may borrow as well: it is the caller's.
            let came = Came::of(&called);
            drop(called);
            came
        });
        // So that the call comes before the loop's turns without a preemption, of which there are few.
        thread::yield_now();
        run(&mut reactor);
        drop(reactor);
        came = Some(calling.join().unwrap());
    });
    came.expect("the call has returned")
}

fn turn(reactor: &mut Reactor) {
    reactor.turn(Budget::default()).expect("nobody stops it");
}

fn two_turns(reactor: &mut Reactor) {
    turn(reactor);
    turn(reactor);
}

/// Checks calls in every order, and what they come to.
fn check_calls(call: impl Fn() -> Came + Send + Sync + 'static, expected: &[Came]) {
    let tally = Tally::default();
    let counting = tally.clone();
    check(move || counting.count(call()));
    tally.assert_only(expected);
}

/// Checks a call whose time is up at once, wherever its operation is at that moment: in the queue,
/// being polled, suspended, ended, or dropped because the reactor ends.
fn check_timeout<T, F>(body: fn(Borrow) -> F, expected: &[Came])
where
    F: Future<Output = T> + 'static,
    T: Send + 'static,
{
    check_calls(move || call_against(AT_ONCE, body, two_turns), expected);
}

/// Also lends what it borrows on to the caller, in its value.
async fn complete(borrow: Borrow) -> Borrow {
    borrow.touch();
    borrow
}

async fn wait_for_ever(borrow: Borrow) {
    borrow.touch();
    pending::<()>().await;
}

/// A destructor that panics after it has used what is borrowed.
struct PanicWhenDropped(Borrow);

impl Drop for PanicWhenDropped {
    fn drop(&mut self) {
        self.0.touch();
        // Without the panic hook, which would write a line in each order.
        resume_unwind(Box::new("a destructor"));
    }
}

#[test]
fn a_timeout_against_an_operation_that_completes() {
    check_timeout(complete, &[Came::Value, Came::TimedOut, Came::Stopped]);
}

#[test]
fn a_timeout_against_an_operation_that_is_polled_twice() {
    check_timeout(
        |borrow| {
            let mut is_first = true;
            poll_fn(move |cx| {
                borrow.touch();
                if std::mem::take(&mut is_first) {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(())
            })
        },
        &[Came::Value, Came::TimedOut, Came::Stopped],
    );
}

#[test]
fn a_timeout_against_an_operation_that_never_ends() {
    check_timeout(wait_for_ever, &[Came::TimedOut, Came::Stopped]);
}

#[test]
fn a_timeout_against_an_operation_that_panics() {
    check_timeout(
        |borrow| {
            poll_fn(move |_| -> Poll<()> {
                borrow.touch();
                resume_unwind(Box::new("an operation"))
            })
        },
        &[Came::Panicked, Came::TimedOut, Came::Stopped],
    );
}

#[test]
fn a_timeout_against_a_destructor_that_panics() {
    check_timeout(
        |borrow| {
            let borrow = PanicWhenDropped(borrow);
            async move {
                borrow.0.touch();
                pending::<()>().await;
            }
        },
        &[Came::TimedOut, Came::Stopped],
    );
}

#[test]
fn a_timeout_against_a_loop_that_sleeps() {
    check_large(|| {
        lend(UnsafeCell::new(0), |cell| {
            let mut reactor = model::reactor(None);
            let remote = reactor.remote();
            let calling = model::spawn(move || {
                let borrow = Borrow::of(cell);
                let make = move || wait_for_ever(borrow);
                let called = remote.call_borrowed(Label::here(), AT_ONCE, make);
                touch(cell);
                remote.stop();
                called
            });
            reactor.run().expect("a model's poller does not fail");
            let called = calling.join().unwrap();
            assert_eq!(Came::of(&called), Came::TimedOut);
        });
    });
}

#[test]
fn a_timeout_while_the_reactor_is_dropped() {
    check_calls(
        || call_against(AT_ONCE, complete, |_| {}),
        &[Came::TimedOut, Came::Stopped],
    );
}

#[test]
fn a_stop_while_the_call_waits() {
    check_calls(
        || {
            call_against(NEVER, wait_for_ever, |reactor| {
                turn(reactor);
                reactor.remote().stop();
                turn(reactor);
            })
        },
        &[Came::Stopped],
    );
}

#[test]
fn a_stop_from_within_the_operation() {
    check_calls(
        || {
            let (send, receive) = mpsc::channel::<Remote>();
            let body = move |borrow: Borrow| async move {
                if let Ok(remote) = receive.try_recv() {
                    remote.stop();
                }
                wait_for_ever(borrow).await;
            };
            call_against(NEVER, body, move |reactor| {
                send.send(reactor.remote()).expect("the operation is there");
                two_turns(reactor);
            })
        },
        &[Came::Stopped],
    );
}

#[test]
fn a_stop_whose_triggers_run_while_the_call_gives_up() {
    check_calls(
        || {
            call_against(AT_ONCE, complete, |reactor| {
                let remote = reactor.remote();
                remote.add_trigger(Phase::Before, NEVER, || async {});
                remote.stop();
                turn(reactor);
            })
        },
        &[Came::TimedOut, Came::Stopped],
    );
}

#[test]
fn an_interrupt_from_within_the_operation() {
    check_calls(
        || {
            let body = |borrow: Borrow| {
                interrupt_waits();
                wait_for_ever(borrow)
            };
            call_against(NEVER, body, two_turns)
        },
        &[Came::Interrupted, Came::Stopped],
    );
}

/// Tells when the operation that owns it is dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_waker_that_is_used_after_the_end() {
    let late = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&late);
    check(move || {
        let (send, receive) = mpsc::channel();
        let late = Arc::clone(&counting);
        let body = move |borrow: Borrow| {
            let ended = Arc::new(AtomicBool::new(false));
            let dropped = Dropped(Arc::clone(&ended));
            poll_fn(move |cx| -> Poll<()> {
                let _until_dropped = &dropped;
                borrow.touch();
                let waker = cx.waker().clone();
                let (ended, late) = (Arc::clone(&ended), Arc::clone(&late));
                let waking = thread::spawn(move || {
                    if ended.load(Ordering::Relaxed) {
                        late.fetch_add(1, Ordering::Relaxed);
                    }
                    waker.wake_by_ref();
                    drop(waker);
                });
                send.send(waking).expect("the model receives it");
                Poll::Pending
            })
        };
        call_against(AT_ONCE, body, two_turns);
        for waking in receive {
            waking.join().unwrap();
        }
    });
    assert!(
        late.load(Ordering::Relaxed) > 0,
        "in some orders it is late"
    );
}

fn timeout_against_completion() {
    call_against(AT_ONCE, complete, two_turns);
}

#[test]
fn weakening_eventual_finish_is_noticed() {
    assert_notices(
        "weakening_eventual_finish_is_noticed",
        CoreEdge::EventualFinish,
        timeout_against_completion,
    );
}

#[test]
fn weakening_eventual_read_is_noticed() {
    assert_notices(
        "weakening_eventual_read_is_noticed",
        CoreEdge::EventualRead,
        timeout_against_completion,
    );
}

/// The wait for the end, which `Remote::call` does without.
#[derive(Debug)]
struct EndAwaited;

impl Weaken for EndAwaited {
    fn weaken(&self) {}
    fn restore(&self) {}
}

#[test]
fn a_call_that_does_not_wait_for_the_end_is_noticed() {
    assert_notices(
        "a_call_that_does_not_wait_for_the_end_is_noticed",
        EndAwaited,
        || {
            lend(UnsafeCell::new(0), |cell| {
                let mut reactor = model::reactor(None);
                let remote = reactor.remote();
                let calling = model::spawn(move || {
                    let borrow = Borrow::of(cell);
                    let make = move || wait_for_ever(borrow);
                    drop(remote.call(Label::here(), AT_ONCE, make));
                    touch(cell);
                });
                two_turns(&mut reactor);
                drop(reactor);
                calling.join().unwrap();
            });
        },
    );
}
