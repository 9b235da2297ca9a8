//! Programs that fork.

use std::fmt;
use std::future;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use crochet::{EventualError, OnFork, WaitError};
use crochet_tests::child::say;
use crochet_tests::forked;
use crochet_tests::program::proceed;
use crochet_tests::{LONG, barrier, threads};

pub(crate) mod entry;
pub(crate) mod halves;
pub(crate) mod inherited;
pub(crate) mod inside;
pub(crate) mod storm;

fn setup() {
    crochet::setup().expect("a reactor");
    barrier();
}

/// Asserts that the process's reactor works, as far as blocking calls go.
fn assert_works() {
    let here = thread::current().id();
    let there = crochet::wait_for(LONG, || async { thread::current().id() }).expect("a value");
    assert_ne!(there, here);
    let mut seen = 0;
    crochet::wait_for_borrowed(LONG, || async { seen = 5 }).expect("a value");
    assert_eq!(seen, 5);
    let result = crochet::run_in_reactor(|| async {
        crochet::sleep(Duration::from_micros(10)).await;
        6
    });
    assert_eq!(result.wait(LONG).expect("a value"), 6);
    let pooled = crochet::wait_for(LONG, || crochet::defer_to_thread(|| 7));
    assert_eq!(pooled.expect("it ends").expect("a value"), 7);
}

/// Forks a child that is refused whatever it asks for, and waits for its end.
///
/// What it asks for has a limit of a minute, so whatever waits instead takes that long.
#[track_caller]
fn refused_at_once(body: impl FnOnce()) {
    const AT_ONCE: Duration = Duration::from_secs(5);

    forked::fork(|| {
        let begun = Instant::now();
        body();
        let took = begun.elapsed();
        assert!(took < AT_ONCE, "it took {took:?}");
    })
    .assert_ends_well();
}

#[track_caller]
fn assert_forked<T: fmt::Debug>(waited: Result<T, WaitError>) {
    assert!(matches!(waited, Err(WaitError::Forked)), "{waited:?}");
}

pub(crate) fn sets_up_again() {
    setup();
    forked::fork(|| {
        for _ in 0..3 {
            crochet::setup().expect("a reactor of the child's");
            assert_works();
            crochet::stop(LONG).expect("it stops");
        }
        crochet::setup().expect("a reactor of the child's");
        assert_works();
    })
    .assert_ends_well();
    forked::fork(|| {
        let mut reactor = crochet::no_setup().expect("the child's first decision");
        assert_eq!(reactor.block_on(async { 2 }).expect("a value"), 2);
    })
    .assert_ends_well();
    assert_works();
    say("set up");
}

pub(crate) fn restarts() {
    setup();
    crochet::on_fork(OnFork::Restart);
    forked::fork(|| {
        assert_eq!(threads::names().len(), 1, "nothing before the first call");
        assert_works();
        assert!(threads::names().len() > 1);
    })
    .assert_ends_well();
    forked::fork(|| {
        let result = crochet::run_in_reactor(|| async { 3 });
        assert_eq!(result.wait(LONG).expect("a value"), 3);
    })
    .assert_ends_well();
    forked::fork(|| {
        // The first calls of many threads start one reactor.
        let barrier = Arc::new(Barrier::new(8));
        let callers: Vec<_> = (0..8)
            .map(|_| {
                let barrier = Arc::clone(&barrier);
                thread::spawn(move || {
                    barrier.wait();
                    crochet::wait_for(LONG, || async { thread::current().id() }).expect("a value")
                })
            })
            .collect();
        let mut reactors: Vec<_> = callers
            .into_iter()
            .map(|caller| caller.join().expect("no panic"))
            .collect();
        reactors.dedup();
        assert_eq!(reactors.len(), 1);
    })
    .assert_ends_well();
    crochet::on_fork(OnFork::Refuse);
    forked::fork(|| assert_forked(crochet::wait_for(LONG, || async {}))).assert_ends_well();
    assert_works();
    say("restarted");
}

pub(crate) fn goes_on_forking() {
    setup();
    forked::fork(|| {
        forked::fork(|| {
            assert_forked(crochet::wait_for(LONG, || async {}));
            crochet::setup().expect("a reactor of the grandchild's");
            let result = crochet::run_in_reactor(future::pending::<()>);
            forked::fork(|| {
                assert!(matches!(result.wait(LONG), Err(EventualError::Forked)));
                assert_forked(crochet::wait_for(LONG, || async {}));
                crochet::on_fork(OnFork::Restart);
                assert_works();
            })
            .assert_ends_well();
            assert_works();
        })
        .assert_ends_well();
        assert_forked(crochet::wait_for(LONG, || async {}));
        crochet::setup().expect("a reactor of the child's");
        assert_works();
        forked::fork(|| assert_forked(crochet::wait_for(LONG, || async {}))).assert_ends_well();
        assert_works();
    })
    .assert_ends_well();
    assert_works();
    say("done");
}

/// Forks before anything has been set up, as a daemon does.
pub(crate) fn becomes_a_daemon() {
    assert!(matches!(
        crochet::remote().map(drop),
        Err(WaitError::NotSetUp)
    ));
    forked::fork(|| {
        forked::fork(|| {
            let waited = crochet::wait_for(LONG, || async {});
            assert!(matches!(waited, Err(WaitError::NotSetUp)));
            crochet::setup().expect("a reactor");
            assert_works();
            say("the daemon works");
            proceed();
        })
        .assert_ends_well();
    })
    .assert_ends_well();
}

/// A child that ends by `exit`, with the parent's exit hook.
pub(crate) fn exits_in_a_child() {
    setup();
    let result = crochet::run_in_reactor(future::pending::<()>);
    forked::fork(|| std::process::exit(0)).assert_ends_well();
    forked::fork(|| {
        crochet::setup().expect("a reactor of the child's");
        drop(crochet::run_in_reactor(|| async {
            let _says = SaysOnDrop;
            future::pending::<()>().await;
        }));
        barrier();
        std::process::exit(0);
    })
    .assert_ends_well();
    assert_works();
    drop(result);
    say("exited");
}

struct SaysOnDrop;

impl Drop for SaysOnDrop {
    fn drop(&mut self) {
        say("the child's operation was dropped");
    }
}
