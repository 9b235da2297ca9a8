//! What an operation is called and where it came from, for messages.

use std::fmt;
use std::panic::Location;

use crate::fork::Generation;

/// The name of an operation, if it has one, and the place in the source that submitted it.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    name: Option<&'static str>,
    site: &'static Location<'static>,
    process: Generation,
}

impl Label {
    /// Labels an operation with its caller's place in the source.
    #[must_use]
    #[track_caller]
    pub fn here() -> Self {
        Self {
            name: None,
            site: Location::caller(),
            process: Generation::current(),
        }
    }

    /// Labels an operation with a name and its caller's place in the source.
    #[must_use]
    #[track_caller]
    pub fn named(name: &'static str) -> Self {
        Self {
            name: Some(name),
            site: Location::caller(),
            process: Generation::current(),
        }
    }

    /// Labels again what has been labelled in a process before.
    pub(crate) fn again(
        name: Option<&'static str>,
        site: &'static Location<'static>,
        process: Generation,
    ) -> Self {
        Self {
            name,
            site,
            process,
        }
    }

    /// Returns the operation's name, if it has one.
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        self.name
    }

    /// Returns where the operation was submitted.
    #[must_use]
    pub const fn site(&self) -> &'static Location<'static> {
        self.site
    }

    /// Tells whether the operation belongs to a process that this one has forked off from. Its
    /// failures are that process's to report.
    #[must_use]
    pub fn is_forked(&self) -> bool {
        self.process.is_past()
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, line) = (self.site.file(), self.site.line());
        match self.name {
            Some(name) => write!(f, "{name} (submitted at {file}:{line})"),
            None => write!(f, "the operation submitted at {file}:{line}"),
        }
    }
}
