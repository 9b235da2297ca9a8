//! The pool's threads.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Instant;

use super::ThreadPool;
use super::common::join;
use super::job::Job;
use super::state::{Seat, State};

/// What a thread of a pool knows of itself.
struct Worker {
    pool: ThreadPool,
    seat: Arc<Seat>,
    /// How many waits, one within the other, the thread is in.
    waits: Cell<u32>,
    /// Whether it counts no more, and ends with its job.
    resigned: Cell<bool>,
}

thread_local! {
    // Apart from the worker, which has a destructor and so costs more to look at: the threads of no
    // pool, whose waits are to be fast, look no further than this.
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
    static WORKER: RefCell<Option<Current>> = const { RefCell::new(None) };
}

/// The worker that the thread is. It goes with its thread's locals, and those go early when a job
/// ends the process: the thread is busy with that from then on, and the reactor's end, which is a
/// part of it, must not wait for it.
struct Current(Rc<Worker>);

impl Drop for Current {
    fn drop(&mut self) {
        self.0.resign();
    }
}

/// Does jobs on the calling thread until the pool has no more use for it.
pub(super) fn work(pool: ThreadPool, seat: Arc<Seat>) {
    let worker = Rc::new(Worker {
        pool,
        seat,
        waits: Cell::new(0),
        resigned: Cell::new(false),
    });
    WORKER.set(Some(Current(Rc::clone(&worker))));
    IS_WORKER.set(true);
    let mut job = worker.begin();
    while let Some(next) = job {
        next.run();
        job = worker.next();
    }
    if !worker.pool.shared().is_forked() {
        // It is still entered when the pool let go of it before it was.
        worker.pool.pool().forget(&worker.seat);
    }
    worker.resigned.set(true);
    // What the destructors of the thread's other locals wait for is no longer the pool's matter.
    IS_WORKER.set(false);
    drop(WORKER.take());
}

/// Returns the pool that the calling thread works for.
pub(super) fn current() -> Option<ThreadPool> {
    this_worker().map(|worker| worker.pool.clone())
}

/// Makes the calling thread, if it works for this pool, one that the pool no longer counts: it ends
/// with its job, and the end of the reactor does not wait for it.
pub(super) fn resign(pool: &ThreadPool) {
    if let Some(worker) = this_worker().filter(|worker| worker.pool.is(pool)) {
        worker.resign();
    }
}

/// Marks the calling thread, if it works for a pool, as blocked, so that another one can do what it
/// may be waiting for. Until it is dropped.
#[must_use = "the thread counts as blocked until this is dropped"]
pub(crate) struct Blocked(Option<Rc<Worker>>);

impl Blocked {
    /// To be called before the caller makes sure that it has something to wait for: this may start
    /// a thread and call the logger, either of which might use up an unpark.
    pub(crate) fn enter() -> Self {
        let worker = this_worker();
        if let Some(worker) = &worker {
            worker.begin_wait();
        }
        Self(worker)
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        if let Some(worker) = &self.0 {
            worker.end_wait();
        }
    }
}

fn this_worker() -> Option<Rc<Worker>> {
    if !IS_WORKER.get() {
        return None;
    }
    // Not reachable while the thread's locals are being destroyed: then it does no more jobs.
    WORKER
        .try_with(|worker| {
            let current = worker.borrow();
            current.as_ref().map(|current| Rc::clone(&current.0))
        })
        .unwrap_or_default()
}

impl Worker {
    /// Returns the first job, or `None` when the thread is to end.
    fn begin(&self) -> Option<Box<dyn Job>> {
        let mut state = self.state()?;
        state.arrive();
        self.seek(state)
    }

    /// Returns another job after one is done, or `None` when the thread is to end.
    fn next(&self) -> Option<Box<dyn Job>> {
        let mut state = self.state()?;
        state.finish();
        drop(state);
        self.pool.tell_of_a_job_less();
        let state = self.state()?;
        self.seek(state)
    }

    /// Locks the state, if the thread still counts.
    fn state(&self) -> Option<MutexGuard<'_, State>> {
        // A forked child has none of the threads that may have held the lock.
        if self.resigned.get() || self.pool.shared().is_forked() {
            return None;
        }
        Some(self.pool.pool().state()).filter(|state| state.knows(&self.seat))
    }

    /// Waits for a job as long as a worker stays without.
    fn seek<'a>(&'a self, mut state: MutexGuard<'a, State>) -> Option<Box<dyn Job>> {
        while !state.is_closed() {
            if let Some(job) = state.take() {
                return Some(job);
            }
            state.sit_down(Arc::clone(&self.seat));
            let summoned;
            (state, summoned) = self.sit(state);
            if !summoned {
                state.stand_up(&self.seat);
                break;
            }
            if !state.knows(&self.seat) {
                return None;
            }
            state.arrive();
        }
        state.begin_to_leave();
        drop(state);
        self.leave();
        None
    }

    /// Sleeps until the worker is summoned, or has been idle for too long; tells whether it was
    /// summoned.
    fn sit<'a>(&self, mut state: MutexGuard<'a, State>) -> (MutexGuard<'a, State>, bool) {
        let keep_alive = self.pool.pool().settings().keep_alive;
        let begun = Instant::now();
        loop {
            let left = keep_alive.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return (state, false);
            }
            let waited = self.seat.bell().wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if !state.is_sitting(&self.seat) {
                return (state, true);
            }
        }
    }

    /// Tells that the thread is about to end, and joins the one that did so before.
    fn leave(&self) {
        let pool = self.pool.pool();
        let before = pool.depart(&self.seat);
        let empty = {
            let mut state = pool.state();
            if state.knows(&self.seat) {
                state.leave()
            } else {
                None
            }
        };
        pool.tell_empty(empty);
        // Only now: nobody is to wait for this.
        if let Some(before) = before {
            join(before);
        }
    }

    fn resign(&self) {
        let Some(mut state) = self.state() else {
            return;
        };
        self.resigned.set(true);
        let (hands, empty) = state.resign(self.waits.get() > 0);
        drop(state);
        let pool = self.pool.pool();
        pool.forget(&self.seat);
        pool.tell_empty(empty);
        self.pool.provide(hands);
        self.pool.tell_of_a_job_less();
    }

    fn begin_wait(&self) {
        let outer = self.waits.replace(self.waits.get() + 1);
        if outer > 0 {
            return;
        }
        if let Some(mut state) = self.state() {
            let hands = state.block();
            drop(state);
            self.pool.provide(hands);
        }
    }

    fn end_wait(&self) {
        self.waits.set(self.waits.get() - 1);
        if self.waits.get() > 0 {
            return;
        }
        if let Some(mut state) = self.state() {
            state.unblock();
        }
    }
}
