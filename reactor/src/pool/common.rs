//! What the threads of a pool have in common.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{fmt, mem};

use super::settings::Settings;
use super::state::{Empty, Seat, State};
use crate::caught;
use crate::fork::Generation;
use crate::thread::ServiceThread;

/// A pool's state and threads. It belongs to the reactor.
///
/// In a forked child nobody touches any of its locks, which a thread of the parent may have held.
pub(crate) struct Pool {
    settings: Settings,
    state: Mutex<State>,
    /// Notified when the last worker of a closed pool has left.
    departure: Condvar,
    /// Locked while a thread is being started, so that none departs before it is entered.
    roster: Mutex<Roster>,
    /// When the end of a closed pool stops waiting. `None` is never.
    deadline: Mutex<Option<Instant>>,
    generation: Generation,
}

/// The threads of a pool: those that work, and the last one that ended.
#[derive(Default)]
struct Roster {
    working: Vec<(u64, ServiceThread)>,
    departed: Option<ServiceThread>,
}

impl Pool {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            state: Mutex::new(State::new(&settings)),
            departure: Condvar::new(),
            roster: Mutex::default(),
            deadline: Mutex::default(),
            generation: Generation::current(),
        }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Decides until when the end of the pool waits for its workers.
    pub(super) fn set_deadline(&self) {
        *lock(&self.deadline) = Instant::now().checked_add(self.settings.join_timeout);
    }

    /// Waits until no worker is left, or until the deadline.
    pub(super) fn wait_until_empty(&self) -> MutexGuard<'_, State> {
        let deadline = *lock(&self.deadline);
        let mut state = self.state();
        while !state.is_empty() {
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                break;
            }
            state = match left {
                None => {
                    let waited = self.departure.wait(state);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
                Some(left) => {
                    let waited = self.departure.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        state
    }

    /// Tells those who wait for the pool's end that the last worker has left, if it has.
    pub(super) fn tell_empty(&self, empty: Option<Empty>) {
        if let Some(empty) = empty {
            match empty.complete(()) {
                // Whoever waited may have run out of time.
                Ok(()) | Err(()) => {}
            }
            self.departure.notify_all();
        }
    }

    /// Starts a thread and enters it.
    pub(super) fn enter(
        &self,
        seat: &Seat,
        start: impl FnOnce() -> std::io::Result<ServiceThread>,
    ) -> std::io::Result<()> {
        let mut roster = lock(&self.roster);
        roster.working.push((seat.id(), start()?));
        Ok(())
    }

    /// Takes note of a thread that is ending. Returns the one before, which it is to join, so that
    /// there is never more than one that is left to be joined.
    pub(super) fn depart(&self, seat: &Seat) -> Option<ServiceThread> {
        let mut roster = lock(&self.roster);
        let thread = roster.remove(seat)?;
        roster.departed.replace(thread)
    }

    /// Takes a thread out, unless it is out already. Nobody joins it.
    pub(super) fn forget(&self, seat: &Seat) {
        let thread = lock(&self.roster).remove(seat);
        drop(thread);
    }

    /// Takes out all threads: joins those that have ended, and lets go of the others.
    pub(super) fn dismiss(&self) {
        let roster = mem::take(&mut *lock(&self.roster));
        if let Some(departed) = roster.departed {
            join(departed);
        }
    }
}

impl Roster {
    fn remove(&mut self, seat: &Seat) -> Option<ServiceThread> {
        let at = self.working.iter().position(|(id, _)| *id == seat.id())?;
        Some(self.working.swap_remove(at).1)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if self.generation.is_past() {
            // A forked child has none of these threads: the system must not look for them.
            let roster = self.roster.get_mut();
            mem::forget(mem::take(roster.unwrap_or_else(PoisonError::into_inner)));
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing foreign runs while one of these locks is held, so nothing panics.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Joins a thread that has nothing left to do, and lets go of it if it does not end soon.
pub(super) fn join(thread: ServiceThread) {
    if let Some(Err(failure)) = thread.join_within(SOON) {
        caught::contain("the logger", || {
            log::error!(target: "crochet::reactor", "a thread of the thread pool {failure}");
        });
    }
}

/// How long a thread may take to end after its last job.
const SOON: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::panic::resume_unwind;

    use log::{LevelFilter, Log, Metadata, Record};

    use super::*;

    thread_local! {
        // How many records the thread has told, if it is the one that is to panic.
        static TOLD: Cell<Option<u32>> = const { Cell::new(None) };
    }

    struct Panics;

    impl Log for Panics {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn log(&self, _: &Record<'_>) {
            if let Some(told) = TOLD.get() {
                TOLD.set(Some(told + 1));
                panic!("given a record");
            }
        }

        fn flush(&self) {}
    }

    #[test]
    fn a_logger_that_panics_does_not_disturb_who_joins_a_thread() {
        log::set_logger(&Panics).expect("the only logger");
        log::set_max_level(LevelFilter::Error);
        TOLD.set(Some(0));
        // On a machine that is very busy, it is not known soon enough that the thread has ended.
        while TOLD.get() == Some(0) {
            let thread = ServiceThread::start("panics", || resume_unwind(Box::new("no job did")));
            join(thread.expect("a thread"));
        }
    }
}
