//! What the pool's lock guards: the queue, and who is there to take from it.
//!
//! | a worker is | from | until | what counts it |
//! | --- | --- | --- | --- |
//! | coming | it is started or summoned | it looks at the queue | `workers`, `coming` |
//! | busy | it takes a job | the job ends | `workers`, `busy` |
//! | blocked | its job begins to wait for a reactor | the wait ends | also `blocked` |
//! | idle | it finds nothing to do | it is summoned, or its time is up | `workers`, `idle` |
//! | leaving | it has found that it is to go | it has told so | `leaving` alone |
//!
//! Who is neither blocked nor idle is *running*; as many may be as the pool's size says. A wait
//! that ends may make it more for a while: nobody begins another job until it is no longer so.
//!
//! As long as the pool is open, this holds whenever the lock is free: no job waits, or workers are
//! coming for all that do, or as many are running as may, or there are as many workers as may be, or
//! the system has refused a thread since and somebody is running. Every method that could break it
//! returns the [`Hands`] that mend it.
//!
//! So a job that waits for a thread that was refused has whoever is running, who takes it next, or
//! looks for hands again before it begins to wait for a reactor. Without such a worker it is refused:
//! all others wait, perhaps for that very job.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar};

use crochet_core::eventual::{Completer, Eventual};

use super::job::Job;
use super::settings::Settings;
use super::{PoolError, PoolStats};

/// Names a job that waits. Later jobs have greater ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct JobId(u64);

/// A worker's place in the pool.
#[derive(Debug)]
pub(super) struct Seat {
    id: u64,
    era: u64,
    /// Rung when the worker is to look at the state again.
    bell: Condvar,
}

impl Seat {
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    pub(super) fn bell(&self) -> &Condvar {
        &self.bell
    }
}

/// Who is to take a job that waits. The caller sees to it when it has left the lock.
#[derive(Debug)]
#[must_use = "a job may wait for it"]
pub(super) enum Hands {
    /// Nobody is missing.
    Enough,
    /// An idle worker, whose bell is to be rung.
    Summon(Arc<Seat>),
    /// A worker that is to be started.
    Start(Arc<Seat>),
    /// Nobody: every thread that the pool may have waits for an operation. Said once.
    Starved,
}

/// What a worker that could not be started leaves to be done.
#[derive(Default)]
pub(super) struct Refused {
    /// One that is idle, to be summoned for a job that waits.
    pub(super) instead: Option<Arc<Seat>>,
    /// The jobs that nobody would take.
    pub(super) jobs: Vec<Box<dyn Job>>,
    pub(super) empty: Option<Empty>,
}

/// Tells, by its completion, that the last worker has left a closed pool.
pub(super) type Empty = Completer<Arc<Eventual<()>>>;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Course {
    Open,
    Closed,
}

/// See the module.
pub(super) struct State {
    course: Course,
    /// How often the pool has let go of all its workers. Those of an earlier era count no more.
    era: u64,
    size: usize,
    cap: usize,
    queue_limit: Option<usize>,
    queue: VecDeque<(JobId, Box<dyn Job>)>,
    last_job: u64,
    last_worker: u64,
    workers: usize,
    coming: usize,
    busy: usize,
    blocked: usize,
    leaving: usize,
    /// The one that sat down last is summoned first, so that those not needed can leave.
    idle: Vec<Arc<Seat>>,
    /// Set by closing a pool that has workers, cleared when the last has left.
    empty: Option<Empty>,
    /// Whether a shortage has been told of, since the last time that there was none.
    starved: bool,
    completed: u64,
}

