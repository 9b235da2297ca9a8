//! The loop when nothing is left to do.

use std::cell::Cell;
use std::hint;
use std::time::{Duration, Instant};

use super::WaitStrategy;
use super::habit::Habit;

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
    /// When the loop has last looked for events after other threads had sent something.
    looked: Cell<Option<Instant>>,
    /// Whether the next look may be saved.
    is_to_save: Cell<bool>,
}

/// How often to look at the inbox before looking for events: for a few microseconds.
const LOOKS: u32 = 128;

/// A year.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// For how long after a look for events others are saved when the inbox brings something at once.
const FRESH: Duration = Duration::from_micros(10);

impl Idle {
    pub(crate) fn following(strategy: WaitStrategy, cores: usize) -> Self {
        Self {
            limit: strategy.limit(cores),
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
        if is_news() {
            // It has not been waited for, so it says nothing of whether spinning pays.
            self.until.set(None);
            self.is_to_save.set(true);
            return true;
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
        let until = match self.until.get() {
            Some(until) => until,
            // A limit that no clock reaches is as good as the next one that it does.
            None => now.checked_add(self.limit).unwrap_or(now + LONGEST),
        };
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
    /// the last look is a few microseconds ago.
    pub(crate) fn saves_a_look(&self) -> bool {
        if !self.is_to_save.take() {
            return false;
        }
        let now = Instant::now();
        let is_fresh = |looked| now.saturating_duration_since(looked) < FRESH;
        let saves = self.looked.get().is_some_and(is_fresh);
        if !saves {
            self.looked.set(Some(now));
        }
        saves
    }

    fn with_habit<R>(&self, change: impl FnOnce(&mut Habit) -> R) -> R {
        let mut habit = self.habit.get();
        let result = change(&mut habit);
        self.habit.set(habit);
        result
    }
}
