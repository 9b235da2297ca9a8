//! What a process has one of, and the library leaves alone. One test: the hook and the logger are the process's.

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};

use crochet::WaitError;
use crochet_tests::LONG;
use log::LevelFilter;

static BEFORE: AtomicUsize = AtomicUsize::new(0);
static AFTER: AtomicUsize = AtomicUsize::new(0);

fn set_hook(calls: &'static AtomicUsize) {
    panic::set_hook(Box::new(|_| {
        calls.fetch_add(1, Ordering::SeqCst);
    }));
}

fn assert_calls(before: usize, after: usize) {
    assert_eq!(BEFORE.load(Ordering::SeqCst), before);
    assert_eq!(AFTER.load(Ordering::SeqCst), after);
}

/// Panics in an operation, which is contained, and outside of any.
fn panic_twice() {
    let waited: Result<(), _> = crochet::wait_for(LONG, || async { panic!("contained") });
    assert!(matches!(waited, Err(WaitError::Panicked(_))));
    assert!(panic::catch_unwind(|| panic!("the program's own")).is_err());
}

struct Nobody;

impl log::Log for Nobody {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        false
    }

    fn log(&self, _: &log::Record<'_>) {}

    fn flush(&self) {}
}

#[test]
fn the_panic_hook_and_the_logger_stay_the_programs() {
    set_hook(&BEFORE);
    crochet::setup().expect("a reactor");
    panic_twice();
    assert_calls(2, 0);

    // One that is set later is in force, and stays so when another reactor is made.
    set_hook(&AFTER);
    panic_twice();
    assert_calls(2, 2);
    crochet::stop(LONG).expect("it stops");
    crochet::setup().expect("another reactor");
    panic_twice();
    assert_calls(2, 4);

    assert_eq!(log::max_level(), LevelFilter::Off);
    log::set_logger(&Nobody).expect("the library has set none");
}
