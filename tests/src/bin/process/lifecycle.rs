//! Programs with many reactors, one after the other or at the same time, and with much left to do at their end.

use std::future;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use crochet::{Budget, EventualResult, Reactor};
use crochet_tests::child::say;
use crochet_tests::host::Host;
use crochet_tests::{LONG, barrier, logs, threads};

/// Prints how many microseconds the exit hook takes, with many results that nobody has waited for, and warnings and
/// errors to stderr.
pub(crate) fn exits_with_pending_results() {
    const RESULTS: usize = 10_000;
    // It is never dropped, as no static is.
    static KEPT: OnceLock<Vec<EventualResult<()>>> = OnceLock::new();

    logs::warn_on_stderr();
    // The system calls these hooks in the opposite order of their registration.
    at_exit(after_the_hook);
    crochet::setup().expect("a reactor");
    at_exit(before_the_hook);
    let pending = (0..RESULTS).map(|_| crochet::run_in_reactor(future::pending::<()>));
    KEPT.get_or_init(|| pending.collect());
    barrier();
}

fn at_exit(hook: extern "C" fn()) {
    // SAFETY: the hooks are functions of the program's own, and do not unwind as long as stdout is there.
    let refused = unsafe { libc::atexit(hook) };
    assert_eq!(refused, 0, "there is room for a hook");
}

static BEFORE: OnceLock<Instant> = OnceLock::new();

extern "C" fn before_the_hook() {
    BEFORE.get_or_init(Instant::now);
}

extern "C" fn after_the_hook() {
    if let Some(before) = BEFORE.get() {
        say(before.elapsed().as_micros());
    }
}

pub(crate) fn restarts_often() {
    let threads = threads::names().len();
    crochet::setup().expect("a reactor");
    barrier();
    crochet::stop(LONG).expect("it stops");
    let files = threads::open_files();
    for round in 0..100 {
        crochet::setup().expect("another reactor");
        let value = crochet::wait_for(LONG, move || async move { round }).expect("a value");
        assert_eq!(value, round);
        let left = crochet::run_in_reactor(future::pending::<()>);
        crochet::stop(LONG).expect("it stops");
        assert!(left.wait(LONG).is_err());
        spin_until_there_are(threads);
        assert_eq!(threads::open_files(), files, "after {round} restarts");
    }
    say("100 restarts");
}

pub(crate) fn runs_many_reactors() {
    const REACTORS: usize = 20;

    let (threads, files) = (threads::names().len(), threads::open_files());
    let hosts: Vec<_> = (0..REACTORS).map(|_| Host::new()).collect();
    crochet::setup().expect("one for the process besides");
    let mut here: Vec<_> = (0..REACTORS)
        .map(|_| Reactor::new().expect("a reactor"))
        .collect();

    // Each asks the next one, and the last the process's, which a plain call would be refused for.
    let label = crochet::Label::here();
    for (at, host) in hosts.iter().enumerate() {
        let value = host.remote().call(label, LONG, move || async move {
            crochet::sleep(Duration::from_micros(50)).await;
            crochet::run_in_reactor(move || async move { at }).await
        });
        assert_eq!(value.expect("it ends").expect("a value"), at);
    }
    for reactor in &mut here {
        let value = reactor.block_on(async { crochet::wait_for(LONG, || async {}).is_err() });
        assert!(
            value.expect("it runs"),
            "no blocking call on any reactor's thread"
        );
        let task = reactor.spawn(async {});
        reactor.turn(Budget::default()).expect("it goes on");
        assert!(task.is_finished());
    }
    let ids: Vec<_> = hosts
        .iter()
        .map(|host| {
            let id = host
                .remote()
                .call(label, LONG, || async { thread::current().id() });
            id.expect("a value")
        })
        .collect();
    assert!(
        ids.iter()
            .all(|id| ids.iter().filter(|other| *other == id).count() == 1)
    );
    drop(here);
    drop(hosts);
    crochet::stop(LONG).expect("it stops");
    spin_until_there_are(threads);
    assert_eq!(threads::open_files(), files);
    say("all gone");
}

/// Computes until the process has this many threads: one that joins another may end a little after the call that it
/// serves.
fn spin_until_there_are(threads: usize) {
    while threads::names().len() > threads {
        thread::yield_now();
    }
}
