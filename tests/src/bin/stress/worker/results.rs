//! Results of operations in the background, and all that may be done with them.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crochet::EventualError;
use crochet_tests::LONG;
use crochet_tests::executor::block_on;

use super::Worker;
use crate::body::perform;
use crate::exchange::{EXCHANGE, Eventual, Shared, Stashed};
use crate::outcome::{Seen, Submitted, Wait};
use crate::plan::Errors;

type Use = fn(&mut Worker, Eventual, Submitted);

/// What becomes of a result, and how often.
const USES: [(usize, Use); 12] = [
    (10, Worker::wait_twice),
    (5, Worker::take),
    (5, Worker::wait_or_cancel),
    (5, Worker::cancel),
    (3, Worker::let_go),
    (3, Worker::cancel_by_drop),
    (3, Worker::stash),
    (5, Worker::await_it),
    (3, Worker::poll_and_drop),
    (6, Worker::share),
    (2, Worker::wait_without_time),
    (3, Worker::examine),
];

impl Worker {
    pub(super) fn run(&mut self) {
        let plan = self.plan(Errors::Own);
        let deadline = self.random.one_in(3).then(|| self.random.micros(1..2_500));
        let carried = self.carried(&plan);
        let of = Submitted::now(plan.clone(), deadline);
        let result = match deadline {
            None => crochet::try_run_in_reactor(move || perform(plan, carried)),
            Some(deadline) => crochet::operation()
                .name("stress")
                .deadline(deadline)
                .try_run(move || perform(plan, carried)),
        };
        let how = self.random.weighted(&USES);
        how(self, result, of);
    }

    fn random_wait(&mut self, of: &Submitted) -> Duration {
        match of.ends_within() {
            Some(_) => of.plan.random_wait(&mut self.random, LONG),
            None => self.random.micros(0..3_000),
        }
    }

    fn wait_twice(&mut self, result: Eventual, of: Submitted) {
        let timeout = self.random_wait(&of);
        self.wait("wait", timeout, &result, &of);
        if of.ends_within().is_some() {
            self.wait("wait again", LONG, &result, &of);
        }
    }

    fn wait_without_time(&mut self, result: Eventual, of: Submitted) {
        self.wait("wait for nothing", Duration::ZERO, &result, &of);
    }

    fn take(&mut self, mut result: Eventual, of: Submitted) {
        for _ in 0..3 {
            let timeout = self.random_wait(&of);
            let wait = Wait::begin(timeout);
            match self
                .post
                .blocking("take", of.bound(timeout), || result.take(timeout))
            {
                Ok(taken) => {
                    self.count("take", taken, &of, wait);
                    return;
                }
                Err(same) => {
                    result = same;
                    self.tally.count("take", "given back");
                }
            }
        }
    }

    fn wait_or_cancel(&mut self, result: Eventual, of: Submitted) {
        let timeout = self.random_wait(&of);
        let wait = Wait::begin(timeout);
        of.may_be_cancelled();
        let waited = self.post.blocking("wait_or_cancel", of.bound(timeout), || {
            result.wait_or_cancel(timeout)
        });
        let given_up = matches!(waited, Err(EventualError::Timeout));
        self.count("wait_or_cancel", waited, &of, wait);
        if given_up {
            self.wait("wait for cancelled", LONG, &result, &of);
        }
    }

    fn cancel(&mut self, result: Eventual, of: Submitted) {
        if self.random.one_in(2) {
            let timeout = self.random.micros(0..1_000);
            self.wait("wait before cancel", timeout, &result, &of);
        }
        self.await_end(&result, &of);
    }

    fn let_go(&mut self, result: Eventual, _of: Submitted) {
        drop(result);
        self.tally.count("drop", "done");
    }

    fn cancel_by_drop(&mut self, result: Eventual, of: Submitted) {
        let result = result.cancel_on_drop();
        of.may_be_cancelled();
        let timeout = self.random.micros(0..1_000);
        self.wait("wait before drop", timeout, &result, &of);
        drop(result);
        self.tally.count("cancel on drop", "done");
    }

    fn stash(&mut self, result: Eventual, of: Submitted) {
        let evicted = crochet::stash_stats().evicted;
        let id = result.stash();
        EXCHANGE.stashed.leave(Stashed {
            id,
            submitted: of,
            evicted,
        });
        self.tally.count("stash", "done");
    }

    /// Awaits it in an executor of its own, which waits for as long as it takes.
    fn await_it(&mut self, result: Eventual, of: Submitted) {
        let Some(length) = of.ends_within() else {
            return self.cancel_by_drop(result, of);
        };
        let wait = Wait::begin(LONG);
        let awaited = self
            .post
            .blocking("an executor", length, || block_on(result));
        self.count("await", awaited, &of, wait);
    }

    /// Leaves a waker there and takes it back.
    fn poll_and_drop(&mut self, result: Eventual, of: Submitted) {
        let wait = Wait::begin(Duration::ZERO);
        let mut result = pin!(result);
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..2 {
            if let Poll::Ready(outcome) = result.as_mut().poll(&mut cx) {
                self.count("poll", outcome, &of, wait);
                return;
            }
        }
        self.tally.count("poll", "pending");
    }

    fn share(&mut self, result: Eventual, of: Submitted) {
        let shared = Arc::new(Shared {
            result,
            submitted: of,
        });
        EXCHANGE.shared.leave(Arc::clone(&shared));
        let timeout = self.random_wait(&shared.submitted);
        self.wait(
            "wait for shared",
            timeout,
            &shared.result,
            &shared.submitted,
        );
    }

    /// Asks what went wrong, and then for the outcome itself, which must agree.
    fn examine(&mut self, result: Eventual, of: Submitted) {
        let timeout = self.random_wait(&of);
        self.wait("wait to examine", timeout, &result, &of);
        let is_ready = result.is_ready();
        let failure = result.original_failure();
        let wait = Wait::begin(Duration::ZERO);
        let seen = Seen::from(result.wait(Duration::ZERO));
        let agree = match &seen {
            Seen::Timeout => failure.is_none(),
            Seen::Value(_) => failure.is_none(),
            Seen::Refused(refusal) => failure
                .as_ref()
                .is_none_or(|failure| failure.error() == Some(format!("{refusal:?}").as_str())),
            Seen::Panicked(_) => failure
                .as_ref()
                .is_none_or(|failure| failure.panic().is_some()),
            _ => true,
        };
        assert!(agree, "{seen:?} is not {failure:?}");
        assert!(!is_ready || !matches!(seen, Seen::Timeout), "{of:?}");
        self.count("original_failure", seen, &of, wait);
    }
}
