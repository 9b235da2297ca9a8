//! What threads do with each other's results.

use std::sync::Arc;

use crochet::{EventualResult, RetrieveError};
use crochet_tests::LONG;

use super::Worker;
use crate::exchange::{EXCHANGE, Eventual, Shared, ToSet};
use crate::outcome::Submitted;
use crate::payload::Payload;
use crate::plan::Plan;
use crate::refusal::Refusal;

impl Worker {
    /// Waits for a result that others wait for, or takes away what it is.
    pub(super) fn wait_together(&mut self) {
        let Some(shared) = EXCHANGE.shared.look(&mut self.random) else {
            return;
        };
        let Shared { result, submitted } = &*shared;
        match self.random.below(8) {
            0 => drop(EXCHANGE.shared.take(&mut self.random)),
            1 => self.await_end(result, submitted),
            2 if submitted.ends_within().is_some() => {
                self.wait("wait together, long", LONG, result, submitted);
            }
            _ => {
                let timeout = self.random.micros(0..3_000);
                self.wait("wait together", timeout, result, submitted);
            }
        }
    }

    /// Makes a result that another thread is to set, and waits for it with whoever else does.
    pub(super) fn make_pair(&mut self) {
        let number = self.next_number();
        let of = Submitted::now(Plan::by_hand(number), None);
        let (setter, result) = EventualResult::pair();
        EXCHANGE.setters.leave(ToSet::new(setter, of.clone()));
        if self.random.one_in(3) {
            let timeout = self.random.micros(0..2_000);
            self.wait("wait for pair", timeout, &result, &of);
        }
        if self.random.one_in(10) {
            self.await_end(&result, &of);
        }
        EXCHANGE.shared.leave(Arc::new(Shared {
            result,
            submitted: of,
        }));
    }

    /// Sets a result, here or on the loop, or gives it up.
    pub(super) fn set(&mut self) {
        let Some(to_set) = EXCHANGE.setters.take(&mut self.random) else {
            return;
        };
        let number = to_set.number();
        let set = move || {
            // Made by whoever sets it: an error that was never given to the library is neither asked for nor logged.
            let outcome = if number % 4 == 0 {
                Err(Refusal::new(number))
            } else {
                Ok(Payload::new(number))
            };
            to_set.set(outcome);
        };
        let how = match self.random.below(4) {
            0 => {
                let delay = self.random.micros(1..2_000);
                drop(crochet::run_in_reactor(move || async move {
                    crochet::sleep(delay).await;
                    set();
                }));
                "on the loop"
            }
            1 => match crochet::call_in_thread(set) {
                Ok(()) => "in the pool",
                Err(_) => "refused",
            },
            2 => {
                drop(set);
                "given up"
            }
            _ => {
                set();
                "here"
            }
        };
        self.tally.count("set", how);
    }

    /// Takes a result out of the stash that any thread has put there.
    pub(super) fn retrieve(&mut self) {
        let Some(stashed) = EXCHANGE.stashed.take(&mut self.random) else {
            return;
        };
        let may_be_unknown = || crochet::stash_stats().evicted > stashed.evicted;
        if self.random.one_in(3) {
            let wrong = crochet::retrieve_result::<u8, u8>(stashed.id);
            match wrong {
                Err(RetrieveError::WrongType { .. }) => {}
                Err(RetrieveError::Unknown) if may_be_unknown() => {}
                other => panic!("a result was retrieved as another type: {other:?}"),
            }
        }
        match crochet::retrieve_result(stashed.id) {
            Ok(result) => {
                let result: Eventual = result;
                self.tally.count("retrieve", "there");
                let timeout = self.random.micros(0..2_000);
                self.wait("wait for retrieved", timeout, &result, &stashed.submitted);
            }
            Err(error) => {
                assert!(
                    error == RetrieveError::Unknown && may_be_unknown(),
                    "{error:?}"
                );
                self.tally.count("retrieve", "driven out");
            }
        }
        let again = crochet::retrieve_result::<Payload, Refusal>(stashed.id);
        assert!(matches!(again, Err(RetrieveError::Unknown)), "{again:?}");
    }
}
