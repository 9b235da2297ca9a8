//! What a contestant is.

use core::error::Error;
use core::fmt;
use core::time::Duration;
use std::sync::mpsc::RecvTimeoutError;

use rustix::io::Errno;

use crate::bridge::figures::Costs;
use crate::bridge::turn;
use crate::measure::affinity::Placement;
use crate::measure::writes::WriteCounter;
use crate::suite::SuiteError;

/// One way for a blocked thread to have a value computed in another thread.
pub trait Contestant {
    /// Returns the name that the table shows.
    fn name(&self) -> &'static str;

    /// Tells whether it takes part when the threads are placed so. Unless it says otherwise, it does.
    fn takes_part(&self, _placement: Placement) -> bool {
        true
    }

    /// Prepares for a turn. Whoever spins, or starts threads, does so between this and [`end_turn`](Self::end_turn).
    ///
    /// # Errors
    ///
    /// Returns why it cannot make calls.
    fn begin_turn(&mut self, _placement: Placement) -> Result<(), CallError> {
        Ok(())
    }

    /// Leaves the processors to the next contestant.
    ///
    /// # Errors
    ///
    /// Returns why it cannot.
    fn end_turn(&mut self) -> Result<(), CallError> {
        Ok(())
    }

    /// Blocks until the other thread has computed `operand + 1`.
    ///
    /// # Errors
    ///
    /// Returns why there is no answer. The contestant may be unusable afterwards.
    fn call(&mut self, operand: u64) -> Result<u64, CallError>;

    /// Makes a call for each of `samples`, and leaves there how many nanoseconds it took.
    ///
    /// # Errors
    ///
    /// Returns the first failure, or the first wrong answer.
    fn time_calls(&mut self, samples: &mut [u64]) -> Result<(), SuiteError> {
        turn::time_calls(self, samples)
    }

    /// Makes `calls` calls, and counts what they cost besides time.
    ///
    /// # Errors
    ///
    /// Returns the first failure, or the first wrong answer.
    fn count_costs(
        &mut self,
        calls: usize,
        writes: Option<&WriteCounter>,
    ) -> Result<Costs, SuiteError> {
        turn::count_costs(self, calls, writes)
    }
}

/// The longest that a call may take. It is far beyond every latency, so only a lost wake-up reaches it.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// The reason why a contestant has no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum CallError {
    /// The answer did not come within [`PATIENCE`].
    TimedOut,
    /// The loop's thread has dropped the call.
    LoopGone,
    /// The system refused a primitive operation.
    System(Errno),
    /// The library reported a failure of its own.
    Library(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => write!(f, "no answer within {PATIENCE:?}"),
            Self::LoopGone => f.write_str("the loop's thread has dropped the call"),
            Self::System(errno) => write!(f, "{errno}"),
            Self::Library(source) => write!(f, "{source}"),
        }
    }
}

impl Error for CallError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::TimedOut | Self::LoopGone => None,
            Self::System(errno) => Some(errno),
            Self::Library(source) => Some(source.as_ref()),
        }
    }
}

impl From<Errno> for CallError {
    fn from(errno: Errno) -> Self {
        Self::System(errno)
    }
}

impl From<RecvTimeoutError> for CallError {
    fn from(error: RecvTimeoutError) -> Self {
        match error {
            RecvTimeoutError::Timeout => Self::TimedOut,
            RecvTimeoutError::Disconnected => Self::LoopGone,
        }
    }
}
