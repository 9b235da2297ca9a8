//! Work for the thread pool.

use std::time::Duration;

use crochet_tests::LONG;
use crochet_tests::executor::block_on;

use super::{SOON, Worker};
use crate::body::job;
use crate::outcome::{Submitted, Wait};
use crate::payload::ON_PURPOSE;
use crate::plan::{Act, Errors};

impl Worker {
    /// Hands a job over, and awaits it, drops it, or has a panic of it contained.
    pub(super) fn defer(&mut self) {
        let mut plan = self.plan(Errors::None);
        plan.act = if self.random.one_in(5) {
            Act::Panic
        } else {
            Act::Value
        };
        // A job that does not wait for the loop takes no time.
        let length = std::mem::replace(&mut plan.length, Duration::ZERO);
        let carried = self.carried(&plan);
        let of = Submitted::now(plan.clone(), None);
        plan.length = length;
        let deferred = crochet::defer_to_thread(move || {
            drop(carried);
            assert!(plan.act != Act::Panic, "{ON_PURPOSE}");
            job(&plan)
        });
        if self.random.one_in(4) {
            drop(deferred);
            self.tally.count("defer_to_thread", "dropped");
            return;
        }
        let wait = Wait::begin(LONG);
        let outcome = self
            .post
            .blocking("an executor of a job", SOON, || block_on(deferred));
        self.count("defer_to_thread", outcome, &of, wait);
    }
}
