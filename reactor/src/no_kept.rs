//! Reactors without adapters that want everything to be `Send`: there is nothing to be kept for them.

/// The values that a reactor keeps: none.
pub(crate) struct Keeper;

impl Keeper {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn end(&self) {}

    pub(crate) fn sweep(&self) {}
}
