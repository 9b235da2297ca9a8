//! Loom models of tasks and the scheduler: submissions, wakers, cancellation and closing against
//! the loop.
#![cfg(all(feature = "alloc", crochet_loom))]

use core::future::{Future, pending, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;
use std::task::Wake;

use crochet_core::driver::Work;
use crochet_core::eventual::{End, Phase};
use crochet_core::model::Edge;
use crochet_core::scheduler::Scheduler;
use crochet_core::task::Operation;
use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread::{self, JoinHandle};

#[path = "loom/platform.rs"]
mod platform;
#[path = "loom/support.rs"]
mod support;

use platform::{Platform, run_until};
use support::{Borrow, Signal, Token, assert_notices, check, check_large, lend};

#[test]
fn a_submission_is_never_slept_through() {
    check(|| {
        let scheduler = Platform::scheduler();
        let ran = Arc::new(AtomicBool::new(false));
        let submitting = {
            let scheduler = scheduler.clone();
            let ran = Arc::clone(&ran);
            thread::spawn(move || {
                let token = Token::new();
                scheduler.submit(move || async move {
                    ran.store(true, Ordering::Relaxed);
                    token
                })
            })
        };
        run_until(&scheduler, || ran.load(Ordering::Relaxed));
        let operation = submitting.join().unwrap();
        assert!(operation.take().expect("it has run").is_ok());
    });
}

#[test]
fn the_caller_is_woken_when_its_operation_ends() {
    check_large(|| {
        let scheduler = Platform::scheduler();
        let done = Arc::new(AtomicBool::new(false));
        let calling = {
            let (scheduler, done) = (scheduler.clone(), Arc::clone(&done));
            thread::spawn(move || {
                let operation = scheduler.submit(|| async { Token::new() });
                let signal = Signal::new();
                if let Ok(key) = operation.register(&signal.waker()) {
                    signal.wait();
                    while !operation.is_ended() {
                        signal.wait();
                    }
                    operation.unregister(key);
                }
                assert!(operation.take().expect("it has ended").is_ok());
                done.store(true, Ordering::Relaxed);
                scheduler.notify();
            })
        };
        run_until(&scheduler, || done.load(Ordering::Relaxed));
        calling.join().unwrap();
    });
}

/// A future that starts threads when it is polled first, each of which sets its flag and wakes it,
/// and that is ready when it sees all the flags.
struct WaitForFlags<const N: usize> {
    flags: Arc<[AtomicBool; N]>,
    threads: Vec<JoinHandle<()>>,
    _token: Token,
}

impl<const N: usize> WaitForFlags<N> {
    fn new() -> Self {
        Self {
            flags: Arc::new(core::array::from_fn(|_| AtomicBool::new(false))),
            threads: Vec::new(),
            _token: Token::new(),
        }
    }
}

impl<const N: usize> Future for WaitForFlags<N> {
    type Output = Vec<JoinHandle<()>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.threads.is_empty() {
            self.threads = (0..N)
                .map(|index| {
                    let flags = Arc::clone(&self.flags);
                    let waker = cx.waker().clone();
                    thread::spawn(move || {
                        flags[index].store(true, Ordering::Relaxed);
                        waker.wake();
                    })
                })
                .collect();
            return Poll::Pending;
        }
        if self.flags.iter().all(|flag| flag.load(Ordering::Relaxed)) {
            return Poll::Ready(core::mem::take(&mut self.threads));
        }
        Poll::Pending
    }
}

/// Runs a task that waits for the flags of `N` threads, some of whose wakers outlive it.
fn wakes_from<const N: usize>() {
    let scheduler = Platform::scheduler();
    let operation = scheduler
        .spawn_local(WaitForFlags::<N>::new())
        .expect("this is the loop");
    run_until(&scheduler, || operation.is_ended());
    let threads = operation
        .take()
        .expect("it has ended")
        .expect("it is ready");
    for thread in threads {
        thread.join().unwrap();
    }
    // A wake-up may have come after the last flag was seen.
    scheduler.close();
}

#[test]
fn a_wake_up_from_another_thread_is_never_slept_through() {
    check(wakes_from::<1>);
}

#[test]
fn what_happened_before_any_wake_up_is_seen_by_the_next_poll() {
    check_large(wakes_from::<2>);
}

#[test]
fn weakening_task_wake_is_noticed() {
    assert_notices(
        "weakening_task_wake_is_noticed",
        Edge::TaskWake,
        wakes_from::<2>,
    );
}

/// A waker that is used and dropped elsewhere after its task has ended; the last of the two frees
/// the task.
fn waker_outlives_its_task() {
    let scheduler = Platform::scheduler();
    let mut late = None;
    let operation = {
        let late = &mut late;
        // SAFETY: the task ends below, before what it borrows.
        unsafe {
            scheduler.submit_unchecked(move || {
                poll_fn(move |cx| {
                    *late = Some(cx.waker().clone());
                    Poll::Ready(Token::new())
                })
            })
        }
    };
    run_until(&scheduler, || operation.is_ended());
    let waker = late.expect("the task has run");
    let waking = thread::spawn(move || {
        waker.wake_by_ref();
        drop(waker);
    });
    drop(operation);
    waking.join().unwrap();
    assert!(!scheduler.is_ready(), "a task that has ended is not woken");
}

#[test]
fn a_waker_may_outlive_its_task() {
    check(waker_outlives_its_task);
}

/// Makes the loop look once more when an operation ends, which it need not hear of otherwise.
struct NotifyLoop(Scheduler<Platform>);

