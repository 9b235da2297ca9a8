//! What an operation is to do, and what it may come to.

use std::time::{Duration, Instant};

use crate::era::{self, Since};
use crate::random::Random;

/// What an operation does before it ends, or instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Act {
    /// Ends at once.
    Value,
    /// Sleeps.
    Sleep,
    /// Waits for a deferred that a delayed call fires.
    Later,
    /// Gives way a few times.
    Yield,
    /// Awaits a task that it spawns, beside others.
    Spawn,
    /// Awaits an operation of the process's reactor.
    Nest,
    /// Awaits a job of the thread pool.
    Defer,
    /// Writes to the log.
    Log,
    /// Tries to block, which is refused.
    Block,
    /// Ends with an error, after a while.
    Refuse,
    /// Panics, after a while.
    Panic,
    /// Never ends.
    Endless,
    /// Is no operation, but a result that is set by hand.
    Set,
}

/// Whether an operation may have an error of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Errors {
    Own,
    None,
}

/// One operation.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) act: Act,
    /// Names the operation, and is its value.
    pub(crate) number: u64,
    /// How long what it waits for takes.
    pub(crate) length: Duration,
    /// When it was submitted, for its reactor.
    pub(crate) reactor: Since,
    /// When it was submitted, for the process's reactor.
    pub(crate) process: Since,
    pub(crate) extras: Extras,
}

/// What an operation does besides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Extras {
    Nothing,
    /// A destructor of it panics.
    Bomb,
    /// It gives its waker away, for others to use after its end.
    Waker,
    /// A trigger of it waits for the reactor to stop.
    Trigger,
}

const ACTS: [(usize, Act); 12] = [
    (20, Act::Value),
    (20, Act::Sleep),
    (8, Act::Later),
    (8, Act::Yield),
    (8, Act::Spawn),
    (6, Act::Nest),
    (6, Act::Defer),
    (3, Act::Log),
    (3, Act::Block),
    (6, Act::Refuse),
    (4, Act::Panic),
    (8, Act::Endless),
];

/// What needs no timer of the operation's reactor.
const TIMERLESS: [(usize, Act); 7] = [
    (20, Act::Value),
    (10, Act::Yield),
    (10, Act::Nest),
    (5, Act::Defer),
    (2, Act::Log),
    (2, Act::Panic),
    (5, Act::Endless),
];

const EXTRAS: [(usize, Extras); 4] = [
    (40, Extras::Nothing),
    (1, Extras::Bomb),
    (2, Extras::Waker),
    (1, Extras::Trigger),
];

impl Plan {
    pub(crate) fn random(random: &mut Random, number: u64, errors: Errors, reactor: Since) -> Self {
        let mut act = random.weighted(&ACTS);
        if act == Act::Refuse && errors == Errors::None {
            act = Act::Value;
        }
        let longest = if random.one_in(50) { 20_000 } else { 1_500 };
        Self {
            act,
            number,
            length: random.micros(1..longest),
            reactor,
            process: era::of_process().now(),
            extras: match random.weighted(&EXTRAS) {
                // The library awaits what may fail within another future, and the language forgets a value that is on its
                // way out of an `await` when the destructor of what was awaited panics.
                Extras::Bomb if errors == Errors::Own && act != Act::Endless => Extras::Nothing,
                extras => extras,
            },
        }
    }

    /// Plans an operation of a reactor that has no timers: nothing but what is done to it wakes it up.
    pub(crate) fn random_timerless(random: &mut Random, number: u64, reactor: Since) -> Self {
        let mut plan = Self::random(random, number, Errors::None, reactor);
        plan.act = random.weighted(&TIMERLESS);
        if plan.act != Act::Nest {
            // Any wait would be for a timer of its own.
            plan.length = Duration::ZERO;
        }
        plan
    }

    /// Returns the plan of a result that is set by hand.
    pub(crate) fn by_hand(number: u64) -> Self {
        let process = era::of_process().now();
        Self {
            act: Act::Set,
            number,
            length: Duration::ZERO,
            reactor: process.clone(),
            process,
            extras: Extras::Nothing,
        }
    }

    /// Returns how long it takes if nothing is in the way; `None` when it does not end by itself.
    pub(crate) fn ends_within(&self) -> Option<Duration> {
        (!matches!(self.act, Act::Endless | Act::Set)).then_some(self.length)
    }

    /// Tells whether it may have come to its end when so much time has passed since it was submitted.
    pub(crate) fn may_have_ended(&self, submitted: Instant) -> bool {
        let least = match self.act {
            Act::Endless => return false,
            Act::Sleep | Act::Later | Act::Spawn | Act::Refuse | Act::Panic => self.length,
            // What they wait for may be stopped, or is nothing.
            _ => Duration::ZERO,
        };
        submitted.elapsed() >= least
    }

    /// Tells whether it may have ended with a panic when it was submitted at that time.
    pub(crate) fn may_have_panicked(&self, submitted: Instant) -> bool {
        match self.act {
            Act::Panic => self.may_have_ended(submitted),
            // By its destructor, at its deadline.
            Act::Endless => self.extras == Extras::Bomb,
            _ => false,
        }
    }

    /// Picks how long to wait for it: not at all, for a moment, for about as long as it takes, or for long. For long
    /// only if it ends.
    pub(crate) fn random_wait(&self, random: &mut Random, long: Duration) -> Duration {
        match (random.below(10), self.ends_within()) {
            (0, _) => Duration::ZERO,
            (1 | 2, _) | (_, None) => random.micros(1..3_000),
            (3..=6, Some(length)) => (length + random.micros(0..400)).saturating_sub(NEARLY),
            (_, Some(_)) => long,
        }
    }
}

/// How much too short a wait for about as long as an operation takes may be.
const NEARLY: Duration = Duration::from_micros(150);
