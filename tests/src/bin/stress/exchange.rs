//! What threads leave for each other.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crochet::{EventualResult, ResultId, ResultSetter};

use crate::outcome::Submitted;
use crate::payload::Payload;
use crate::random::Random;
use crate::refusal::Refusal;

/// The results that the program's operations have.
pub(crate) type Eventual = EventualResult<Payload, Refusal>;

/// A result that several threads may wait for at the same time.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) result: Eventual,
    pub(crate) submitted: Submitted,
}

/// A result that is in the library's stash.
#[derive(Debug)]
pub(crate) struct Stashed {
    pub(crate) id: ResultId,
    pub(crate) submitted: Submitted,
    /// How many results the stash had driven out before.
    pub(crate) evicted: u64,
}

/// A result that is to be set.
#[derive(Debug)]
pub(crate) struct ToSet {
    setter: Option<ResultSetter<Payload, Refusal>>,
    submitted: Submitted,
}

impl ToSet {
    pub(crate) fn new(setter: ResultSetter<Payload, Refusal>, submitted: Submitted) -> Self {
        Self {
            setter: Some(setter),
            submitted,
        }
    }

    pub(crate) fn set(mut self, outcome: Result<Payload, Refusal>) {
        let setter = self.setter.take().expect("it is set once");
        if let Err(Err(refusal)) = setter.set(outcome) {
            refusal.note_asked();
        }
    }

    pub(crate) fn number(&self) -> u64 {
        self.submitted.plan.number
    }
}

impl Drop for ToSet {
    fn drop(&mut self) {
        if let Some(setter) = self.setter.take() {
            self.submitted.may_be_cancelled();
            drop(setter);
        }
    }
}

/// Things that are left and taken, in no order. When there are too many, one goes.
#[derive(Debug)]
pub(crate) struct Heap<T>(Mutex<Vec<T>>);

const MOST: usize = 64;
/// How many are the latest.
const LATEST: usize = 3;

impl<T> Heap<T> {
    const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    pub(crate) fn leave(&self, thing: T) {
        let mut things = self.lock();
        let surplus = (things.len() >= MOST).then(|| things.swap_remove(0));
        things.push(thing);
        drop(things);
        drop(surplus);
    }

    pub(crate) fn take(&self, random: &mut Random) -> Option<T> {
        let mut things = self.lock();
        let at = (!things.is_empty()).then(|| random.below(things.len()))?;
        Some(things.swap_remove(at))
    }

    fn clear(&self) {
        let things = std::mem::take(&mut *self.lock());
        drop(things);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Heap<T> {
    /// Looks at one, mostly at one of those that were left last: others do so, too, at the same time.
    pub(crate) fn look(&self, random: &mut Random) -> Option<T> {
        let things = self.lock();
        let among = if random.one_in(4) {
            things.len()
        } else {
            things.len().min(LATEST)
        };
        let back = (among > 0).then(|| 1 + random.below(among))?;
        Some(things[things.len() - back].clone())
    }
}

/// What the threads of the program have left.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) shared: Heap<Arc<Shared>>,
    pub(crate) stashed: Heap<Stashed>,
    pub(crate) setters: Heap<ToSet>,
    pub(crate) wakers: Heap<Waker>,
}

pub(crate) static EXCHANGE: Exchange = Exchange {
    shared: Heap::new(),
    stashed: Heap::new(),
    setters: Heap::new(),
    wakers: Heap::new(),
};

impl Exchange {
    /// Drops everything.
    pub(crate) fn clear(&self) {
        self.shared.clear();
        self.stashed.clear();
        self.setters.clear();
        self.wakers.clear();
    }
}
