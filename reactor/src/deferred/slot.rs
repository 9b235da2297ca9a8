//! A result between two callbacks of a chain.

use std::cell::Cell;

use crate::label::Label;
use crate::unhandled::{self, Describe};

/// A place that one callback leaves its result in for the next, or for whoever awaits the end.
///
/// An error that is there when the slot is dropped has been seen by nobody, and is logged.
pub(super) struct Slot<T, E> {
    result: Cell<Option<Result<T, E>>>,
    describe: Describe<E>,
    label: Label,
}

impl<T, E> Slot<T, E> {
    pub(super) fn new(describe: Describe<E>, label: Label) -> Self {
        Self {
            result: Cell::new(None),
            describe,
            label,
        }
    }

    /// Leaves a result, unless there is one: a callback may cancel the chain that calls it.
    pub(super) fn put(&self, result: Result<T, E>) {
        let before = self.result.take();
        let late = match before {
            None => {
                self.result.set(Some(result));
                return;
            }
            Some(_) => result,
        };
        self.result.set(before);
        if let Err(error) = &late {
            self.report(error);
        }
    }

    /// Leaves an error in place of a value, or of nothing; one that is there stays. Returns what is to be
    /// dropped, where nothing is borrowed.
    pub(super) fn fail(&self, error: E) -> Option<Result<T, E>> {
        match self.result.take() {
            Some(Err(first)) => {
                self.result.set(Some(Err(first)));
                Some(Err(error))
            }
            unwanted => {
                self.result.set(Some(Err(error)));
                unwanted
            }
        }
    }

    /// Tells whether there is an error.
    pub(super) fn has_failed(&self) -> bool {
        let result = self.result.take();
        let has_failed = matches!(result, Some(Err(_)));
        self.result.set(result);
        has_failed
    }

    pub(super) fn take(&self) -> Option<Result<T, E>> {
        self.result.take()
    }

    fn report(&self, error: &E) {
        unhandled::report(&"a deferred", &self.label, &self.describe.of(error));
    }

    /// Returns how errors are shown, and where the slot's callback was added.
    pub(super) fn origin(&self) -> (Describe<E>, Label) {
        (self.describe, self.label)
    }
}

impl<T, E> Drop for Slot<T, E> {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.result.take() {
            self.report(&error);
        }
    }
}
