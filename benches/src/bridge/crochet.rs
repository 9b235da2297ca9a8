//! Crochet: the reactor that `setup` starts, through both of its function forms; and reactors with other strategies.

use alloc::sync::Arc;
use core::time::Duration;
use std::io;

use ::crochet::{Builder, WaitStrategy};

use crate::bridge::contestant::{CallError, Contestant, PATIENCE};
use crate::measure::affinity::Placement;
use crate::threads::crochet::{ProcessReactor, ReactorThread};

/// An `EventualResult` for each call, which the caller takes with a time limit.
#[derive(Debug)]
pub struct RunInReactor(
    #[expect(
        dead_code,
        reason = "it is held, not used: the calls find it by themselves"
    )]
    Arc<ProcessReactor>,
);

impl RunInReactor {
    /// Makes its calls on the process's reactor, which is there for as long.
    pub fn on(reactor: Arc<ProcessReactor>) -> Self {
        Self(reactor)
    }
}

impl Contestant for RunInReactor {
    fn name(&self) -> &'static str {
        "crochet run_in_reactor + take"
    }

    fn call(&mut self, operand: u64) -> Result<u64, CallError> {
        match ::crochet::run_in_reactor(move || async move { operand + 1 }).take(PATIENCE) {
            Ok(outcome) => outcome.map_err(|error| CallError::Library(error.into())),
            Err(_unfinished) => Err(CallError::TimedOut),
        }
    }
}

/// `wait_for`, whose time limit also cancels.
#[derive(Debug)]
pub struct WaitFor(
    #[expect(
        dead_code,
        reason = "it is held, not used: the calls find it by themselves"
    )]
    Arc<ProcessReactor>,
);

impl WaitFor {
    /// Makes its calls on the process's reactor, which is there for as long.
    pub fn on(reactor: Arc<ProcessReactor>) -> Self {
        Self(reactor)
    }
}

impl Contestant for WaitFor {
    fn name(&self) -> &'static str {
        "crochet wait_for"
    }

    fn call(&mut self, operand: u64) -> Result<u64, CallError> {
        ::crochet::wait_for(PATIENCE, move || async move { operand + 1 })
            .map_err(|error| CallError::Library(error.into()))
    }
}

/// A reactor of its own, for which the caller and the loop wait in a way that is not the default.
#[derive(Debug)]
pub struct Strategy {
    name: &'static str,
    reactor: ReactorThread,
}

impl Strategy {
    /// Starts a reactor whose waiters sleep at once.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn park() -> io::Result<Self> {
        Self::start("crochet submit + take, park", WaitStrategy::Park)
    }

    /// Starts a reactor whose waiters spin first.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn spin() -> io::Result<Self> {
        let strategy = WaitStrategy::SpinThenPark(SPIN_LIMIT);
        Self::start("crochet submit + take, spin", strategy)
    }

    fn start(name: &'static str, strategy: WaitStrategy) -> io::Result<Self> {
        let settings = Builder::default()
            .wait_strategy(strategy)
            .idle_strategy(strategy);
        let reactor = ReactorThread::with("crochet-bridge", settings)?;
        Ok(Self { name, reactor })
    }
}

/// Far more than an answer takes, and little enough for the loop to sleep again within the untimed calls of the next
/// contestant's turn.
const SPIN_LIMIT: Duration = Duration::from_micros(200);

impl Contestant for Strategy {
    fn name(&self) -> &'static str {
        self.name
    }

    /// On one core nobody spins: all strategies are the same there.
    fn takes_part(&self, placement: Placement) -> bool {
        placement.has_two_cores()
    }

    fn call(&mut self, operand: u64) -> Result<u64, CallError> {
        let submitted = self
            .reactor
            .remote()
            .submit(move || async move { operand + 1 });
        let operation =
            submitted.map_err(|refused| CallError::Library(refused.to_string().into()))?;
        operation
            .wait(PATIENCE)
            .map_err(|error| CallError::Library(error.into()))?;
        let outcome = operation
            .take()
            .map_err(|_unfinished| CallError::TimedOut)?;
        outcome.map_err(|error| CallError::Library(error.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_strategy_answers() {
        for started in [Strategy::park(), Strategy::spin()] {
            let mut strategy = started.expect("the system has what a reactor needs");
            assert_eq!(strategy.call(41).expect("it answers"), 42, "{strategy:?}");
        }
    }
}
