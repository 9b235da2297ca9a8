//! The queues between wakers and the loop.
//!
//! A wake-up on the loop itself goes to a plain list: no atomic step on anything shared, no system
//! call. A wake-up from elsewhere goes through the [`Inbox`], which says whether the loop sleeps
//! and must be woken.

use alloc::sync::Arc;
use core::fmt;
use core::marker::PhantomData;

use crate::driver::{Unpark, Work};
use crate::eventual::End;
use crate::inbox::{Closed, Inbox, Wake};
use crate::primitive::UnsafeCell;
use crate::task::{Header, OwnedList, Runnable, Schedule, TaskView};

mod local;
mod noting;
mod tasks;

pub use noting::{NotOnLoop, Noting};

use local::Local;

/// Tells a scheduler whether it is called on its own loop.
///
/// # Safety
///
/// For one value and its clones, `is_on_loop` returns true on at most one context at a time, and
/// always on the one that runs the loop. That context may change only while no task that has begun
/// is left, for tasks need not be `Send`, and what the old one did happens before what the new one
/// does.
pub unsafe trait OnLoop {
    /// Tells whether the caller runs on the loop's own context.
    fn is_on_loop(&self) -> bool;
}

/// A loop's queues, shared by the loop, its tasks and whoever submits to it.
///
/// Cloning it is cheap: it is a counted reference. `U` knows how to wake the loop.
///
/// Tasks keep their scheduler, so the loop's owner [closes](Self::close) it in the end: otherwise
/// tasks that have not ended stay in memory, and so does the scheduler.
///
/// `N` is what is noted about each task, for whoever [lists](Self::tasks) them.
pub struct Scheduler<U, N = ()> {
    shared: Arc<Shared<U>>,
    // A note is in the tasks, and looked at on the loop only.
    marker: PhantomData<fn() -> N>,
}

struct Shared<U> {
    inbox: Inbox<Header>,
    // Touched on the loop only, in short sections that call nothing foreign.
    local: UnsafeCell<Local>,
    unpark: U,
}

// SAFETY: `local` is only touched when `is_on_loop` says that this is the loop's context, of which
// there is one at a time; the rest is thread-safe.
unsafe impl<U: Sync + Send> Sync for Shared<U> {}
// SAFETY: as above; whatever is left in the lists is only dropped, by its counted references.
unsafe impl<U: Sync + Send> Send for Shared<U> {}

impl<U, N> Clone for Scheduler<U, N> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            marker: PhantomData,
        }
    }
}

impl<U, N> fmt::Debug for Scheduler<U, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheduler")
            .field("inbox", &self.shared.inbox)
            .finish_non_exhaustive()
    }
}

impl<U: Unpark + OnLoop + Send + Sync + 'static> Scheduler<U> {
    /// Makes the queues of a loop that `unpark` wakes.
    pub fn new(unpark: U) -> Self {
        Self::with_notes(unpark)
    }
}

impl<U: Unpark + OnLoop + Send + Sync + 'static, N: Send + 'static> Scheduler<U, N> {
    /// Makes the queues of a loop that `unpark` wakes, and whose tasks have notes.
    pub fn with_notes(unpark: U) -> Self {
        Self {
            shared: Arc::new(Shared {
                inbox: Inbox::new(),
                local: UnsafeCell::new(Local::new()),
                unpark,
            }),
            marker: PhantomData,
        }
    }

    /// Returns what wakes the loop, and whatever else it holds.
    #[must_use]
    pub fn shared(&self) -> &U {
        &self.shared.unpark
    }

    /// Makes the loop look around once more, from any context.
    pub fn notify(&self) {
        self.unpark_if(self.shared.inbox.notify());
    }

