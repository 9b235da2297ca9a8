//! Programs that get a guard, and what is there before, after, and in a forked child.

use std::future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crochet::WaitError;
use crochet::signals::{self, HandleError};
use crochet_tests::child::say;
use crochet_tests::forked;
use crochet_tests::hold::Flag;
use crochet_tests::program::{Disposition, dispose, send, send_here};
use crochet_tests::{LONG, threads};
use libc::{SIGINT, SIGTERM};

use super::{begin, dispose_by_default, own_id};

pub(crate) fn goes_without_a_guard() {
    dispose_by_default();
    crochet::setup().expect("a reactor");
    let waited = crochet::wait_for(LONG, || async {
        say("waiting");
        future::pending::<()>().await;
    });
    unreachable!("the signal ends the process: {waited:?}");
}

pub(crate) fn has_had_a_guard() {
    drop(begin());
    let waited = crochet::wait_for(LONG, || async {
        say("waiting");
        future::pending::<()>().await;
    });
    unreachable!("the signal ends the process: {waited:?}");
}

static HANDLED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn handler(_signal: i32) {
    HANDLED.fetch_add(1, Ordering::SeqCst);
}

pub(crate) fn has_a_handler() {
    dispose(SIGINT, Disposition::Handled(handler));
    dispose(SIGTERM, Disposition::Handled(handler));
    crochet::setup().expect("a reactor");
    let signals = signals::handle().expect("signals are handled");
    send_here(SIGINT);
    assert_eq!(
        HANDLED.load(Ordering::SeqCst),
        1,
        "the first handler is called first"
    );
    assert!(signals.is_interrupted());
    drop(signals);

    for (before, signal) in [(1, SIGINT), (2, SIGINT), (3, SIGTERM), (4, SIGTERM)] {
        send_here(signal);
        assert_eq!(HANDLED.load(Ordering::SeqCst), before + 1);
    }
    crochet::wait_for(LONG, || async {}).expect("nothing else was done");
    let _signals = signals::handle().expect("signals are handled again");
    send_here(SIGINT);
    assert_eq!(HANDLED.load(Ordering::SeqCst), 6);
    say("handled");
    send_here(SIGINT);
    unreachable!("the second signal ends the process");
}

pub(crate) fn ignores() {
    dispose(SIGINT, Disposition::Ignored);
    dispose(SIGTERM, Disposition::Ignored);
    crochet::setup().expect("a reactor");
    let signals = signals::handle().expect("signals are handled");
    for _ in 0..3 {
        send_here(SIGINT);
        send_here(SIGTERM);
    }
    assert!(!signals.is_interrupted());
    crochet::wait_for(LONG, || async {}).expect("not interrupted, not drained");
    say("ignored");
}

pub(crate) fn has_one_guard_at_a_time() {
    let first = begin();
    let second = signals::handle();
    assert!(
        matches!(second, Err(HandleError::AlreadyHandled)),
        "{second:?}"
    );
    drop(first);
    let third = signals::handle().expect("the first has gone");
    send_here(SIGINT);
    assert!(third.is_interrupted());
    drop(third);
    let fourth = signals::handle().expect("the third has gone");
    assert!(!fourth.is_interrupted(), "every guard begins anew");
    say("one at a time");
}

pub(crate) fn leaves_nothing_behind() {
    drop(begin());
    let (names, files) = (threads::names().len(), threads::open_files());
    for _ in 0..100 {
        let signals = signals::handle().expect("signals are handled");
        assert_eq!(threads::names().len(), names + 1);
        drop(signals);
    }
    assert_eq!(threads::names().len(), names);
    assert_eq!(threads::open_files(), files);
    say("nothing is left");
}

pub(crate) fn forks() {
    let signals = begin();
    let waiting = Flag::new();
    let tell = waiting.clone();
    let waiter = thread::spawn(move || {
        let waited = crochet::wait_for(LONG, move || async move {
            tell.set();
            future::pending::<()>().await;
        });
        assert!(matches!(waited, Err(WaitError::Interrupted)), "{waited:?}");
    });
    waiting.spin();
    for signal in [SIGINT, SIGTERM] {
        let child = forked::fork(|| {
            assert!(!signals.is_interrupted() && !signals.rearm());
            loop {
                thread::park();
            }
        });
        send(child.id(), signal);
        say(format_args!("{:?}", child.end()));
    }
    assert!(
        !signals.is_interrupted(),
        "the parent's signals are its own"
    );
    assert!(!waiter.is_finished());
    send_here(SIGINT);
    waiter.join().expect("no panic");
    say("interrupted");
}

pub(crate) fn handles_in_a_child() {
    let signals = begin();
    let child = forked::fork(move || {
        // A copy of the parent's: it does nothing, and waits for nobody.
        drop(signals);
        crochet::setup().expect("a reactor of the child's");
        let own = signals::handle().expect("the child's signals");
        let waited = crochet::wait_for(LONG, || async {
            send(own_id(), SIGINT);
            future::pending::<()>().await;
        });
        assert!(matches!(waited, Err(WaitError::Interrupted)), "{waited:?}");
        drop(own);
        send_here(SIGINT);
        unreachable!("the default action is in force again");
    });
    say(format_args!("{:?}", child.end()));
}
