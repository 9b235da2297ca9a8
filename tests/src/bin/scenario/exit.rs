//! Ways in which a process ends. Warnings and errors go to stderr, so that a silent one has none.

use std::future;
use std::process;
use std::thread;

use crochet_tests::child::LEAVING;
use crochet_tests::child::say;
use crochet_tests::hold::{Flag, Held};
use crochet_tests::{LONG, logs};

/// Says that it has been dropped, and where.
struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        let place = if crochet::is_reactor_thread() {
            "on the reactor"
        } else {
            "elsewhere"
        };
        say(format_args!("dropped {place}"));
    }
}

/// Sets a reactor up, and a logger that writes warnings and errors to stderr.
pub(crate) fn setup() {
    logs::warn_on_stderr();
    crochet::setup().expect("setup");
    crochet::wait_for(LONG, || async {}).expect("the reactor answers");
}

/// Begins an operation that never ends by itself.
fn leave_pending() {
    let begun = Flag::new();
    let tell = begun.clone();
    let result = crochet::run_in_reactor(move || async move {
        let _guard = Guard;
        tell.set();
        future::pending::<()>().await;
    });
    drop(result);
    begun.spin();
}

pub(crate) fn returns_with_an_idle_reactor() {
    setup();
    say(LEAVING);
}

pub(crate) fn returns_without_a_reactor() {
    say(LEAVING);
}

pub(crate) fn returns_with_pending_operations() {
    setup();
    leave_pending();
    say(LEAVING);
}

pub(crate) fn returns_with_a_blocked_operation() {
    setup();
    let held = Held::hold();
    std::mem::forget(held);
    say(LEAVING);
}

pub(crate) fn exits_from_main() {
    setup();
    leave_pending();
    say(LEAVING);
    process::exit(7);
}

pub(crate) fn exits_from_an_operation() {
    setup();
    let waited = crochet::wait_for(LONG, || async {
        say(LEAVING);
        process::exit(8)
    });
    unreachable!("the process has ended: {waited:?}");
}

pub(crate) fn panics_in_main() {
    setup();
    leave_pending();
    say(LEAVING);
    panic!("on purpose");
}

pub(crate) fn returns_while_a_thread_waits() {
    setup();
    let begun = Flag::new();
    let tell = begun.clone();
    thread::spawn(move || {
        let waited = crochet::wait_for(LONG, move || {
            tell.set();
            future::pending::<()>()
        });
        // Whether the thread gets so far before the process is gone is the system's choice.
        assert!(
            matches!(waited, Err(crochet::WaitError::Stopped)),
            "{waited:?}"
        );
    });
    begun.spin();
    say(LEAVING);
}

/// Looks at what it borrows when it is dropped.
struct Borrower<'a>(&'a [u8]);

impl Drop for Borrower<'_> {
    fn drop(&mut self) {
        let intact = self.0.iter().all(|byte| *byte == PATTERN);
        say(format_args!("what was borrowed is intact: {intact}"));
    }
}

const PATTERN: u8 = 0xA5;

pub(crate) fn returns_during_a_borrowed_call() {
    setup();
    let begun = Flag::new();
    let tell = begun.clone();
    thread::spawn(move || {
        let mut lent = [PATTERN; 4096];
        let borrowed = &lent;
        let waited = crochet::wait_for_borrowed(LONG, || async {
            let _borrower = Borrower(borrowed);
            tell.set();
            future::pending::<()>().await;
        });
        lent.fill(0);
        assert!(
            matches!(waited, Err(crochet::WaitError::Stopped)),
            "{waited:?}"
        );
    });
    begun.spin();
    say(LEAVING);
}

pub(crate) fn aborts_while_a_thread_waits() {
    setup();
    leave_pending();
    let begun = Flag::new();
    let tell = begun.clone();
    thread::spawn(move || {
        let waited = crochet::wait_for(LONG, move || {
            tell.set();
            future::pending::<()>()
        });
        unreachable!("nothing tells this thread: {waited:?}");
    });
    begun.spin();
    say(LEAVING);
    process::abort();
}

pub(crate) fn returns_after_stop() {
    setup();
    leave_pending();
    crochet::stop(LONG).expect("the reactor stops");
    say(LEAVING);
}

pub(crate) fn returns_with_a_reactor_that_never_ran() {
    let reactor = crochet::no_setup().expect("the first decision");
    let result = crochet::run_in_reactor(|| async {
        let _guard = Guard;
    });
    assert!(!result.is_ready());
    say(LEAVING);
    drop(reactor);
    assert!(matches!(
        result.wait(LONG),
        Err(crochet::EventualError::Stopped)
    ));
}
