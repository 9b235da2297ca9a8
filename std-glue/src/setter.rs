//! Results that are set by hand.

use std::convert::Infallible;
use std::fmt;

use crochet_reactor::{Label, Setter};

use crate::error::WaitError;
use crate::eventual_result::EventualResult;
use crate::global;
use crate::source::Source;
use crate::tracked::Tracked;

/// The half of [`EventualResult::pair`] that sets the result, once, from any thread.
///
/// Dropping it without setting cancels the result.
#[must_use = "dropping the setter cancels the result"]
pub struct ResultSetter<T, E = Infallible> {
    // `None` when there was no reactor for the result to belong to.
    setter: Option<Setter<Tracked<T, E>>>,
    label: Label,
}

pub(crate) fn pair<T, E>(label: Label) -> (ResultSetter<T, E>, EventualResult<T, E>)
where
    T: Send + 'static,
    E: fmt::Debug + Send + 'static,
{
    let promised =
        global::submitter().and_then(|remote| remote.promise(label).map_err(WaitError::from));
    let (setter, source) = match promised {
        Ok((setter, promise)) => (Some(setter), Source::Promise(promise)),
        Err(error) => (None, Source::Refused(error)),
    };
    let setter = ResultSetter { setter, label };
    (setter, EventualResult::new(source, label))
}

impl<T, E: fmt::Debug> ResultSetter<T, E> {
    /// Sets the result and wakes everybody who waits for it.
    ///
    /// An error counts as a failure of the operation: it is logged when nobody asks for it.
    ///
    /// # Errors
    ///
    /// Gives the result back when nobody will see it: the other half has been cancelled or dropped,
    /// the reactor has stopped, or there was none.
    pub fn set(self, result: Result<T, E>) -> Result<(), Result<T, E>> {
        match self.setter {
            None => Err(result),
            Some(setter) => setter
                .set(Tracked::new(result, self.label))
                .map_err(Tracked::into_own_result),
        }
    }
}

impl<T, E> ResultSetter<T, E> {
    /// Tells whether the result is still to be set: it was not cancelled, and the reactor has not
    /// stopped.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.setter.as_ref().is_some_and(Setter::is_wanted)
    }
}

impl<T, E> fmt::Debug for ResultSetter<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResultSetter")
            .field("operation", &format_args!("{}", self.label))
            .field("wanted", &self.is_wanted())
            .finish_non_exhaustive()
    }
}
