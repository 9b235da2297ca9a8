//! Threads that wait for an operation to end.

use std::cell::Cell;
use std::hint;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::WaitStrategy;
use super::habit::Habit;

/// How the threads that wait for one reactor do that.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    limit: Duration,
    is_adaptive: bool,
    /// How many threads may spin at a time: the loop needs a core as well.
    at_most: usize,
    spinning: AtomicUsize,
    /// The habit of threads that wait for the first time, which many do only once. Nothing is lost
    /// when two of them change it at once but one of the changes.
    newcomers: AtomicU16,
}

thread_local! {
    static HABIT: Cell<Option<Habit>> = const { Cell::new(None) };
}

/// How often to look before looking at the clock: for about a microsecond.
const LOOKS: u32 = 32;

impl Callers {
    pub(crate) fn following(strategy: WaitStrategy, cores: usize) -> Self {
        Self {
            limit: strategy.limit(cores),
            is_adaptive: strategy.is_adaptive(),
            at_most: cores - 1,
            ..Self::default()
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
        if limit.is_zero() {
            return Spun::NotAtAll;
        }
        // A thread that is ending has no habit of its own any more.
        let own = HABIT.try_with(Cell::get).unwrap_or_default();
        let mut habit =
            own.unwrap_or_else(|| Habit::of_bits(self.newcomers.load(Ordering::Relaxed)));
        let spun = if self.is_adaptive && !habit.is_worth_a_try() {
            Spun::NotAtAll
        } else {
            self.spin_for(limit, has_ended, is_pointless)
        };
        match spun {
            Spun::NotAtAll => {}
            Spun::InVain => habit.did_not_pay(),
            Spun::UntilEnd => habit.paid(),
        }
        if own.is_none() {
            self.newcomers.store(habit.to_bits(), Ordering::Relaxed);
        }
        HABIT
            .try_with(|own| own.set(Some(habit)))
            .unwrap_or_default();
        spun
    }

    fn spin_for(
        &self,
        limit: Duration,
        has_ended: impl Fn() -> bool,
        is_pointless: impl Fn() -> bool,
    ) -> Spun {
        let Some(_place) = Place::take(&self.spinning, self.at_most) else {
            return Spun::NotAtAll;
        };
        let mut begun = None;
        loop {
            for _ in 0..LOOKS {
                if has_ended() {
                    return Spun::UntilEnd;
                }
                hint::spin_loop();
            }
            let now = Instant::now();
            let spent = now.saturating_duration_since(*begun.get_or_insert(now));
            if spent >= limit || is_pointless() {
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

/// A thread's permission to spin.
struct Place<'a> {
    spinning: &'a AtomicUsize,
}

impl<'a> Place<'a> {
    fn take(spinning: &'a AtomicUsize, at_most: usize) -> Option<Self> {
        // One too many for a moment only makes another thread park.
        let place = Self { spinning };
        (spinning.fetch_add(1, Ordering::Relaxed) < at_most).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.spinning.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_threads_spin_than_may() {
        let spinning = AtomicUsize::new(0);
        let place = Place::take(&spinning, 1);
        assert!(place.is_some());
        assert!(Place::take(&spinning, 1).is_none());
        drop(place);
        assert!(Place::take(&spinning, 1).is_some());
        assert!(Place::take(&spinning, 0).is_none());
    }

    #[test]
    fn threads_that_wait_once_learn_from_each_other() {
        let callers = Callers {
            limit: Duration::from_nanos(1),
            is_adaptive: true,
            at_most: usize::MAX,
            ..Callers::default()
        };
        let vain = || callers.spin(Duration::MAX, || false, || false) == Spun::InVain;
        let spins = |threads: usize| -> usize {
            let spun = (0..threads)
                .map(|_| std::thread::scope(|scope| scope.spawn(vain).join().expect("no panic")));
            spun.filter(|spun| *spun).count()
        };
        assert!(spins(100) <= 7);
    }
}
