//! What the loom models share.
#![allow(dead_code, reason = "no model uses all of it")]

use std::env;
use std::fmt::Debug;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use crochet_core::model;
use loom::cell::UnsafeCell;
use loom::sync::Notify;

/// Runs `model` in every order that the bound on preemptions allows.
///
/// Loom learns which steps to swap from the last access to each atomic. When a thread only loads
/// one and another then loads and exchanges it, the second load hides the first from the exchange,
/// and the two threads are not swapped. So a model begins with those who change something: it
/// spawns them first, and waits for them first.
pub(crate) fn check(model: impl Fn() + Send + Sync + 'static) {
    bounded_by(3, model);
}

/// As [`check`] with at most two preemptions, for models of more than two threads that wait.
pub(crate) fn check_large(model: impl Fn() + Send + Sync + 'static) {
    bounded_by(2, model);
}

/// Runs `model` in every order, for models of two threads that take a few steps each.
pub(crate) fn check_all(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = None;
    run(&builder, model);
}

fn bounded_by(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    // Most faults show with two preemptions; without a bound the larger models take hours.
    let asked_for = builder.preemption_bound.unwrap_or(preemptions);
    builder.preemption_bound = Some(asked_for.min(preemptions));
    run(&builder, model);
}

fn run(builder: &loom::model::Builder, model: impl Fn() + Send + Sync + 'static) {
    let orders = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&orders);
    builder.check(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let orders = orders.load(Ordering::Relaxed);
    assert!(orders > 1, "loom found nothing to swap in this model");
}

/// Asserts that `model` fails when `edge` is weakened: that it depends on the edge, and would
/// notice if it were lost.
///
/// `test` is the name of the test that calls this. It is run once more, in a process of its own,
/// because a model that fails may well abort: loom objects to steps taken while unwinding.
pub(crate) fn assert_notices(
    test: &str,
    edge: impl Weaken,
    model: impl Fn() + Send + Sync + 'static,
) {
    const WEAKENED: &str = "CROCHET_LOOM_WEAKENED";
    if env::var_os(WEAKENED).is_some() {
        edge.weaken();
        check(model);
        edge.restore();
        return;
    }
    let this = env::current_exe().expect("a test knows its own program");
    let output = Command::new(this)
        .args(["--exact", test, "--nocapture"])
        .env(WEAKENED, "1")
        .output()
        .expect("a test can run its own program");
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stdout.contains("running 1 test"), "{test} is not a test");
    assert!(!output.status.success(), "the model holds without {edge:?}");
    let found = ["Causality violation", "deadlock", "tests/loom_"];
    assert!(
        found.iter().any(|message| stderr.contains(message)),
        "the model failed for a reason of its own:\n{stderr}"
    );
}

/// Something that a model depends on, and that can be taken from it.
pub(crate) trait Weaken: Debug {
    fn weaken(&self);
    fn restore(&self);
}

impl Weaken for model::Edge {
    fn weaken(&self) {
        model::weaken(*self);
    }

    fn restore(&self) {
        model::restore();
    }
}

/// Lends `value` to the threads of a model, which have all been joined when `with` returns.
///
/// Loom's threads take nothing that borrows.
pub(crate) fn lend<T: 'static>(value: T, with: impl FnOnce(&'static T)) {
    let raw = Box::into_raw(Box::new(value));
    // SAFETY: it comes from a box that is freed below, after the last use.
    with(unsafe { &*raw });
    // SAFETY: `with` has returned, and with it everybody that it lent the value to. When it
    // panics instead the value is leaked, which the failed model does not mind.
    drop(unsafe { Box::from_raw(raw) });
}

/// Something that loom reports when it is leaked, or dropped twice.
#[derive(Clone, Debug)]
pub(crate) struct Token(loom::sync::Arc<()>);

impl Token {
    pub(crate) fn new() -> Self {
        Self(loom::sync::Arc::new(()))
    }
}

/// Something borrowed, whose last use is when this is dropped. Loom reports a use that nothing orders
/// after one elsewhere, or before it.
pub(crate) struct Borrow(&'static UnsafeCell<u32>);

// SAFETY: the cell is loom's, which checks every access.
unsafe impl Send for Borrow {}

impl Borrow {
    pub(crate) fn of(cell: &'static UnsafeCell<u32>) -> Self {
        Self(cell)
    }

    pub(crate) fn touch(&self) {
        touch(self.0);
    }
}

impl Drop for Borrow {
    fn drop(&mut self) {
        self.touch();
    }
}

/// Changes what `cell` holds, of which loom says whether anybody else may use it at the time.
pub(crate) fn touch(cell: &UnsafeCell<u32>) {
    cell.with_mut(|value| {
        // SAFETY: loom has just checked that nobody else accesses the cell.
        unsafe { *value += 1 };
    });
}

/// Blocks a thread until it is woken, for ever if need be: a lost wake-up is a deadlock, which
/// loom reports.
#[derive(Debug)]
pub(crate) struct Signal {
    notify: Notify,
    _token: Token,
}

impl Signal {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            notify: Notify::new(),
            _token: Token::new(),
        })
    }

    pub(crate) fn waker(self: &Arc<Self>) -> Waker {
        Arc::clone(self).into()
    }

    pub(crate) fn notify(&self) {
        self.notify.notify();
    }

    /// Waits for one notification, which may have come before; may return early.
    pub(crate) fn wait(&self) {
        self.notify.wait();
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.notify();
    }
}
