//! Operations with a name and a deadline.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use crochet_reactor::Label;

use crate::call;
use crate::eventual_result::EventualResult;

/// Returns the settings of an operation that is to run in the background, to be changed and run.
///
/// [`run_in_reactor`](fn@crate::run_in_reactor) is the same without settings; the attribute of that
/// name takes the deadline as `#[run_in_reactor(deadline = 5.0)]`, and the name from the function.
///
/// ```
/// use std::future;
/// use std::time::Duration;
///
/// use crochet::EventualError;
///
/// crochet::setup()?;
/// let result = crochet::operation()
///     .name("endless")
///     .deadline(Duration::from_millis(1))
///     .run(future::pending::<()>);
/// let waited = result.wait(Duration::from_secs(5));
/// assert!(matches!(waited, Err(EventualError::DeadlineExceeded)));
/// # Ok::<(), crochet::SetupError>(())
/// ```
pub fn operation() -> OperationBuilder {
    OperationBuilder::default()
}

/// Settings of an operation, made by [`operation`].
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "nothing runs before `run` or `try_run`"]
pub struct OperationBuilder {
    name: Option<&'static str>,
    deadline: Option<Duration>,
}

impl OperationBuilder {
    /// Names the operation in messages about it and in its [`Failure`](crate::Failure).
    pub fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// Cancels the operation when so much time has passed since it was submitted, whoever waits or
    /// does not.
    ///
    /// Its result is [`DeadlineExceeded`](crate::EventualError::DeadlineExceeded) then, unless it
    /// was ready just before. The time in the reactor's queue counts; an operation that has not begun
    /// by then never does. Nothing is logged.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Runs the operation, as [`run_in_reactor`](fn@crate::run_in_reactor).
    #[track_caller]
    pub fn run<M, F>(self, make: M) -> EventualResult<F::Output>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        call::run(self.label(), self.deadline, make)
    }

    /// Runs an operation that may fail, as [`try_run_in_reactor`](crate::try_run_in_reactor).
    #[track_caller]
    pub fn try_run<M, F, T, E>(self, make: M) -> EventualResult<T, E>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future<Output = Result<T, E>> + 'static,
        T: Send + 'static,
        E: fmt::Debug + Send + 'static,
    {
        call::try_run(self.label(), self.deadline, make)
    }

    #[track_caller]
    fn label(&self) -> Label {
        // A function that is passed on would take the place of its own caller for the operation's.
        match self.name {
            Some(name) => Label::named(name),
            None => Label::here(),
        }
    }
}
