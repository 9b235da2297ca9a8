//! The results that are stashed, by number.

use std::any::Any;
use std::collections::BTreeMap;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use super::ids::{Cipher, ResultId};
use super::{RetrieveError, StashLimits, StashStats};

/// A result whose types are known only to whoever retrieves it.
pub(super) type Stashed = Box<dyn Any + Send>;

/// What the stash has given up. Dropping it runs foreign code and logs the failures in it, so that
/// is done outside of the stash's lock.
pub(super) type GivenUp = Vec<Stashed>;

/// The stash of one process, without its lock.
#[derive(Debug, Default)]
pub(super) struct Store {
    limits: StashLimits,
    stats: StashStats,
    // Made when the first id is, since making one asks the system for random bytes.
    cipher: Option<Cipher>,
    next: u64,
    // In the order of stashing, hence of age.
    entries: BTreeMap<u64, Entry>,
    is_swept: bool,
    // Whoever sweeps, while it sleeps. A waker of the reactor's, so that nothing foreign is called.
    sweeper: Option<Waker>,
}

/// What is to be given up after a while: everything that was stashed before.
///
/// A number, not an instant: all that was stashed before a sleep of that length is that old, by the
/// reactor's own clock, which may be virtual.
#[derive(Debug)]
pub(super) struct Sweep {
    max_age: Duration,
    before: u64,
}

impl Sweep {
    /// Returns how long to wait before it.
    pub(super) fn max_age(&self) -> Duration {
        self.max_age
    }
}

#[derive(Debug)]
struct Entry {
    result: Stashed,
    type_name: &'static str,
    since: Instant,
}

impl Store {
    pub(super) const fn new() -> Self {
        Self {
            limits: StashLimits::DEFAULT,
            stats: StashStats::ZERO,
            cipher: None,
            next: 0,
            entries: BTreeMap::new(),
            is_swept: false,
            sweeper: None,
        }
    }

    pub(super) fn insert(
        &mut self,
        result: Stashed,
        type_name: &'static str,
        now: Instant,
    ) -> (ResultId, GivenUp) {
        let number = self.next;
        self.next += 1;
        let id = self.cipher.get_or_insert_with(Cipher::new).id(number);
        let entry = Entry {
            result,
            type_name,
            since: now,
        };
        self.entries.insert(number, entry);
        self.stats.stashed += 1;
        (id, self.give_up(now))
    }

    /// Takes the result with this id if it passes `is_wanted`.
    pub(super) fn remove(
        &mut self,
        id: ResultId,
        is_wanted: impl FnOnce(&Stashed) -> bool,
    ) -> Result<Stashed, RetrieveError> {
        let number = self.cipher.as_ref().and_then(|cipher| cipher.number(id));
        let number = number.ok_or(RetrieveError::Unknown)?;
        let entry = self.entries.get(&number).ok_or(RetrieveError::Unknown)?;
        if !is_wanted(&entry.result) {
            let stored = entry.type_name;
            return Err(RetrieveError::WrongType { stored });
        }
        let entry = self.entries.remove(&number);
        self.stats.retrieved += 1;
        entry
            .map(|entry| entry.result)
            .ok_or(RetrieveError::Unknown)
    }

    /// Returns what is beyond the new limits, and who is to look at them at once.
    pub(super) fn configure(
        &mut self,
        limits: StashLimits,
        now: Instant,
    ) -> (GivenUp, Option<Waker>) {
        self.limits = limits;
        (self.give_up(now), self.sweeper.take())
    }

    /// Gives up what is too old, and the oldest of what is too much.
    pub(super) fn give_up(&mut self, now: Instant) -> GivenUp {
        let mut given_up = GivenUp::new();
        while let Some(oldest) = self.entries.first_entry() {
            let is_aged = now.saturating_duration_since(oldest.get().since) >= self.limits.max_age;
            if !is_aged {
                break;
            }
            given_up.push(oldest.remove().result);
            self.stats.expired += 1;
        }
        while self.entries.len() > self.limits.max_results {
            if let Some((_, entry)) = self.entries.pop_first() {
                given_up.push(entry.result);
                self.stats.evicted += 1;
            }
        }
        given_up
    }

    /// Becomes ready when the age limit is no longer that of the sweep that is under way.
    pub(super) fn poll_changed(&mut self, sweep: &Sweep, waker: &Waker) -> Poll<()> {
        if self.limits.max_age != sweep.max_age {
            return Poll::Ready(());
        }
        self.sweeper
            .get_or_insert_with(|| waker.clone())
            .clone_from(waker);
        Poll::Pending
    }

    /// Gives up everything that was stashed before a sweep whose time has passed.
    pub(super) fn give_up_before(&mut self, sweep: &Sweep) -> GivenUp {
        let kept = self.entries.split_off(&sweep.before);
        let aged = std::mem::replace(&mut self.entries, kept);
        self.stats.expired += aged.len() as u64;
        aged.into_values().map(|entry| entry.result).collect()
    }

    /// Gives up everything.
    #[cfg(unix)]
    pub(super) fn clear(&mut self) -> GivenUp {
        let entries = std::mem::take(&mut self.entries);
        entries.into_values().map(|entry| entry.result).collect()
    }

    pub(super) fn stats(&self) -> StashStats {
        StashStats {
            kept: self.entries.len(),
            ..self.stats
        }
    }

    /// Makes the caller the one who sweeps, unless there is one or nothing to sweep.
    pub(super) fn begin_to_sweep(&mut self) -> bool {
        let begins = !self.is_swept && !self.entries.is_empty();
        self.is_swept |= begins;
        begins
    }

    pub(super) fn end_to_sweep(&mut self) {
        self.is_swept = false;
    }

    /// Returns the next sweep; ends the sweeping when nothing is left.
    pub(super) fn next_sweep(&mut self) -> Option<Sweep> {
        self.is_swept = !self.entries.is_empty();
        self.is_swept.then_some(Sweep {
            max_age: self.limits.max_age,
            before: self.next,
        })
    }
}
