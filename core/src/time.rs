//! Counts time in ticks, and converts between ticks and [`Duration`].
//!
//! Nothing else in this crate holds a time. A [`Tick`] is an instant, a [`Ticks`] is a span, and a
//! [`Resolution`] says how long one tick is. Every conversion lives here, so that the direction of
//! each rounding is decided, and tested, once: **deadlines round up and clocks round down**, which
//! is why a timer never fires early. Only a deadline that has come already is what the clock shows.

#![forbid(unsafe_code)]

use core::num::NonZeroU64;
use core::time::Duration;

/// Is an instant: the number of whole ticks since an epoch that the owner of the clock chose.
///
/// # Examples
///
/// ```
/// use crochet_core::time::{Tick, Ticks};
///
/// let deadline = Tick::new(40).saturating_add(Ticks::new(2));
/// assert_eq!(deadline.get(), 42);
/// assert_eq!(deadline.checked_since(Tick::new(50)), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tick(u64);

/// Is a span: a number of ticks between two instants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticks(u64);

/// Says how many nanoseconds one tick lasts.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use crochet_core::time::{Resolution, Ticks};
///
/// let resolution = Resolution::MILLISECOND;
/// let span = resolution.ticks_ceil(Duration::from_micros(1_001));
/// assert_eq!(span, Ticks::new(2));
/// assert_eq!(resolution.duration(span), Duration::from_millis(2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Resolution(NonZeroU64);

impl Tick {
    /// The epoch.
    pub const ZERO: Self = Self(0);

    /// The last instant that can be told.
    pub const MAX: Self = Self(u64::MAX);

    /// Makes the instant that lies `ticks` whole ticks after the epoch.
    #[must_use]
    pub const fn new(ticks: u64) -> Self {
        Self(ticks)
    }

    /// Returns the number of whole ticks since the epoch.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Returns the instant `span` later, or `None` if that is after [`Tick::MAX`].
    #[must_use]
    pub const fn checked_add(self, span: Ticks) -> Option<Self> {
        match self.0.checked_add(span.0) {
            Some(ticks) => Some(Self(ticks)),
            None => None,
        }
    }

    /// Returns the instant `span` later, at most [`Tick::MAX`].
    #[must_use]
    pub const fn saturating_add(self, span: Ticks) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// Returns the instant `span` earlier, or `None` if that is before the epoch.
    #[must_use]
    pub const fn checked_sub(self, span: Ticks) -> Option<Self> {
        match self.0.checked_sub(span.0) {
            Some(ticks) => Some(Self(ticks)),
            None => None,
        }
    }

    /// Returns the instant `span` earlier, at least [`Tick::ZERO`].
    #[must_use]
    pub const fn saturating_sub(self, span: Ticks) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// Returns the span from `earlier` to this instant, or `None` if `earlier` is the later of the
    /// two.
    #[must_use]
    pub const fn checked_since(self, earlier: Self) -> Option<Ticks> {
        match self.0.checked_sub(earlier.0) {
            Some(ticks) => Some(Ticks(ticks)),
            None => None,
        }
    }

    /// Returns the span from `earlier` to this instant, or [`Ticks::ZERO`] if `earlier` is the
    /// later of the two.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Ticks {
        Ticks(self.0.saturating_sub(earlier.0))
    }
}

impl Ticks {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// The longest span that can be told.
    pub const MAX: Self = Self(u64::MAX);

    /// Makes a span of `ticks` ticks.
    #[must_use]
    pub const fn new(ticks: u64) -> Self {
        Self(ticks)
    }

