//! Work for reactors that are values, which come and go.

use std::time::Duration;

use crochet::Label;
use crochet_reactor::SubmitError;
use crochet_tests::LONG;

use super::Worker;
use super::calls::{Page, scribble};
use crate::body::perform;
use crate::hosts::{self, Own, Timers};
use crate::outcome::{Seen, Submitted, Wait};
use crate::plan::{Errors, Plan};

impl Worker {
    pub(super) fn use_own_reactor(&mut self) {
        let Some(own) = hosts::look(&mut self.random) else {
            return;
        };
        // Those without timers live for longer: what would be stuck there for ever should get the time to be noticed.
        let stops = own.timers() == Timers::Used || self.random.one_in(10);
        match self.random.below(80) {
            0 if stops => {
                own.stop();
                self.tally.count("own: stop", "done");
            }
            1 if stops => {
                own.drain();
                self.tally.count("own: drain", "done");
            }
            0..30 => self.call_own(&own),
            30..56 => self.call_own_borrowed(&own),
            _ => self.submit_to_own(&own),
        }
    }

    fn plan_for(&mut self, own: &Own) -> Plan {
        let number = self.next_number();
        match own.timers() {
            Timers::Used => Plan::random(&mut self.random, number, Errors::None, own.now()),
            Timers::None => Plan::random_timerless(&mut self.random, number, own.now()),
        }
    }

    fn call_own(&mut self, own: &Own) {
        let plan = self.plan_for(own);
        let timeout = plan.random_wait(&mut self.random, LONG);
        let carried = self.carried(&plan);
        let of = Submitted::now(plan.clone(), None);
        let wait = Wait::begin(timeout);
        let waited = self
            .post
            .blocking("a call of an own reactor", of.bound(timeout), || {
                own.remote()
                    .call(Label::here(), timeout, move || perform(plan, carried))
            });
        self.count("own: call", waited, &of, wait);
    }

    fn call_own_borrowed(&mut self, own: &Own) {
        let plan = self.plan_for(own);
        let timeout = plan.random_wait(&mut self.random, LONG);
        let carried = self.carried(&plan);
        let of = Submitted::now(plan.clone(), None);
        let wait = Wait::begin(timeout);
        let mut page = Page::new([0; 64]);
        let waited = self.post.blocking(
            "a borrowing call of an own reactor",
            of.bound(timeout),
            || {
                own.remote().call_borrowed(Label::here(), timeout, || {
                    scribble(&mut page, plan, carried)
                })
            },
        );
        let is_value = waited.is_ok();
        self.count("own: call_borrowed", waited, &of, wait);
        self.watch(page, of.plan.number, is_value);
    }

    fn submit_to_own(&mut self, own: &Own) {
        let plan = self.plan_for(own);
        let carried = self.carried(&plan);
        let of = Submitted::now(plan.clone(), None);
        let make = move || perform(plan, carried);
        let patience = self.random.micros(0..2_000);
        let wait = Wait::begin(patience);
        let submitted = if self.random.one_in(2) {
            own.remote().submit(make)
        } else {
            self.post.blocking("a wait for room", patience, || {
                own.remote().submit_within(Label::here(), patience, make)
            })
        };
        let operation = match submitted {
            Ok(operation) => operation,
            Err(error) => {
                let seen = match error {
                    SubmitError::Full(_) => Seen::Full,
                    SubmitError::Interrupted(_) => Seen::Interrupted,
                    other => Seen::Other(format!("{other:?}")),
                };
                self.count("own: submit", seen, &of, wait);
                return;
            }
        };
        let timeout = of.plan.random_wait(&mut self.random, LONG);
        let wait = Wait::begin(timeout);
        let waited = self
            .post
            .blocking("a wait for an own reactor", of.bound(timeout), || {
                operation.wait(timeout)
            });
        if let Err(error) = waited {
            self.count("own: wait", Err(error), &of, wait);
            of.may_be_cancelled();
            operation.cancel();
        }
        let wait = Wait::begin(Duration::ZERO);
        match operation.take() {
            Ok(taken) => {
                self.count("own: take", taken, &of, wait);
            }
            // It has begun, and the loop is about to drop it.
            Err(operation) => drop(operation),
        }
    }
}
