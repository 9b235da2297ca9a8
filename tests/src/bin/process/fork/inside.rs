//! Programs that fork on the reactor's own thread.

use std::cell::Cell;
use std::future::{self, Future as _};
use std::io::{Read as _, Write as _};
use std::net;
use std::os::unix::net::UnixStream;
use std::panic;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use crochet::net::TcpListener;
use crochet::{NotOnReactor, OnFork, Phase, Reactor, RunError, Source};
use crochet_tests::child::say;
use crochet_tests::forked;
use crochet_tests::recorder::Recorder;
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, SHORT};

use super::{assert_forked, assert_works, setup};

pub(crate) fn forks_on_the_reactor() {
    setup();
    let child = crochet::wait_for(LONG, || async {
        forked::fork(|| {
            assert!(!crochet::is_reactor_thread(), "the child runs no reactor");
            assert_forked(crochet::wait_for(LONG, || async {}));
            assert_forked(crochet::remote().map(drop));
            let bound = TcpListener::bind(net::SocketAddr::from(([127, 0, 0, 1], 0)));
            let error = bound.expect_err("there is no reactor here");
            assert!(
                error
                    .get_ref()
                    .is_some_and(|inner| inner.is::<NotOnReactor>())
            );
            crochet::on_fork(OnFork::Restart);
            assert_works();
        })
    });
    child.expect("a child").assert_ends_well();
    assert_works();
    say("forked");
}

/// A child that is forked in an operation, and comes back from it into the loop.
pub(crate) fn returns_into_the_loop() {
    let mut reactor = Reactor::new().expect("a reactor");
    let remote = reactor.remote();
    static DONE: AtomicUsize = AtomicUsize::new(0);
    let trace = Trace::new();
    for _ in 0..3 {
        let value = trace.value();
        remote.add_trigger(Phase::Before, LONG, || async {
            DONE.fetch_add(1, Ordering::SeqCst);
        });
        drop(reactor.spawn(async move {
            let _value = value;
            crochet::call_later(Duration::ZERO, || {
                DONE.fetch_add(1, Ordering::SeqCst);
            });
            crochet::sleep(Duration::from_micros(1)).await;
            future::pending::<()>().await;
        }));
    }
    let ran = reactor.block_on(async {
        if let Some(child) = forked::fork_here() {
            child.assert_ends_well();
            crochet::sleep(SHORT).await;
        }
    });
    if matches!(ran, Err(RunError::Forked)) {
        drop(reactor);
        let is_clean = DONE.load(Ordering::SeqCst) == 0 && trace.count() == 0;
        forked::leave(i32::from(!is_clean));
    }
    ran.expect("the parent's loop goes on");
    assert_eq!(DONE.load(Ordering::SeqCst), 6);
    assert_eq!(trace.count(), 3);
    say("left the loop");
}

/// Forks a child when it is woken first, and counts.
struct ForkOnce {
    forked: AtomicBool,
    woken: AtomicUsize,
}

impl Wake for ForkOnce {
    fn wake(self: Arc<Self>) {
        self.woken.fetch_add(1, Ordering::SeqCst);
        if !self.forked.swap(true, Ordering::SeqCst) {
            if let Some(child) = forked::fork_here() {
                // Before the parent goes on, so that whatever the child takes is missing here.
                child.assert_ends_well();
            }
        }
    }
}

/// A child that is forked while more events are there than a wait takes in: all of them are its parent's.
pub(crate) fn forks_amid_events() {
    // Far more than one wait takes in, and each has two that wait: who polls, and a future.
    const SOURCES: usize = 300;
    const WAITING: usize = 2 * SOURCES;
    // Before the program's own limit.
    const LIMIT: Duration = Duration::from_secs(20);

    let mut reactor = Reactor::new().expect("a reactor");
    let counter = Arc::new(ForkOnce {
        forked: AtomicBool::new(false),
        woken: AtomicUsize::new(0),
    });
    let waker = Waker::from(Arc::clone(&counter));
    let forker = Arc::clone(&counter);
    let ran = reactor.block_on(async move {
        let mut cx = Context::from_waker(&waker);
        let pairs: Vec<_> = (0..SOURCES)
            .map(|_| {
                let (near, far) = UnixStream::pair().expect("a pair");
                near.set_nonblocking(true).expect("it does not block");
                let near = Source::new(near).expect("it is registered");
                let read = near.poll_read_with(&mut cx, |mut near| near.read(&mut [0]));
                assert!(read.is_pending(), "{read:?}");
                (near, far)
            })
            .collect();
        let mut waits: Vec<_> = pairs
            .iter()
            .map(|(near, _)| Box::pin(near.readable()))
            .collect();
        for wait in &mut waits {
            assert!(wait.as_mut().poll(&mut cx).is_pending());
        }
        for (_, far) in &pairs {
            let mut far = far;
            far.write_all(b"!").expect("there is room");
        }
        // As there is other work, the loop does not sleep, and takes in what there is.
        let all_are_woken = async {
            while forker.woken.load(Ordering::SeqCst) < WAITING {
                crochet::yield_now().await;
            }
        };
        crochet::timeout(LIMIT, all_are_woken).await
    });
    let woken = counter.woken.load(Ordering::SeqCst);
    if matches!(ran, Err(RunError::Forked)) {
        drop(reactor);
        // The one that has forked, and none after it.
        forked::leave(i32::from(woken != 1));
    }
    let waited = ran.expect("the parent's loop goes on");
    assert!(waited.is_ok(), "{woken} of {WAITING}");
    say("told of all");
}

/// A child that is forked in a task, which panics in both processes: only one of them is to say so.
pub(crate) fn panics_in_both_processes() {
    let recorder = Recorder::new();
    let seen = recorder.seen();
    log::set_logger(Box::leak(Box::new(recorder))).expect("the only logger");
    let mut reactor = Reactor::new().expect("a reactor");
    let child = Rc::new(Cell::new(None));
    let forked = Rc::clone(&child);
    drop(reactor.spawn(async move {
        forked.set(forked::fork_here());
        // Without the hook, which would write to standard error.
        panic::resume_unwind(Box::new("in a fork"));
    }));
    let ran = reactor.block_on(async { crochet::sleep(SHORT).await });
    if matches!(ran, Err(RunError::Forked)) {
        drop(reactor);
        forked::leave(i32::from(!seen.lines().is_empty()));
    }
    ran.expect("the parent's loop goes on");
    let told = seen.lines();
    assert!(
        matches!(&told[..], [line] if line.contains("panicked, and nobody asked: in a fork")),
        "{told:?}"
    );
    child.take().expect("a child").assert_ends_well();
    say("panicked");
}
