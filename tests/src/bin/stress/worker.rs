//! A thread that does one thing after the other.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crochet::EventualError;
use crochet_tests::LONG;

use crate::board::Post;
use crate::era;
use crate::exchange::{EXCHANGE, Eventual};
use crate::outcome::{Seen, Submitted, Wait};
use crate::over;
use crate::payload::Payload;
use crate::plan::{Errors, Plan};
use crate::random::Random;
use crate::records;
use crate::restart;
use crate::tally::Tally;

mod calls;
mod jobs;
mod own;
mod results;
mod together;

use calls::Page;

/// What the thread has for itself.
#[derive(Debug)]
pub(crate) struct Worker {
    post: Arc<Post>,
    random: Random,
    tally: Tally,
    last_number: u64,
    last_record: u64,
    pages: VecDeque<Page>,
}

type Action = fn(&mut Worker);

/// What it does, and how often.
const ACTIONS: [(usize, Action); 14] = [
    (2000, Worker::call),
    (2000, Worker::call_borrowed),
    (3000, Worker::run),
    (1000, Worker::wait_together),
    (600, Worker::make_pair),
    (800, Worker::set),
    (150, Worker::retrieve),
    (600, Worker::defer),
    (1200, Worker::use_own_reactor),
    (600, Worker::log),
    (200, Worker::wake),
    (100, Worker::set_up),
    (50, Worker::resize_pool),
    (1, Worker::restart),
];

impl Worker {
    /// Makes the `index`th worker.
    pub(crate) fn new(post: Arc<Post>, random: Random, index: u64) -> Self {
        Self {
            post,
            random,
            tally: Tally::default(),
            last_number: index << 40,
            last_record: 0,
            pages: VecDeque::new(),
        }
    }

    /// Goes on until the time is over.
    ///
    /// # Panics
    ///
    /// When something comes to what it must not.
    pub(crate) fn work(mut self) -> Tally {
        while !over::is_declared() {
            let action = self.random.weighted(&ACTIONS);
            action(&mut self);
        }
        self.check_pages();
        self.tally
    }

    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Plans an operation of the process's reactor.
    fn plan(&mut self, errors: Errors) -> Plan {
        let number = self.next_number();
        Plan::random(&mut self.random, number, errors, era::of_process().now())
    }

    /// Waits for a result, and looks whether it may be what came.
    fn wait(&mut self, action: &'static str, timeout: Duration, result: &Eventual, of: &Submitted) {
        let wait = Wait::begin(timeout);
        let bound = of.bound(timeout);
        let waited = self.post.blocking(action, bound, || result.wait(timeout));
        self.count(action, waited, of, wait);
    }

    fn count(
        &mut self,
        action: &'static str,
        seen: impl Into<Seen>,
        of: &Submitted,
        wait: Wait,
    ) -> &'static str {
        let seen = seen.into();
        let outcome = of.check(&seen, wait);
        self.tally.count(action, outcome);
        if let Seen::Stopped = seen {
            // What a reactor refuses takes no time, and whoever restarts it needs some.
            over::within(self.random.micros(0..1_000));
        }
        outcome
    }

    fn log(&mut self) {
        for _ in 0..self.random.below(20) {
            self.last_record += 1;
            records::log(self.post.thread(), self.last_record);
        }
        let outcome = if self.random.one_in(20) {
            let limit = self.random.micros(0..5_000);
            let flushed = self
                .post
                .blocking("a flush", limit, || records::flush_within(limit));
            if flushed { "flushed" } else { "not flushed" }
        } else {
            "logged"
        };
        self.tally.count("log", outcome);
    }

    /// Calls a waker whose task may have ended long ago.
    fn wake(&mut self) {
        if let Some(waker) = EXCHANGE.wakers.take(&mut self.random) {
            waker.wake_by_ref();
            if self.random.one_in(2) {
                EXCHANGE.wakers.leave(waker);
            }
            self.tally.count("old waker", "woken");
        }
    }

    fn set_up(&mut self) {
        let set_up = self.post.blocking("setup", SOON, crochet::setup);
        set_up.expect("the system has room for a reactor");
        self.tally.count("setup", "done");
    }

    fn resize_pool(&mut self) {
        let pool = crochet::thread_pool().expect("there is a reactor");
        pool.set_size(2 + self.random.below(14));
        let stats = pool.stats();
        assert!(stats.idle + stats.blocked <= stats.workers, "{stats:?}");
        self.tally.count("pool size", "set");
    }

    fn restart(&mut self) {
        let how = restart::restart(&self.post, &mut self.random);
        self.tally.count("restart by a worker", how);
    }

    /// Sees to it that an operation that nobody has cancelled comes to its own end, which takes no time to speak of.
    fn await_end(&mut self, result: &Eventual, of: &Submitted) {
        of.may_be_cancelled();
        result.cancel();
        let wait = Wait::begin(LONG);
        let waited = self
            .post
            .blocking("a wait for what was cancelled", Duration::ZERO, || {
                result.wait(LONG)
            });
        let again = matches!(waited, Err(EventualError::Interrupted));
        self.count("cancel and wait", waited, of, wait);
        if again {
            self.await_end(result, of);
        }
    }

    fn carried(&self, plan: &Plan) -> Payload {
        Payload::new(plan.number)
    }
}

/// How long what is done at once may take.
const SOON: Duration = Duration::from_secs(1);
