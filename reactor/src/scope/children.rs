//! The children of one scope.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::mem;
use std::rc::Rc;
use std::task::Waker;

use crochet_core::task::CancelHandle;

use super::{OnPanic, ScopeError};
use crate::caught::{self, Outcome};
use crate::fork::Generation;
use crate::nesting::end_nested;
use crate::sync::{Event, Wait};

/// What a scope and its children share.
///
/// | what | set when | cleared when |
/// | --- | --- | --- |
/// | a member | a child is spawned | its future has been dropped |
/// | a member's handle | the child's task has been made | the scope ends it, or it leaves |
/// | closed | the scope ends | never |
/// | the error | a child panics, the first time, before that | the owner takes it |
pub(super) struct Children {
    on_panic: OnPanic,
    next: Cell<u64>,
    members: Cell<usize>,
    // In the order in which they were spawned.
    handles: RefCell<BTreeMap<u64, CancelHandle>>,
    closed: Cell<bool>,
    error: Cell<Option<ScopeError>>,
    // Wakers are cloned, woken and dropped outside of the borrows: they are foreign.
    owner: RefCell<Option<Waker>>,
    // Set while there are no members.
    empty: Event,
    process: Generation,
}

impl Children {
    pub(super) fn new(on_panic: OnPanic) -> Self {
        let empty = Event::new();
        empty.set();
        Self {
            on_panic,
            next: Cell::new(0),
            members: Cell::new(0),
            handles: RefCell::default(),
            closed: Cell::new(false),
            error: Cell::new(None),
            owner: RefCell::default(),
            empty,
            process: Generation::current(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.members.get()
    }

    /// Takes the handle of a child, or ends it if the scope has ended.
    pub(super) fn enter(&self, key: u64, handle: CancelHandle) {
        if self.closed.get() {
            end(&handle);
        } else {
            self.handles.borrow_mut().insert(key, handle);
        }
    }

    /// Has the scope's owner woken when a child panics.
    pub(super) fn set_owner(&self, waker: &Waker) {
        let is_set = self
            .owner
            .borrow()
            .as_ref()
            .is_some_and(|owner| owner.will_wake(waker));
        if !is_set {
            let before = self.owner.replace(Some(waker.clone()));
            drop(before);
        }
    }

    pub(super) fn take_error(&self) -> Option<ScopeError> {
        self.error.take()
    }

    /// Cancels and drops the children, and those that come later.
    pub(super) fn end_all(self: &Rc<Self>) {
        self.closed.set(true);
        if self.process.is_past() {
            // They are tasks of the process that this one has forked off from.
            mem::take(&mut *self.handles.borrow_mut())
                .into_values()
                .for_each(mem::forget);
            return;
        }
        if self.handles.borrow().is_empty() {
            return;
        }
        let children = Rc::clone(self);
        // A child may own a scope, whose children own scopes, and so on.
        end_nested(move || {
            // One at a time, for the destructors of one child may end others.
            while let Some(handle) = children.pop() {
                end(&handle);
            }
        });
    }

    fn pop(&self) -> Option<CancelHandle> {
        let first = self.handles.borrow_mut().pop_first();
        first.map(|(_, handle)| handle)
    }

    /// Waits until there are no children.
    pub(super) fn wait_empty(&self) -> Wait {
        self.empty.wait()
    }

    /// Tells whether a child's panic is to end the scope: that of the first one is.
    fn is_to_end(&self) -> bool {
        let error = self.error.take();
        let is_first = error.is_none();
        self.error.set(error);
        is_first && self.on_panic == OnPanic::EndScope && !self.closed.get()
    }

    fn panicked(&self, error: ScopeError) {
        self.error.set(Some(error));
        let owner = self.owner.take();
        if let Some(owner) = owner {
            caught::wake(owner);
        }
    }

    fn leave(&self, key: u64) {
        // A statement of its own: the handle may be the last reference to the task's memory.
        let handle = self.handles.borrow_mut().remove(&key);
        drop(handle);
        self.members.set(self.members.get() - 1);
        if self.members.get() == 0 {
            self.empty.set();
        }
    }
}

/// Ends a child. Its destructors' panics are contained with it; a waker of whoever awaits it may
/// panic as well.
fn end(handle: &CancelHandle) {
    caught::contain("a waker", || {
        // One that the loop is in ends when that poll does, and then leaves.
        handle.cancel_here();
    });
}

/// A child's place in its scope, which it leaves when this is dropped.
pub(super) struct Membership {
    children: Rc<Children>,
    key: u64,
}

impl Membership {
    pub(super) fn of(children: &Rc<Children>) -> Self {
        let key = children.next.get();
        children.next.set(key + 1);
        children.members.set(children.members.get() + 1);
        children.empty.clear();
        Self {
            children: Rc::clone(children),
            key,
        }
    }

    pub(super) fn key(&self) -> u64 {
        self.key
    }

    /// Leaves the scope with an outcome. The owner answers for a panic that ends the scope; for
    /// others the child's handle does, as outside of scopes.
    pub(super) fn end<T>(self, outcome: &Outcome<T>) {
        if self.children.is_to_end() {
            if let Some((child, panic)) = outcome.as_panic() {
                let panic = panic.clone();
                self.children
                    .panicked(ScopeError::Panicked { child, panic });
            }
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.children.leave(self.key);
    }
}