    /// Tells whether the scheduler takes no more operations.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.inbox.is_closed()
    }

    /// Tells whether other contexts have sent something that the loop has not taken over.
    #[must_use]
    pub fn has_news(&self) -> bool {
        self.shared.inbox.has_news()
    }

    /// Tells whether the caller is the loop.
    #[must_use]
    pub fn is_on_loop(&self) -> bool {
        self.shared.unpark.is_on_loop()
    }

    /// Returns how many tasks are suspended. Zero when called elsewhere than on the loop.
    #[must_use]
    pub fn suspended(&self) -> usize {
        self.with_local(|local| local.owned.len()).unwrap_or(0)
    }

    /// Takes no more operations, ends everything that is queued or suspended as
    /// [`End::Stopped`], and drops it.
    ///
    /// A task that closes the scheduler it runs on goes on until it is suspended, and ends then,
    /// unless it has completed. Destructors that wake or spawn tasks find the loop stopped. Does
    /// nothing elsewhere than on the loop.
    ///
    /// # Panics
    ///
    /// Goes on with a destructor's panic; the caller may call this again for the rest.
    pub fn close(&self) {
        self.with_local(|local| {
            // The loop is here, so it does not sleep.
            let (rest, _) = self.shared.inbox.close();
            local.take_over(rest);
            local.closings = local.closings.wrapping_add(1);
        });
        while let Some(Some(task)) = self.with_local(|local| {
            let unsorted = local.unsorted.pop();
            unsorted
                .or_else(|| local.next())
                .or_else(|| local.owned.pop())
        }) {
            // SAFETY: this is the loop.
            unsafe { task.stop() };
        }
    }

    /// Takes over what other contexts have sent so far, and ends the operations among it and among
    /// what was sent before, which have not begun, as [`End::Stopped`]. Wake-ups are kept.
    ///
    /// Does nothing elsewhere than on the loop.
    ///
    /// # Panics
    ///
    /// Goes on with the panic of a destructor or of a waiter's waker; the caller calls this again
    /// for the rest.
    pub fn collect_wakes(&self) {
        self.with_local(|local| {
            while let Some(task) = local.sent.pop() {
                local.unsorted.push(task);
            }
            let sent = self.shared.inbox.drain();
            sent.for_each(|task| local.unsorted.push(task));
        });
        while let Some(Some(task)) = self.with_local(|local| {
            let task = local.unsorted.pop()?;
            local.count(&task);
            Some(task)
        }) {
            if !task.task().revoke(End::Stopped) {
                self.with_local(|local| local.ready.push(task));
            }
        }
    }

    /// Returns how many operations that came through the inbox the loop has begun, refused, or found
    /// revoked, since this was last asked: for a platform that bounds how many wait. Zero elsewhere
    /// than on the loop.
    #[must_use]
    pub fn take_arrivals(&self) -> usize {
        self.with_local(|local| core::mem::take(&mut local.arrivals))
            .unwrap_or(0)
    }

    /// Takes operations again after [`close`](Self::close).
    ///
    /// Called by the loop, it has tasks that are spawned before the loop goes on run ahead of
    /// operations that others submit until then, as on a new scheduler. Otherwise they take turns.
    pub fn reopen(&self) {
        if self.is_closed() {
            self.with_local(Local::begin_anew);
        }
        self.shared.inbox.reopen();
    }

    /// Runs one ready task; tells whether there was one. Does nothing elsewhere than on the loop.
    ///
    /// # Panics
    ///
    /// Goes on with a panic of the task, which has been ended as [`End::Cancelled`] then.
    pub fn run_one(&self) -> bool {
        self.run_one_with(|_suspended| {})
    }

    /// As [`run_one`](Self::run_one); calls `suspended` if the task is suspended for the first
    /// time.
    ///
    /// # Panics
    ///
    /// As [`run_one`](Self::run_one), and with a panic of `suspended`, of which the task does not
    /// suffer.
    pub fn run_one_with(&self, suspended: impl FnOnce(&N)) -> bool {
        let next = self.with_local(|local| Some((local.next()?, local.closings)));
        let Some((task, closings)) = next.flatten() else {
            return false;
        };
        // SAFETY: `with_local` only calls its argument on the loop.
        if let Some(task) = unsafe { task.run() } {
            self.keep(task, closings, suspended);
        }
        true
    }

    /// Keeps a suspended task, or stops it if the scheduler has been closed since the number of
    /// closings was `closings`: the task was being run then, hence in no list.
    fn keep(&self, task: Runnable, closings: usize, first: impl FnOnce(&N)) {
        let is_kept = OwnedList::contains(task.task());
        // SAFETY: only the loop comes here, with a task of this scheduler's.
        let fresh: Option<TaskView<N>> = (!is_kept)
            .then(|| unsafe { TaskView::of(task.task().clone()) })
            .flatten();
        let too_late = self.with_local(|local| {
            if local.closings == closings {
                local.owned.insert(task);
                return None;
            }
            Some(task)
        });
        if let Some(task) = too_late.flatten() {
            // SAFETY: `with_local` only calls its argument on the loop.
            unsafe { task.stop() };
        } else if let Some(fresh) = fresh {
            first(fresh.note());
        }
    }

    fn unpark_if(&self, wake: Wake) {
        if wake == Wake::Needed {
            self.shared.unpark.unpark();
        }
    }

    /// Uses the loop's lists, on the loop only. `with` must not call anything foreign.
    fn with_local<R>(&self, with: impl FnOnce(&mut Local) -> R) -> Option<R> {
        self.is_on_loop().then(|| {
            self.shared.local.with_mut(|local| {
                // SAFETY: this is the loop, the only context that touches the lists, and `with`
                // is one of this module's closures, none of which comes back here.
                with(unsafe { &mut *local })
            })
        })
    }
}

impl<U, N> Schedule for Scheduler<U, N>
where
    U: Unpark + OnLoop + Send + Sync + 'static,
    N: Send + 'static,
{
    type Note = N;

    fn is_on_loop(&self) -> bool {
        Self::is_on_loop(self)
    }

    fn queue(&self, task: Runnable) -> Result<(), Runnable> {
        let mut task = Some(task);
        self.with_local(|local| {
            if let Some(task) = task.take() {
                task.task().header().arrive();
                local.ready.push(task);
            }
        });
        task.map_or(Ok(()), Err)
    }

    fn send(&self, task: Runnable) {
        match self.shared.inbox.push(task) {
            Ok(wake) => self.unpark_if(wake),
            // Closed: a submission ends here, a wake-up is too late.
            Err(Closed(task)) => {
                task.task().revoke(End::Stopped);
            }
        }
    }

    fn disown(&self, task: &Runnable) {
        drop(self.with_local(|local| local.owned.remove(task)));
    }
}

impl<U, N> Work for Scheduler<U, N>
where
    U: Unpark + OnLoop + Send + Sync + 'static,
    N: Send + 'static,
{
    fn collect(&self) {
        if self.shared.inbox.has_news() {
            self.with_local(|local| local.take_over(self.shared.inbox.drain()));
        }
    }

    fn run_one(&self) -> bool {
        Self::run_one(self)
    }

    fn is_ready(&self) -> bool {
        self.with_local(|local| local.is_ready()).unwrap_or(false)
    }

    fn try_sleep(&self) -> bool {
        self.shared.inbox.try_sleep()
    }

    fn awake(&self) {
        self.with_local(|local| local.take_over(self.shared.inbox.drain()));
    }
}
