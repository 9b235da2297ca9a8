use core::error::Error;
use core::fmt;

/// Is the refusal of an insertion into a full wheel; gives the value back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Full<T> {
    value: T,
}

/// Is the refusal of a key whose timer has been popped or cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stale;

impl<T> Full<T> {
    pub(super) const fn new(value: T) -> Self {
        Self { value }
    }

    /// Returns the value that was not inserted.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> fmt::Debug for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Full").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the timer wheel is full: cancel a timer or make the wheel larger")
    }
}

impl<T> Error for Full<T> {}

impl Stale {
    pub(super) const fn new() -> Self {
        Self
    }
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the timer has fired or was cancelled: insert a new one")
    }
}

impl Error for Stale {}
