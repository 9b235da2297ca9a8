//! How an operation ended for whoever waited, and whether it may have.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crochet::{EventualError, JoinError, PoolError, WaitError};
use crochet_reactor::BlockingError;

use crate::payload::{ON_PURPOSE, Payload};
use crate::plan::{Act, Plan};
use crate::refusal::Refusal;

/// How often all waits have been interrupted.
static INTERRUPTS: AtomicU64 = AtomicU64::new(0);

/// Interrupts all waits.
pub(crate) fn interrupt() {
    INTERRUPTS.fetch_add(1, Ordering::SeqCst);
    crochet::interrupt_waits();
}

/// What whoever waited was given.
#[derive(Debug)]
pub(crate) enum Seen {
    Value(Payload),
    Refused(Refusal),
    Timeout,
    Late,
    Cancelled,
    Stopped,
    Interrupted,
    Full,
    Panicked(String),
    /// What none of the program's waits may come to.
    Other(String),
}

impl From<Result<Result<Payload, Refusal>, WaitError>> for Seen {
    fn from(waited: Result<Result<Payload, Refusal>, WaitError>) -> Self {
        match waited {
            Ok(own) => own.map_err(EventualError::Failed).into(),
            Err(error) => Err(EventualError::from(error)).into(),
        }
    }
}

impl From<Result<Payload, EventualError<Refusal>>> for Seen {
    fn from(waited: Result<Payload, EventualError<Refusal>>) -> Self {
        match waited {
            Ok(value) => Self::Value(value),
            Err(EventualError::Failed(refusal)) => Self::Refused(refusal),
            Err(EventualError::Timeout) => Self::Timeout,
            Err(EventualError::DeadlineExceeded) => Self::Late,
            Err(EventualError::Cancelled) => Self::Cancelled,
            Err(EventualError::Stopped) => Self::Stopped,
            Err(EventualError::Interrupted) => Self::Interrupted,
            Err(EventualError::QueueFull) => Self::Full,
            Err(EventualError::Panicked(panic)) => Self::Panicked(panic.message().to_owned()),
            Err(error) => Self::Other(format!("{error:?}")),
        }
    }
}

impl From<Result<Result<Payload, Refusal>, BlockingError>> for Seen {
    fn from(waited: Result<Result<Payload, Refusal>, BlockingError>) -> Self {
        match waited {
            Ok(own) => own.map_err(EventualError::Failed).into(),
            Err(BlockingError::TimedOut) => Self::Timeout,
            Err(BlockingError::Full) => Self::Full,
            Err(BlockingError::Stopped) => Self::Stopped,
            Err(BlockingError::Interrupted) => Self::Interrupted,
            Err(BlockingError::Ended(error)) => Err::<Payload, _>(error).into(),
            Err(error) => Self::Other(format!("{error:?}")),
        }
    }
}

impl From<Result<Result<Payload, Refusal>, JoinError>> for Seen {
    fn from(joined: Result<Result<Payload, Refusal>, JoinError>) -> Self {
        match joined {
            Ok(own) => own.map_err(EventualError::Failed).into(),
            Err(error) => Err::<Payload, _>(error).into(),
        }
    }
}

impl From<Result<Payload, JoinError>> for Seen {
    fn from(joined: Result<Payload, JoinError>) -> Self {
        match joined {
            Ok(value) => Self::Value(value),
            Err(JoinError::Cancelled) => Self::Cancelled,
            Err(JoinError::Stopped) => Self::Stopped,
            Err(JoinError::Refused(PoolError::Full)) => Self::Full,
            Err(JoinError::Panicked(panic)) => Self::Panicked(panic.message().to_owned()),
            Err(error) => Self::Other(format!("{error:?}")),
        }
    }
}

/// An operation that was submitted: what one has to know to tell what it may come to.
#[derive(Clone, Debug)]
pub(crate) struct Submitted {
    pub(crate) plan: Plan,
    at: Instant,
    deadline: Option<Duration>,
    cancelled: Arc<AtomicBool>,
}

/// A wait that is going on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait {
    begun: Instant,
    timeout: Duration,
    interrupts: u64,
}

impl Wait {
    pub(crate) fn begin(timeout: Duration) -> Self {
        Self {
            begun: Instant::now(),
            timeout,
            interrupts: INTERRUPTS.load(Ordering::SeqCst),
        }
    }
}

impl Submitted {
    /// Notes what is about to be submitted.
    pub(crate) fn now(plan: Plan, deadline: Option<Duration>) -> Self {
        Self {
            plan,
            at: Instant::now(),
            deadline,
            cancelled: Arc::default(),
        }
    }

    /// Notes that somebody is about to cancel it.
    pub(crate) fn may_be_cancelled(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
    }

    /// Returns how long it takes to end, if it does by itself.
    pub(crate) fn ends_within(&self) -> Option<Duration> {
        match (self.plan.ends_within(), self.deadline) {
            (Some(length), Some(deadline)) => Some(length.min(deadline)),
            (length, deadline) => length.or(deadline),
        }
    }

    /// Returns how long a wait for it may take.
    pub(crate) fn bound(&self, timeout: Duration) -> Duration {
        match self.ends_within() {
            Some(length) => length.min(timeout),
            None => timeout,
        }
    }

    /// Names an outcome.
    ///
    /// # Panics
    ///
    /// When the operation cannot have come to that.
    #[track_caller]
    pub(crate) fn check(&self, seen: &Seen, wait: Wait) -> &'static str {
        let plan = &self.plan;
        let (may_be, name) = match seen {
            Seen::Value(value) => (
                value.number() == plan.number
                    && !matches!(plan.act, Act::Refuse | Act::Panic)
                    && plan.may_have_ended(self.at),
                "value",
            ),
            Seen::Refused(refusal) => {
                refusal.note_asked();
                (
                    refusal.number() == plan.number
                        && matches!(plan.act, Act::Refuse | Act::Set)
                        && plan.may_have_ended(self.at),
                    "error",
                )
            }
            Seen::Panicked(message) => (
                message == ON_PURPOSE && plan.may_have_panicked(self.at),
                "panicked",
            ),
            Seen::Timeout => (wait.begun.elapsed() >= wait.timeout, "timeout"),
            Seen::Full => (plan.reactor.may_be_full(), "full"),
            Seen::Late => (
                self.deadline
                    .is_some_and(|deadline| self.at.elapsed() >= deadline),
                "late",
            ),
            Seen::Cancelled => (self.cancelled.load(Ordering::SeqCst), "cancelled"),
            Seen::Stopped => (plan.reactor.may_be_stopped(), "stopped"),
            Seen::Interrupted => (
                INTERRUPTS.load(Ordering::SeqCst) != wait.interrupts,
                "interrupted",
            ),
            Seen::Other(what) => panic!("nothing comes to {what}, also not {self:?}"),
        };
        assert!(may_be, "{seen:?} cannot be of {self:?} in {wait:?}");
        name
    }
}
