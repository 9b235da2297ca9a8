//! Systems on which a reactor starts no children.

/// The children of a reactor: none.
#[derive(Debug)]
pub(crate) struct Children;

impl Children {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn end(&self) {}
}
