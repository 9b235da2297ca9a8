//! A loop for the models of the scheduler.

use std::sync::Arc;

use crochet_core::driver::{Unpark, Work};
use crochet_core::scheduler::{OnLoop, Scheduler};
use loom::thread::{self, ThreadId};

use super::support::{Signal, Token};

/// What the loop needs of its platform; the thread that makes it is the loop's.
#[derive(Debug)]
pub(crate) struct Platform {
    loop_thread: ThreadId,
    signal: Arc<Signal>,
    // Every task keeps its scheduler, and with it this: a leaked task is reported.
    _token: Token,
}

impl Platform {
    pub(crate) fn scheduler() -> Scheduler<Self> {
        Scheduler::new(Self {
            loop_thread: thread::current().id(),
            signal: Signal::new(),
            _token: Token::new(),
        })
    }
}

impl Unpark for Platform {
    fn unpark(&self) {
        self.signal.notify();
    }
}

// SAFETY: one thread is the loop's for as long as the platform lives.
unsafe impl OnLoop for Platform {
    fn is_on_loop(&self) -> bool {
        thread::current().id() == self.loop_thread
    }
}

/// Runs the loop, sleeping when there is nothing to do, until `is_done`.
pub(crate) fn run_until(scheduler: &Scheduler<Platform>, is_done: impl Fn() -> bool) {
    loop {
        scheduler.collect();
        while scheduler.run_one() {}
        if is_done() {
            return;
        }
        if scheduler.try_sleep() {
            scheduler.shared().signal.wait();
        }
        scheduler.awake();
    }
}
