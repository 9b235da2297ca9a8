//! Loom's atomics, with edges that a model can weaken to show that it would notice.

pub(crate) use loom::cell::UnsafeCell;
#[cfg(feature = "alloc")]
pub(crate) use loom::sync::atomic::AtomicU32;
pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicU8, AtomicUsize, Ordering};

pub(crate) use crate::model::Edge;

impl Edge {
    /// Returns the ordering to use here: `Relaxed` when the model has weakened this edge.
    pub(crate) fn order(self, strong: Ordering) -> Ordering {
        if self.is_weakened() {
            Ordering::Relaxed
        } else {
            strong
        }
    }

    /// Replaces `old` by `new`: as a load and a separate store when the model has weakened this
    /// edge.
    pub(crate) fn replace<T>(self, cell: &AtomicPtr<T>, old: *mut T, new: *mut T) -> bool {
        if !self.is_weakened() {
            return cell
                .compare_exchange(old, new, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        }
        let unchanged = cell.load(Ordering::Relaxed) == old;
        if unchanged {
            cell.store(new, Ordering::Relaxed);
        }
        unchanged
    }
}
