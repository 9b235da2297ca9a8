//! The loop when nothing is left to do.

use std::cell::Cell;
use std::hint;
use std::time::{Duration, Instant};

use super::habit::Habit;
use super::{WaitStrategy, cores};

/// What the loop does before it sleeps.
///
/// It stays awake by short turns: each looks at the inbox for a few microseconds, then for events.
/// So sockets and timers are heard meanwhile, and the sleep itself is the same as without.
#[derive(Debug, Default)]
pub(crate) struct Idle {
    limit: Duration,
    is_adaptive: bool,
    habit: Cell<Habit>,
    /// Until when the loop spins, if it does.
    until: Cell<Option<Instant>>,
    /// How many looks at the poller have been saved since the last.
    saved: Cell<u8>,
    /// Whether the next one need not be.
    is_to_save: Cell<bool>,
}

/// How often to look at the inbox before looking for events: for a few microseconds.
const LOOKS: u32 = 128;

/// How many looks for events in a row are saved when the inbox brings something at once.
const SAVED_AT_MOST: u8 = 8;

impl Idle {
    pub(crate) fn following(strategy: WaitStrategy) -> Self {
        Self {
            limit: strategy.limit(cores()),
            is_adaptive: strategy.is_adaptive(),
            ..Self::default()
        }
    }

    /// Spins until there `is_news`, for a few microseconds; tells whether to do another turn
    /// instead of sleeping.
    pub(crate) fn stays_awake(&self, is_news: impl Fn() -> bool) -> bool {
        if self.limit.is_zero() {
            return false;
        }
        let spins_already = self.until.get().is_some();
        if !spins_already && self.is_adaptive && !self.with_habit(Habit::is_worth_a_try) {
            return false;
        }
        for _ in 0..LOOKS {
            if is_news() {
                self.until.set(None);
                self.with_habit(Habit::paid);
                self.is_to_save.set(true);
                return true;
            }
            hint::spin_loop();
        }
        let now = Instant::now();
        let until = self.until.get().unwrap_or(now + self.limit);
        let goes_on = now < until;
        self.until.set(goes_on.then_some(until));
        if !goes_on {
            self.with_habit(Habit::did_not_pay);
        }
        goes_on
    }

    /// Notes that the loop has done something other than waiting.
    ///
    /// Spinning for a fixed time begins anew then. An adaptive loop waits for other threads, and it
    /// is not they who brought this.
    pub(crate) fn worked(&self) {
        if !self.is_adaptive {
            self.until.set(None);
        }
    }

    /// Tells whether this look for events need not be: other threads have just sent something, and
    /// the last look is not long ago.
    pub(crate) fn saves_a_look(&self) -> bool {
        let saved = self.saved.get();
        let saves = self.is_to_save.take() && saved < SAVED_AT_MOST;
        self.saved.set(if saves { saved + 1 } else { 0 });
        saves
    }

    fn with_habit<R>(&self, change: impl FnOnce(&mut Habit) -> R) -> R {
        let mut habit = self.habit.get();
        let result = change(&mut habit);
        self.habit.set(habit);
        result
    }
}
