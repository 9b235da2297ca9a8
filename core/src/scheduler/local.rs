//! The loop's own lists, and which task is next.

use crate::inbox::Drain;
use crate::task::{Header, OwnedList, ReadyList, Runnable, TaskRef};

/// What only the loop touches.
pub(super) struct Local {
    // Tasks that the loop itself has woken or spawned.
    pub(super) ready: ReadyList,
    // What has come through the inbox: operations that are to begin, and tasks that were woken elsewhere.
    pub(super) sent: ReadyList,
    // Whose turn it is when there are both.
    next_is: Kind,
    // Set by the first look into the inbox, cleared when a closed scheduler is opened again.
    has_begun: bool,
    // How many tasks that were ready by then have not been run. Zero if no operation waited.
    ahead: usize,
    pub(super) owned: OwnedList,
    // What was taken out of the inbox to be looked through; empty but while that goes on, and after
    // it was broken off by a panic.
    pub(super) unsorted: ReadyList,
    // How often the scheduler has been closed, modulo the type's range.
    pub(super) closings: usize,
    // How many operations from the inbox have been begun or refused since somebody asked.
    pub(super) arrivals: usize,
}

/// What a task waits for in the loop's lists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The loop itself has woken or spawned it.
    Ready,
    /// It has come through the inbox.
    Sent,
}

impl Local {
    pub(super) const fn new() -> Self {
        Self {
            ready: ReadyList::new(),
            sent: ReadyList::new(),
            next_is: Kind::Ready,
            has_begun: false,
            ahead: 0,
            owned: OwnedList::new(),
            unsorted: ReadyList::new(),
            closings: 0,
            arrivals: 0,
        }
    }

    /// Takes the next task to be run: in turn one that the loop has woken and one that was sent, so that
    /// however many operations come, a task that is woken waits for at most one of them more than there are
    /// tasks before it, and the other way round. Tasks that were spawned before the loop has begun precede
    /// operations that were submitted by then: as many as are `ahead`.
    ///
    /// What other contexts send is run in the order of sending: an operation finds what was woken or
    /// cancelled before it was submitted to have been run.
    pub(super) fn next(&mut self) -> Option<Runnable> {
        if self.next_is == Kind::Ready || self.sent.is_empty() {
            if let Some(task) = self.ready.pop() {
                self.next_is = Kind::Sent;
                if self.ahead > 0 {
                    self.go_ahead();
                }
                return Some(task);
            }
        }
        let task = self.sent.pop()?;
        self.next_is = Kind::Ready;
        self.count(&task);
        Some(task)
    }

    /// Returns which list the next task is in.
    pub(super) fn first(&self) -> Option<Kind> {
        match (self.ready.is_empty(), self.sent.is_empty()) {
            (true, true) => None,
            (false, true) => Some(Kind::Ready),
            (true, false) => Some(Kind::Sent),
            (false, false) => Some(self.next_is),
        }
    }

    /// Looks at those that wait to be run, in no particular order of the two lists.
    pub(super) fn queued(&self) -> impl Iterator<Item = TaskRef> {
        self.ready.iter().chain(self.sent.iter())
    }

    pub(super) fn is_ready(&self) -> bool {
        !self.ready.is_empty() || !self.sent.is_empty()
    }

    /// Counts a task if it is an operation that came through the inbox, the first time.
    pub(super) fn count(&mut self, task: &Runnable) {
        if task.task().header().arrive() {
            self.arrivals = self.arrivals.saturating_add(1);
        }
    }

    /// Has the next look into the inbox be as the first one.
    pub(super) fn begin_anew(&mut self) {
        self.has_begun = false;
    }

    pub(super) fn take_over(&mut self, tasks: Drain<Header>) {
        if !self.has_begun {
            self.has_begun = true;
            return self.take_over_first(tasks);
        }
        tasks.for_each(|task| self.sent.push(task));
    }

    /// Counts one of the tasks that precede all operations, and has the next one follow.
    #[cold]
    fn go_ahead(&mut self) {
        self.ahead -= 1;
        if self.ahead > 0 {
            self.next_is = Kind::Ready;
        }
    }

    #[cold]
    fn take_over_first(&mut self, tasks: Drain<Header>) {
        let ready = self.ready.iter().count();
        self.take_over(tasks);
        // Operations that come later are not to wait for all of them.
        self.ahead = if self.sent.is_empty() { 0 } else { ready };
        self.next_is = Kind::Ready;
    }
}
