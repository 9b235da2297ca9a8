//! Crochet: the reactor that `setup` starts, through both of its function forms.

use ::crochet::SetupError;

use crate::bridge::contestant::{CallError, Contestant, PATIENCE};

/// An `EventualResult` for each call, which the caller takes with a time limit.
#[derive(Debug)]
pub struct RunInReactor(());

impl RunInReactor {
    /// Starts the process's reactor, unless it runs already.
    ///
    /// # Errors
    ///
    /// Returns Crochet's refusal.
    pub fn start() -> Result<Self, SetupError> {
        ::crochet::setup()?;
        Ok(Self(()))
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
pub struct WaitFor(());

impl WaitFor {
    /// Starts the process's reactor, unless it runs already.
    ///
    /// # Errors
    ///
    /// Returns Crochet's refusal.
    pub fn start() -> Result<Self, SetupError> {
        ::crochet::setup()?;
        Ok(Self(()))
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
