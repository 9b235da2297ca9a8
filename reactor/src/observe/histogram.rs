//! Distributions of times, in buckets whose widths grow with what they hold.

use std::fmt;
use std::time::Duration;

use super::counters::Counter;

/// How often times of which length were measured.
///
/// Each power of two of nanoseconds is divided into four buckets, so a time is known to a quarter
/// of itself. Times of more than eighteen minutes are all in the last bucket.
#[derive(Clone, PartialEq, Eq)]
pub struct Histogram {
    counts: [u64; BUCKETS],
}

/// Each power of two is divided into so many buckets, as a power of two.
const DIVISION: u32 = 2;
const PARTS: u64 = 1 << DIVISION;
/// Times from two to this power of nanoseconds on share the last bucket.
const LIMIT: u32 = 40;
const BUCKETS: usize = ((LIMIT - DIVISION + 1) << DIVISION) as usize;

const _: () = assert!(bucket_of((1 << LIMIT) - 1) == BUCKETS - 1);
const _: () = assert!(least_of(BUCKETS) == 1 << LIMIT);

/// Returns the bucket of a time in nanoseconds.
const fn bucket_of(nanos: u64) -> usize {
    if nanos >= 1 << LIMIT {
        return BUCKETS - 1;
    }
    if nanos < PARTS {
        return nanos as usize;
    }
    let power = nanos.ilog2();
    let part = (nanos >> (power - DIVISION)) & (PARTS - 1);
    (((power - DIVISION + 1) << DIVISION) as u64 + part) as usize
}

/// Returns the least time of a bucket, in nanoseconds.
const fn least_of(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < PARTS {
        return bucket;
    }
    let (power, part) = (bucket >> DIVISION, bucket & (PARTS - 1));
    (PARTS + part) << (power - 1)
}

impl Histogram {
    /// Returns how many times were measured.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns a length that the given part of all times did not exceed: 0.5 for the median, 1 for
    /// the longest. It is the end of a bucket, so up to a quarter too long. `None` when nothing was
    /// measured.
    ///
    /// Where that is one of the times of more than eighteen minutes, the end of the last bucket is
    /// returned, 2^40 nanoseconds, which such a time did exceed.
    #[must_use]
    pub fn quantile(&self, part: f64) -> Option<Duration> {
        let count = self.count();
        // Saturating, and rounded up: the part that is asked for is to be covered.
        let rank = ((part * count as f64).ceil() as u64).clamp(1, count.max(1));
        let mut below = 0;
        self.buckets()
            .find(|(_, within)| {
                below += within;
                below >= rank
            })
            .map(|(end, _)| end)
    }

    /// Returns the buckets that are not empty, shortest first: the time at which each ends, and how
    /// many times were shorter than that and not in a bucket before. Those of the last one, which ends
    /// at 2^40 nanoseconds, may have been longer.
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> + '_ {
        let counted = self.counts.iter().enumerate();
        counted
            .filter(|(_, count)| **count > 0)
            .map(|(bucket, count)| (Duration::from_nanos(least_of(bucket + 1)), *count))
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.buckets()).finish()
    }
}

/// A histogram that one thread adds to, and others read.
#[derive(Debug)]
pub(super) struct Recorder {
    counts: [Counter; BUCKETS],
}

impl Recorder {
    pub(super) fn new() -> Self {
        Self {
            counts: std::array::from_fn(|_| Counter::default()),
        }
    }

    pub(super) fn record(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.counts[bucket_of(nanos)].add(1);
    }

    pub(super) fn read(&self) -> Histogram {
        Histogram {
            counts: std::array::from_fn(|bucket| self.counts[bucket].get()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_lies_in_its_bucket() {
        let exact = 0..5000;
        let around = (3..64).flat_map(|power| [(1 << power) - 1, 1 << power, (1 << power) + 1]);
        for nanos in exact.chain(around).chain([u64::MAX]) {
            let bucket = bucket_of(nanos);
            assert!(least_of(bucket) <= nanos, "{nanos}");
            let is_last = bucket == BUCKETS - 1;
            assert!(is_last || nanos < least_of(bucket + 1), "{nanos}");
        }
    }

    #[test]
    fn a_bucket_is_at_most_a_quarter_of_its_least_time_wide() {
        for bucket in PARTS as usize..BUCKETS {
            let (least, end) = (least_of(bucket), least_of(bucket + 1));
            assert!(least < end && (end - least) * PARTS <= least, "{bucket}");
        }
    }

    #[test]
    fn quantiles_cover_the_part_that_is_asked_for() {
        let recorder = Recorder::new();
        assert_eq!(recorder.read().quantile(0.5), None);
        for micros in 1..=100 {
            recorder.record(Duration::from_micros(micros));
        }
        let read = recorder.read();
        assert_eq!(read.count(), 100);
        for (part, micros) in [(0.0, 1), (0.5, 50), (0.99, 99), (1.0, 100), (7.0, 100)] {
            let exact = Duration::from_micros(micros);
            let found = read.quantile(part).expect("there are times");
            assert!(exact < found && found <= exact * 5 / 4, "{part}: {found:?}");
        }
    }
}
