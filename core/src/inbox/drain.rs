//! What the consumer has taken out of an inbox.

use core::fmt;
use core::ptr::NonNull;

use super::{Linked, is_node};

/// The nodes taken from an inbox, oldest first. Dropping it drops the handles of the rest.
pub struct Drain<N: Linked> {
    next: *mut N,
}

// SAFETY: it owns handles, hence `Handle: Send`.
unsafe impl<N: Linked> Send for Drain<N> where N::Handle: Send {}

impl<N: Linked> fmt::Debug for Drain<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drain").finish_non_exhaustive()
    }
}

impl<N: Linked> Drain<N> {
    pub(super) fn empty() -> Self {
        Self {
            next: core::ptr::null_mut(),
        }
    }

    /// Turns round the list that began at `head`, newest first.
    pub(super) fn of(head: *mut N) -> Self {
        let mut older = if is_node(head) {
            head
        } else {
            core::ptr::null_mut()
        };
        let mut newer = core::ptr::null_mut();
        while let Some(node) = NonNull::new(older) {
            // SAFETY: the node was queued, hence is valid.
            let link = unsafe { N::link(node) };
            // SAFETY: the whole list was taken out of the inbox, so it is the caller's own.
            older = unsafe { link.get() };
            // SAFETY: as above.
            unsafe { link.set(newer) };
            newer = node.as_ptr();
        }
        Self { next: newer }
    }
}

impl<N: Linked> Iterator for Drain<N> {
    type Item = N::Handle;

    fn next(&mut self) -> Option<N::Handle> {
        let node = NonNull::new(self.next)?;
        // SAFETY: the node was queued, hence is valid.
        let link = unsafe { N::link(node) };
        // SAFETY: the list is this iterator's own.
        self.next = unsafe { link.get() };
        // SAFETY: the node came from `into_raw` when it was pushed, and leaves the list here.
        Some(unsafe { N::from_raw(node) })
    }
}

impl<N: Linked> Drop for Drain<N> {
    fn drop(&mut self) {
        let rest = DropRest(self);
        rest.0.for_each(drop);
    }
}

/// Drops what is left also when one of the handles panics as it is dropped.
struct DropRest<'a, N: Linked>(&'a mut Drain<N>);

impl<N: Linked> Drop for DropRest<'_, N> {
    fn drop(&mut self) {
        self.0.for_each(drop);
    }
}
