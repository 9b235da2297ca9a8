//! Getting a reactor for the process.

use std::fs;
use std::future;
use std::sync::{Arc, Barrier};
use std::thread;

use crochet::{Budget, EventualError, SetupError, StopError, WaitError};
use crochet_tests::child::say;
use crochet_tests::program::case_and_settings;
use crochet_tests::{LONG, SHORT, threads};

pub(crate) fn nothing_happens_before() {
    let (threads, files) = (threads::names().len(), threads::open_files());
    say(format_args!("{threads} thread"));

    assert!(matches!(crochet::remote(), Err(WaitError::NotSetUp)));
    assert!(matches!(crochet::stop(SHORT), Err(StopError::NotSetUp)));
    let waited = crochet::wait_for(LONG, || async { unreachable!("there is no reactor") });
    assert!(matches!(waited, Err::<(), _>(WaitError::NotSetUp)));
    let waited = crochet::wait_for_borrowed(LONG, || async { files });
    assert!(matches!(waited, Err(WaitError::NotSetUp)));
    let result = crochet::run_in_reactor(|| async { 1 });
    assert!(result.is_ready());
    result.cancel();
    assert!(matches!(result.wait(LONG), Err(EventualError::NotSetUp)));
    assert!(matches!(
        result.take(LONG),
        Ok(Err(EventualError::NotSetUp))
    ));

    assert_eq!(threads::names().len(), threads, "no thread");
    assert_eq!(threads::open_files(), files, "no file");
    say("nothing happened");

    crochet::setup().expect("setup");
    assert!(threads::open_files() > files);
    say(format_args!("{} threads", threads::names().len()));
}

pub(crate) fn many_threads() {
    let barrier = Arc::new(Barrier::new(16));
    let callers: Vec<_> = (0..16)
        .map(|_| {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || {
                barrier.wait();
                crochet::setup().expect("setup");
                // Whoever has returned from it has a reactor, whichever call made it.
                crochet::wait_for(LONG, || async { thread::current().id() }).expect("a value")
            })
        })
        .collect();
    let mut reactors: Vec<_> = callers
        .into_iter()
        .map(|caller| caller.join().expect("no panic"))
        .collect();
    reactors.dedup();
    assert_eq!(reactors.len(), 1, "all calls ran in one thread");
    crochet::setup().expect("setup again");

    // A system's name for a thread has fifteen letters at most.
    let names = threads::names();
    let named = names
        .iter()
        .filter(|name| name.starts_with("crochet-reactor"))
        .count();
    say(format_args!("{named} reactor"));
}

pub(crate) fn no_setup_runs_here() {
    let mut reactor = crochet::no_setup().expect("the first decision");
    crochet::setup().expect("does nothing");
    assert_eq!(threads::names().len(), 1, "no thread is started");

    let here = thread::current().id();
    let worker = thread::spawn(move || {
        let there = crochet::wait_for(LONG, || async { thread::current().id() }).expect("a value");
        assert_eq!(
            there, here,
            "the operation runs where the application runs the reactor"
        );
        crochet::stop(LONG).expect("asks to stop");
    });
    reactor.run().expect("runs until it is stopped");
    worker.join().expect("no panic");
    say("ran here");
}

/// A second argument names a back end.
pub(crate) fn no_setup_takes_settings() {
    let (_, settings) = case_and_settings();
    let settings = settings.queue_limit(2);
    let mut reactor = crochet::no_setup_with(&settings).expect("the first decision");
    let again = crochet::no_setup_with(&settings);
    assert!(matches!(again, Err(SetupError::AlreadySetUp)));
    // What the reactor's own thread submits has no limit.
    let submitting = thread::spawn(|| {
        let taken = [1, 2].map(|value| crochet::run_in_reactor(move || async move { value }));
        let refused = crochet::run_in_reactor(|| async {}).wait(LONG);
        assert!(
            matches!(refused, Err(EventualError::QueueFull)),
            "{refused:?}"
        );
        taken
    });
    let taken = submitting.join().expect("no panic");
    reactor.turn(Budget::default()).expect("it turns");
    let waiting = thread::spawn(|| taken.map(|taken| taken.wait(LONG).expect("a value")));
    let sum: i32 = waiting.join().expect("no panic").iter().sum();
    let backend = reactor.backend().expect("it has a poller");
    say(format_args!("{sum} on {backend:?}"));
}

pub(crate) fn no_setup_is_refused() {
    let reactor = crochet::no_setup().expect("the first decision");
    let again = crochet::no_setup();
    assert!(matches!(again, Err(SetupError::AlreadySetUp)));
    drop(reactor);
    // The decision stands, though its reactor is gone.
    assert!(matches!(crochet::no_setup(), Err(SetupError::AlreadySetUp)));
    crochet::setup().expect("does nothing");
    let waited = crochet::wait_for(LONG, || async {});
    assert!(matches!(waited, Err(WaitError::Stopped)));
    say("refused");
}

pub(crate) fn no_setup_after_setup() {
    crochet::setup().expect("setup");
    assert!(matches!(crochet::no_setup(), Err(SetupError::AlreadySetUp)));
    assert_eq!(crochet::wait_for(LONG, || async { 1 }).expect("a value"), 1);
    say("refused");
}

/// Returns what the system knows of the signals that the process blocks, ignores and handles.
fn signals() -> Vec<String> {
    let status = fs::read_to_string("/proc/self/status").expect("/proc is there");
    let known = ["SigBlk:", "SigIgn:", "SigCgt:"].map(|key| {
        let line = status.lines().find(|line| line.starts_with(key));
        line.expect("the system tells").to_owned()
    });
    known.to_vec()
}

pub(crate) fn leaves_signals_alone() {
    // A process's first thread makes the C library take one of its own signals.
    thread::spawn(|| {}).join().expect("no panic");
    let before = signals();
    crochet::setup().expect("setup");
    let pooled = crochet::wait_for(LONG, || crochet::defer_to_thread(|| 3));
    assert_eq!(pooled.expect("it ends").expect("a value"), 3);
    let timed_out = crochet::wait_for(SHORT, future::pending::<()>);
    assert!(matches!(timed_out, Err(WaitError::Timeout)));
    assert_eq!(signals(), before);
    crochet::stop(LONG).expect("it stops");
    assert_eq!(signals(), before);
    say("left alone");
}