impl Wake for NotifyLoop {
    fn wake(self: Arc<Self>) {
        self.0.notify();
    }
}

/// Runs the loop until `operation` has ended, on the loop or elsewhere.
fn run_to_the_end<T>(operation: &Operation<Scheduler<Platform>, T>) {
    let scheduler = operation.scheduler();
    let waker = Arc::new(NotifyLoop(scheduler.clone())).into();
    if let Ok(key) = operation.register(&waker) {
        run_until(scheduler, || operation.is_ended());
        operation.unregister(key);
    }
}

/// An operation that another thread cancels while the loop runs it.
fn cancel_against_run<F>(make: impl FnOnce() -> F + Send + 'static) -> Result<Token, End>
where
    F: Future<Output = Token> + 'static,
{
    let scheduler = Platform::scheduler();
    let operation = scheduler.submit(make);
    let mut outcome = None;
    lend(operation, |operation| {
        let cancelling = thread::spawn(|| {
            operation.cancel();
            operation.cancel();
        });
        run_to_the_end(operation);
        cancelling.join().unwrap();
        outcome = Some(match operation.peek().expect("it has ended") {
            Ok(token) => Ok(token.clone()),
            Err(end) => Err(end),
        });
    });
    assert_eq!(scheduler.suspended(), 0);
    // A task that was revoked, or woken as it ended, is in the queue still.
    scheduler.close();
    outcome.expect("it has ended")
}

#[test]
fn cancelling_ends_a_task_that_would_wait_for_ever() {
    check(|| {
        let token = Token::new();
        let outcome = cancel_against_run(move || async move {
            let _token = token;
            pending().await
        });
        assert_eq!(outcome.err(), Some(End::Cancelled));
    });
}

#[test]
fn cancelling_never_takes_a_result_away() {
    check(|| {
        let token = Token::new();
        match cancel_against_run(move || async move { token }) {
            Ok(token) => drop(token),
            Err(end) => assert_eq!(end, End::Cancelled),
        }
    });
}

#[test]
fn an_end_that_shows_means_that_the_borrows_are_over() {
    check_large(|| {
        lend(UnsafeCell::new(0), |cell| {
            let scheduler = Platform::scheduler();
            let borrow = Borrow::of(cell);
            // Keeps what it borrows until it is dropped, also when it is ready.
            let operation = scheduler.submit(move || {
                poll_fn(move |_| {
                    borrow.touch();
                    Poll::Ready(())
                })
            });
            lend(operation, |operation| {
                let cancelling = thread::spawn(|| operation.cancel());
                let lender = Borrow::of(cell);
                let looking = thread::spawn(move || {
                    if operation.is_ended() {
                        lender.touch();
                    }
                    // What it lent is its own again only when the operation has ended.
                    core::mem::forget(lender);
                });
                run_to_the_end(operation);
                cancelling.join().unwrap();
                looking.join().unwrap();
            });
            scheduler.close();
        });
    });
}

/// Drops the last references to a task from two threads.
fn revoke_against_run() {
    let scheduler = Platform::scheduler();
    let token = Token::new();
    let operation = scheduler.submit(move || async move { drop(token) });
    let cancelling = thread::spawn(move || {
        operation.cancel();
        drop(operation);
    });
    while scheduler.run_one() {}
    cancelling.join().unwrap();
    scheduler.close();
}

#[test]
fn a_revoked_task_is_freed_once() {
    check(revoke_against_run);
}

#[test]
fn weakening_task_free_is_noticed() {
    assert_notices(
        "weakening_task_free_is_noticed",
        Edge::TaskFree,
        revoke_against_run,
    );
}

fn submitting(scheduler: &Scheduler<Platform>) -> JoinHandle<Phase> {
    let scheduler = scheduler.clone();
    thread::spawn(move || {
        let token = Token::new();
        let operation = scheduler.submit(move || async move { token });
        let phase = operation.phase();
        drop(operation);
        phase
    })
}

#[test]
fn a_submission_is_either_ended_by_close_or_refused() {
    check(|| {
        let scheduler = Platform::scheduler();
        let submission = submitting(&scheduler);
        scheduler.close();
        let phase = submission.join().unwrap();
        assert!(
            matches!(phase, Phase::Queued | Phase::Running | Phase::Stopped),
            "{phase:?}"
        );
        assert!(!scheduler.is_ready(), "close leaves nothing behind");
    });
}

#[test]
fn after_close_every_submission_has_ended() {
    check(|| {
        let scheduler = Platform::scheduler();
        let operation = {
            let scheduler = scheduler.clone();
            thread::spawn(move || scheduler.submit(|| async { Token::new() }))
        };
        scheduler.close();
        let operation = operation.join().unwrap();
        assert_eq!(operation.peek().map(Result::err), Some(Some(End::Stopped)));
    });
}

#[test]
fn a_wake_up_that_comes_as_the_loop_closes_is_harmless() {
    check(|| {
        let scheduler = Platform::scheduler();
        let (sender, receiver) = std::sync::mpsc::channel();
        let operation = scheduler
            .spawn_local(poll_fn(move |cx| {
                let waker = cx.waker().clone();
                let waking = thread::spawn(move || waker.wake());
                sender.send(waking).expect("the model receives it");
                Poll::<Token>::Pending
            }))
            .expect("this is the loop");
        assert!(scheduler.run_one());
        scheduler.close();
        assert_eq!(operation.phase(), Phase::Stopped);
        receiver
            .recv()
            .expect("the task has sent it")
            .join()
            .unwrap();
        assert_eq!(scheduler.suspended(), 0);
        assert!(!scheduler.run_one());
    });
}
