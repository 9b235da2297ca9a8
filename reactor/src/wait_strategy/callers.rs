//! Threads that wait for an operation to end.

use std::cell::Cell;
use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::habit::Habit;
use super::{WaitStrategy, cores};

/// How the threads that wait for one reactor do that.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    limit: Duration,
    is_adaptive: bool,
    /// How many threads may spin at a time: the loop needs a core as well.
    at_most: usize,
}

/// How many threads of the process spin in waits for operations.
static SPINNING: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static HABIT: Cell<Habit> = const { Cell::new(Habit::NEW) };
}

/// How often to look before looking at the clock: for about a microsecond.
const LOOKS: u32 = 32;

impl Callers {
    pub(crate) fn following(strategy: WaitStrategy) -> Self {
        let cores = cores();
        Self {
            limit: strategy.limit(cores),
            is_adaptive: strategy.is_adaptive(),
            at_most: cores - 1,
        }
    }

    /// Spins until what is waited for `has_ended`, if that is allowed; not for longer than `left`, nor
    /// when the wait `is_pointless`.
    pub(crate) fn spin(
        &self,
        left: Duration,
        has_ended: impl Fn() -> bool,
        is_pointless: impl Fn() -> bool,
    ) -> Spun {
        let limit = self.limit.min(left);
        if limit.is_zero() || (self.is_adaptive && !with_habit(Habit::is_worth_a_try)) {
            return Spun::NotAtAll;
        }
        let Some(_place) = Place::take(self.at_most) else {
            return Spun::NotAtAll;
        };
        let mut begun = None;
        loop {
            for _ in 0..LOOKS {
                if has_ended() {
                    with_habit(Habit::paid);
                    return Spun::UntilEnd;
                }
                hint::spin_loop();
            }
            let now = Instant::now();
            let spent = now.saturating_duration_since(*begun.get_or_insert(now));
            if spent >= limit || is_pointless() {
                with_habit(Habit::did_not_pay);
                return Spun::InVain;
            }
        }
    }
}

/// What came of spinning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Spun {
    NotAtAll,
    InVain,
    UntilEnd,
}

/// Changes the calling thread's habit. While its locals are being destroyed, it has none.
fn with_habit<R: Default>(change: impl FnOnce(&mut Habit) -> R) -> R {
    HABIT
        .try_with(|cell| {
            let mut habit = cell.get();
            let result = change(&mut habit);
            cell.set(habit);
            result
        })
        .unwrap_or_default()
}

/// A thread's permission to spin.
struct Place;

impl Place {
    fn take(at_most: usize) -> Option<Self> {
        // One too many for a moment only makes another thread park.
        let place = Self;
        (SPINNING.fetch_add(1, Ordering::Relaxed) < at_most).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        SPINNING.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn no_more_threads_spin_than_may() {
        let place = Place::take(1);
        assert!(place.is_some());
        assert!(Place::take(1).is_none());
        drop(place);
        assert!(Place::take(1).is_some());
        assert!(Place::take(0).is_none());
    }
}
