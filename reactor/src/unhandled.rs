//! Errors that nobody has asked for.

use std::fmt::{self, Debug, Display};

use crate::caught;
use crate::label::Label;
use crate::messages::OneLine;

/// How errors of a type are shown. It is chosen where the type is known to be `Debug`, for use where
/// that is not known, as in destructors.
pub(crate) struct Describe<E>(fn(&E, &mut fmt::Formatter<'_>) -> fmt::Result);

impl<E> Clone for Describe<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Describe<E> {}

impl<E: Debug> Describe<E> {
    pub(crate) fn new() -> Self {
        Self(E::fmt)
    }
}

impl<E> Describe<E> {
    /// Shows an error.
    pub(crate) fn of<'a>(&self, error: &'a E) -> impl Display + use<'a, E> {
        Described(self.0, error)
    }
}

struct Described<'a, E>(fn(&E, &mut fmt::Formatter<'_>) -> fmt::Result, &'a E);

impl<E> Display for Described<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)(self.1, f)
    }
}

/// Logs the error of something that was made at the label's place, and that nobody asked for.
pub(crate) fn report(what: &dyn Display, label: &Label, error: &dyn Display) {
    if label.is_forked() {
        return;
    }
    let (file, line) = (label.site().file(), label.site().line());
    // Showing the error, and the logger, are foreign code.
    caught::contain("the logger", || {
        let error = OneLine(error);
        log::error!(
            target: "crochet::reactor",
            "{what} made at {file}:{line} failed, and nobody asked: {error}",
        );
    });
}