impl State {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            course: Course::Open,
            era: 0,
            size: settings.size,
            cap: settings.cap,
            queue_limit: settings.queue_limit,
            queue: VecDeque::new(),
            last_job: 0,
            last_worker: 0,
            workers: 0,
            coming: 0,
            busy: 0,
            blocked: 0,
            leaving: 0,
            idle: Vec::new(),
            empty: None,
            starved: false,
            completed: 0,
        }
    }

    pub(super) fn stats(&self) -> PoolStats {
        PoolStats {
            workers: self.workers + self.leaving,
            idle: self.idle.len(),
            blocked: self.blocked,
            queued: self.queue.len(),
            started: self.last_worker,
            completed: self.completed,
        }
    }

    /// Tells whether no job waits or is being done.
    pub(super) fn is_quiet(&self) -> bool {
        self.queue.is_empty() && self.busy == 0
    }

    pub(super) fn is_closed(&self) -> bool {
        self.course == Course::Closed
    }

    /// Tells whether the worker counts.
    pub(super) fn knows(&self, seat: &Seat) -> bool {
        self.era == seat.era
    }

    /// Queues a job, or gives it back.
    pub(super) fn put(
        &mut self,
        job: Box<dyn Job>,
    ) -> Result<(JobId, Hands), (Box<dyn Job>, PoolError)> {
        if self.is_closed() {
            return Err((job, PoolError::Stopped));
        }
        if !self.has_room() {
            return Err((job, PoolError::Full));
        }
        self.last_job += 1;
        let id = JobId(self.last_job);
        self.queue.push_back((id, job));
        Ok((id, self.hands()))
    }

    /// Takes a job back that has not begun.
    pub(super) fn revoke(&mut self, id: JobId) -> Option<Box<dyn Job>> {
        let at = self.queue.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        self.queue.remove(at).map(|(_, job)| job)
    }

    /// Takes the next job for the calling worker, if it is to do one.
    pub(super) fn take(&mut self) -> Option<Box<dyn Job>> {
        if self.running() > self.size {
            return None;
        }
        let (_, job) = self.queue.pop_front()?;
        self.busy += 1;
        Some(job)
    }

    /// Counts the calling worker's job as done.
    pub(super) fn finish(&mut self) {
        self.busy -= 1;
        self.completed += 1;
    }

    /// Counts a worker that was started or summoned as there.
    pub(super) fn arrive(&mut self) {
        self.coming -= 1;
    }

    pub(super) fn sit_down(&mut self, seat: Arc<Seat>) {
        self.idle.push(seat);
    }

    /// Tells whether a worker that sat down has not been summoned.
    pub(super) fn is_sitting(&self, seat: &Seat) -> bool {
        self.idle.iter().any(|idle| idle.id == seat.id)
    }

    /// Counts an idle worker as one that goes.
    pub(super) fn stand_up(&mut self, seat: &Seat) {
        self.idle.retain(|idle| idle.id != seat.id);
    }

    /// Counts the calling worker as blocked.
    pub(super) fn block(&mut self) -> Hands {
        self.blocked += 1;
        self.hands()
    }

    /// Counts the calling worker as no longer blocked.
    pub(super) fn unblock(&mut self) {
        self.blocked -= 1;
        self.starved = false;
    }

    /// Counts the calling worker, which has nothing in hand, as leaving.
    pub(super) fn begin_to_leave(&mut self) {
        self.workers -= 1;
        self.leaving += 1;
    }

    /// Counts the calling worker, which was leaving, as gone.
    pub(super) fn leave(&mut self) -> Option<Empty> {
        self.leaving -= 1;
        self.empty_if_last()
    }

    /// Counts the calling worker as gone, though it does a job, which may be blocked.
    pub(super) fn resign(&mut self, is_blocked: bool) -> (Hands, Option<Empty>) {
        self.workers -= 1;
        self.busy -= 1;
        self.blocked -= usize::from(is_blocked);
        (self.hands(), self.empty_if_last())
    }

    /// Counts a worker that was to be started as not there.
    pub(super) fn not_started(&mut self, seat: &Seat) -> Refused {
        if !self.knows(seat) {
            return Refused::default();
        }
        self.coming -= 1;
        self.workers -= 1;
        let mut refused = Refused::default();
        if self.lacks_hands() {
            refused.instead = self.summon();
            if self.running() == 0 {
                refused.jobs = self.take_all();
            }
        }
        refused.empty = self.empty_if_last();
        refused
    }

    /// Changes how many jobs may run at a time. To be called until it returns that nobody is
    /// missing.
    pub(super) fn resize(&mut self, size: usize) -> Hands {
        self.size = size;
        self.hands()
    }

    /// Takes no more jobs, and sends the workers away as they become free. Returns the jobs that
    /// waited, and the workers to be told.
    pub(super) fn close(&mut self, empty: Empty) -> (Vec<Box<dyn Job>>, Vec<Arc<Seat>>) {
        self.course = Course::Closed;
        // Without workers it is dropped right here, which tells the same.
        self.empty = (self.workers + self.leaving > 0).then_some(empty);
        self.coming += self.idle.len();
        (self.take_all(), std::mem::take(&mut self.idle))
    }

    /// Tells whether nobody is left who counts.
    pub(super) fn is_empty(&self) -> bool {
        self.workers + self.leaving == 0
    }

    /// Lets go of the workers that are left, of which it returns the number.
    pub(super) fn let_go(&mut self) -> usize {
        let left = self.workers;
        self.era += 1;
        self.workers = 0;
        self.coming = 0;
        self.busy = 0;
        self.blocked = 0;
        self.leaving = 0;
        self.starved = false;
        self.empty = None;
        left
    }

    /// Takes jobs again.
    pub(super) fn open(&mut self) {
        self.course = Course::Open;
    }

    fn take_all(&mut self) -> Vec<Box<dyn Job>> {
        self.queue.drain(..).map(|(_, job)| job).collect()
    }

    fn empty_if_last(&mut self) -> Option<Empty> {
        if self.is_empty() {
            self.empty.take()
        } else {
            None
        }
    }

    fn running(&self) -> usize {
        self.workers - self.idle.len() - self.blocked
    }

    fn has_room(&self) -> bool {
        let Some(limit) = self.queue_limit else {
            return true;
        };
        self.has_hands() || self.queue.len() < limit.saturating_add(self.coming)
    }

    /// Tells whether there is, or may be, a worker for one more job right now.
    fn has_hands(&self) -> bool {
        self.running() < self.size && (!self.idle.is_empty() || self.may_start())
    }

    fn may_start(&self) -> bool {
        self.workers < self.cap.max(self.size)
    }

    /// Tells whether a job waits that may begin, and nobody is coming for it.
    fn lacks_hands(&self) -> bool {
        self.queue.len() > self.coming && self.running() < self.size
    }

    fn summon(&mut self) -> Option<Arc<Seat>> {
        let seat = self.idle.pop()?;
        self.coming += 1;
        Some(seat)
    }

    /// Finds somebody for a job that waits, if one may begin.
    fn hands(&mut self) -> Hands {
        if !self.lacks_hands() {
            return Hands::Enough;
        }
        if let Some(seat) = self.summon() {
            return Hands::Summon(seat);
        }
        if self.may_start() {
            self.workers += 1;
            self.coming += 1;
            self.last_worker += 1;
            return Hands::Start(Arc::new(Seat {
                id: self.last_worker,
                era: self.era,
                bell: Condvar::new(),
            }));
        }
        if std::mem::replace(&mut self.starved, true) {
            Hands::Enough
        } else {
            Hands::Starved
        }
    }
}

#[cfg(test)]
mod tests;
