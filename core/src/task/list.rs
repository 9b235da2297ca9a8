//! The loop's own lists of tasks: those that are ready, and those that are suspended.
//!
//! Both are linked through the tasks and touched by the loop only, without atomics.

use core::ptr::NonNull;

use super::Runnable;
use super::header::{Header, TaskRef};
use crate::inbox::Linked;

/// A task's neighbours in the list of suspended tasks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Siblings {
    kept: Option<Neighbours>,
}

#[derive(Clone, Copy, Debug)]
struct Neighbours {
    // The first one's is itself: never null, which tells whether a task is kept.
    before: NonNull<Header>,
    after: Option<NonNull<Header>>,
}

impl Siblings {
    pub(crate) const NONE: Self = Self { kept: None };
}

/// First in, first out; owns a reference to each task. A task is in at most one such list or
/// inbox, because it has one link.
#[derive(Debug)]
pub(crate) struct ReadyList {
    first: Option<NonNull<Header>>,
    last: Option<NonNull<Header>>,
}

impl ReadyList {
    pub(crate) const fn new() -> Self {
        Self {
            first: None,
            last: None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Goes through the tasks, first to last.
    pub(crate) fn iter(&self) -> impl Iterator<Item = TaskRef> {
        core::iter::successors(self.first, |node| {
            // SAFETY: the list owns a reference to the task.
            let link = unsafe { Header::link(*node) };
            // SAFETY: a queued task's link belongs to its queue, which is borrowed meanwhile.
            NonNull::new(unsafe { link.get() })
        })
        .map(refer_to)
    }

    pub(crate) fn push(&mut self, task: Runnable) {
        let node = Header::into_raw(task);
        set_next(node, core::ptr::null_mut());
        match self.last.replace(node) {
            Some(last) => set_next(last, node.as_ptr()),
            None => self.first = Some(node),
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Runnable> {
        let node = self.first?;
        // SAFETY: the list owns a reference to the task.
        let link = unsafe { Header::link(node) };
        // SAFETY: a queued task's link belongs to its queue.
        self.first = NonNull::new(unsafe { link.get() });
        if self.first.is_none() {
            self.last = None;
        }
        // SAFETY: the reference came from `into_raw` in `push` and leaves the list here.
        Some(unsafe { Header::from_raw(node) })
    }
}

/// Sets the link of a task that is in a [`ReadyList`].
fn set_next(node: NonNull<Header>, next: *mut Header) {
    // SAFETY: the list owns a reference to the task.
    let link = unsafe { Header::link(node) };
    // SAFETY: a queued task's link belongs to its queue.
    unsafe { link.set(next) };
}

/// All suspended tasks; owns a reference to each.
#[derive(Debug)]
pub(crate) struct OwnedList {
    first: Option<NonNull<Header>>,
    len: usize,
}

impl OwnedList {
    pub(crate) const fn new() -> Self {
        Self {
            first: None,
            len: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Goes through the tasks, latest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = TaskRef> {
        core::iter::successors(self.first, |node| siblings(*node).kept?.after).map(refer_to)
    }

    /// Tells whether a task is kept.
    pub(crate) fn contains(task: &TaskRef) -> bool {
        siblings(task.as_raw()).kept.is_some()
    }

    /// Keeps a task; one that is kept already stays where it is.
    pub(crate) fn insert(&mut self, task: Runnable) {
        if Self::contains(task.task()) {
            return;
        }
        let node = task.into_task().into_raw();
        if let Some(first) = self.first {
            update(first, |first| first.before = node);
        }
        let kept = Some(Neighbours {
            before: node,
            after: self.first,
        });
        set_siblings(node, Siblings { kept });
        self.first = Some(node);
        self.len += 1;
    }

    /// Gives up a task, if it is kept here.
    pub(crate) fn remove(&mut self, task: &Runnable) -> Option<Runnable> {
        let node = task.task().as_raw();
        let Neighbours { before, after } = siblings(node).kept?;
        set_siblings(node, Siblings::NONE);
        let is_first = before == node;
        if is_first {
            self.first = after;
        } else {
            update(before, |before| before.after = after);
        }
        if let Some(after) = after {
            let before = if is_first { after } else { before };
            update(after, |after| after.before = before);
        }
        self.len -= 1;
        // SAFETY: the list owned this reference since `insert` and has just unlinked the task.
        Some(Runnable::new(unsafe { TaskRef::from_raw(node) }))
    }

    /// Gives up any one task.
    pub(crate) fn pop(&mut self) -> Option<Runnable> {
        let first = self.first?;
        // SAFETY: the list owns a reference to its first task; `remove` only borrows this one.
        let first =
            core::mem::ManuallyDrop::new(Runnable::new(unsafe { TaskRef::from_raw(first) }));
        self.remove(&first)
    }
}

/// Makes a reference to a task that a list has.
fn refer_to(node: NonNull<Header>) -> TaskRef {
    // SAFETY: the list's own reference, which is only borrowed here.
    let listed = core::mem::ManuallyDrop::new(unsafe { TaskRef::from_raw(node) });
    TaskRef::clone(&listed)
}

fn siblings(node: NonNull<Header>) -> Siblings {
    // SAFETY: every caller holds a reference to the task.
    let header = unsafe { node.as_ref() };
    header.siblings().with(|cell| {
        // SAFETY: the siblings are touched by the loop only, and not re-entrantly.
        unsafe { *cell }
    })
}

fn set_siblings(node: NonNull<Header>, to: Siblings) {
    // SAFETY: every caller holds a reference to the task.
    let header = unsafe { node.as_ref() };
    header.siblings().with_mut(|cell| {
        // SAFETY: the siblings are touched by the loop only, and not re-entrantly.
        unsafe { *cell = to };
    });
}

fn update(node: NonNull<Header>, change: impl FnOnce(&mut Neighbours)) {
    let mut entry = siblings(node);
    if let Some(kept) = &mut entry.kept {
        change(kept);
    }
    set_siblings(node, entry);
}
