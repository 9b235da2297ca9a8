//! Looking at a scheduler's tasks.

use alloc::vec::Vec;

use super::local::Kind;
use super::{OnLoop, Scheduler};
use crate::driver::Unpark;
use crate::task::{OwnedList, TaskRef, TaskView};

impl<U: Unpark + OnLoop + Send + Sync + 'static, N: Send + 'static> Scheduler<U, N> {
    /// Lists the tasks that have not ended: the suspended ones, latest first, then those in the
    /// queue that have not been suspended yet. None elsewhere than on the loop.
    ///
    /// What other contexts have sent since the last [`collect`](crate::driver::Work::collect) is
    /// not among them, nor is a task that is being polled for the first time.
    #[must_use]
    pub fn tasks(&self) -> Vec<TaskView<N>> {
        let count = self.with_local(|local| local.owned.len() + local.queued().count());
        // Allocated outside of the section, in which nothing foreign is to be called.
        let mut listed: Vec<TaskRef> = Vec::with_capacity(count.unwrap_or(0));
        self.with_local(|local| {
            let kept = local.owned.iter();
            let queued = local.queued().filter(|task| !OwnedList::contains(task));
            listed.extend(kept.chain(queued));
        });
        let views = listed.into_iter();
        // SAFETY: these are tasks of this scheduler, and `with_local` lists them on the loop only.
        views
            .filter_map(|task| unsafe { TaskView::of(task) })
            .collect()
    }

    /// Looks at the task that is to be run next. `None` elsewhere than on the loop.
    #[must_use]
    pub fn next_task(&self) -> Option<TaskView<N>> {
        let next = self.with_local(|local| match local.first()? {
            Kind::Ready => local.ready.iter().next(),
            Kind::Sent => local.sent.iter().next(),
        });
        // SAFETY: it is a task of this scheduler, and `with_local` finds it on the loop only.
        unsafe { TaskView::of(next??) }
    }
}