    /// Returns the number of ticks.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Returns the sum of two spans, or `None` if it exceeds [`Ticks::MAX`].
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(ticks) => Some(Self(ticks)),
            None => None,
        }
    }

    /// Returns the sum of two spans, at most [`Ticks::MAX`].
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Returns what is left of this span without `other`, or `None` if `other` is longer.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(ticks) => Some(Self(ticks)),
            None => None,
        }
    }

    /// Returns what is left of this span without `other`, or [`Ticks::ZERO`] if `other` is longer.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Resolution {
    /// One tick is a nanosecond; [`Tick::MAX`] lies 584 years after the epoch.
    pub const NANOSECOND: Self = Self::from_nanos(1);

    /// One tick is a microsecond.
    pub const MICROSECOND: Self = Self::from_nanos(1_000);

    /// One tick is a millisecond.
    pub const MILLISECOND: Self = Self::from_nanos(1_000_000);

    /// Makes a resolution of `nanos` nanoseconds per tick.
    #[must_use]
    pub const fn new(nanos: NonZeroU64) -> Self {
        Self(nanos)
    }

    /// Makes a resolution of `nanos` nanoseconds per tick.
    ///
    /// # Panics
    ///
    /// Panics if `nanos` is zero; in a constant that is a compile error.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        match NonZeroU64::new(nanos) {
            Some(nanos) => Self(nanos),
            None => panic!("a tick lasts at least one nanosecond"),
        }
    }

    /// Returns the number of nanoseconds per tick.
    #[must_use]
    pub const fn nanos(self) -> NonZeroU64 {
        self.0
    }

    /// Converts a span, rounding up to whole ticks, at most [`Ticks::MAX`].
    ///
    /// The result lasts at least as long as `span`, unless it saturates. To turn a delay into a
    /// deadline use [`deadline`](Self::deadline), not this: a clock that is read in ticks has
    /// already lost part of a tick.
    #[must_use]
    pub const fn ticks_ceil(self, span: Duration) -> Ticks {
        let tick = self.0.get();
        match short_nanos(span) {
            Some(nanos) => Ticks(nanos.div_ceil(tick)),
            None => saturate(span.as_nanos().div_ceil(tick as u128)),
        }
    }

    /// Converts the time that a clock shows since its epoch, rounding down to ticks that have fully
    /// passed, at most [`Ticks::MAX`].
    #[must_use]
    pub const fn elapsed_floor(self, elapsed: Duration) -> Ticks {
        let tick = self.0.get();
        match short_nanos(elapsed) {
            Some(nanos) => Ticks(nanos / tick),
            None => saturate(elapsed.as_nanos() / tick as u128),
        }
    }

    /// Returns the first tick that is not before `delay` has passed, on a clock that shows
    /// `elapsed` since its epoch, at present.
    ///
    /// The sum is rounded up as a whole. Adding a rounded delay to a rounded clock would not do:
    /// the clock has lost up to one tick by rounding down, so the timer could fire up to one tick
    /// early. Saturates at [`Tick::MAX`].
    ///
    /// A delay of zero has passed already: its tick is the one that the clock shows, which is
    /// rounded down, so that nobody waits for the next.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::time::Duration;
    /// use crochet_core::time::{Resolution, Tick};
    ///
    /// let now = Duration::from_micros(10_900);
    /// let deadline = Resolution::MILLISECOND.deadline(now, Duration::from_millis(5));
    /// assert_eq!(deadline, Tick::new(16));
    /// ```
    #[must_use]
    pub const fn deadline(self, elapsed: Duration, delay: Duration) -> Tick {
        if delay.is_zero() {
            return Tick(self.elapsed_floor(elapsed).0);
        }
        Tick(self.ticks_ceil(elapsed.saturating_add(delay)).0)
    }

    /// Converts a span back, exactly, at most [`Duration::MAX`].
    #[must_use]
    pub const fn duration(self, span: Ticks) -> Duration {
        if let Some(nanos) = span.0.checked_mul(self.0.get()) {
            return Duration::from_nanos(nanos);
        }
        let nanos = span.0 as u128 * self.0.get() as u128;
        let secs = nanos / NANOS_PER_SEC as u128;
        if secs > u64::MAX as u128 {
            return Duration::MAX;
        }
        Duration::new(secs as u64, (nanos % NANOS_PER_SEC as u128) as u32)
    }
}

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// Returns the nanoseconds of a span under 584 years, which is spared arithmetic of 128 bits.
const fn short_nanos(span: Duration) -> Option<u64> {
    if span.as_secs() < u64::MAX / NANOS_PER_SEC {
        Some(span.as_secs() * NANOS_PER_SEC + span.subsec_nanos() as u64)
    } else {
        None
    }
}

const fn saturate(ticks: u128) -> Ticks {
    if ticks > u64::MAX as u128 {
        Ticks::MAX
    } else {
        Ticks(ticks as u64)
    }
}

#[cfg(test)]
mod tests;
