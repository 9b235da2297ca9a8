//! Reads the clocks.

use core::time::Duration;
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

/// Returns the processor time that all threads of this process have used.
pub fn process_cpu_time() -> Duration {
    read(ClockId::ProcessCPUTime)
}

/// Returns the processor time that the calling thread has used.
pub fn thread_cpu_time() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// Returns the nanoseconds of the monotonic clock, which is the same in all processes.
pub fn monotonic_time() -> u64 {
    nanoseconds(read(ClockId::Monotonic))
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).expect("these clocks start at zero");
    let nanoseconds =
        u32::try_from(time.tv_nsec).expect("a timespec's nanoseconds are below one second");
    Duration::new(seconds, nanoseconds)
}

/// Converts `duration` to nanoseconds; spans beyond five centuries saturate.
pub fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns each one's share of `duration` in picoseconds, where `count` took that long together.
///
/// # Panics
///
/// Panics if `count` is zero.
pub fn share(duration: Duration, count: usize) -> u64 {
    let picoseconds = duration.as_nanos().saturating_mul(1_000) / count as u128;
    u64::try_from(picoseconds).unwrap_or(u64::MAX)
}

/// Measures what timing an empty call yields, in nanoseconds: the part of every latency that is the clock's own.
pub fn timing_overhead() -> u64 {
    let mut samples: Vec<u64> = (0..OVERHEAD_SAMPLES)
        .map(|_| nanoseconds(Instant::now().elapsed()))
        .collect();
    samples.sort_unstable();
    samples[samples.len() / 2]
}

const OVERHEAD_SAMPLES: usize = 1_001;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_shows_in_the_processor_time() {
        let before = process_cpu_time();
        let mut turns = 0_u64;
        while process_cpu_time() == before {
            turns += 1;
            assert!(turns < 1_000_000_000, "the processor clock stands still");
        }
    }

    #[test]
    fn shares_are_finer_than_nanoseconds() {
        assert_eq!(share(Duration::from_nanos(3), 2), 1_500);
        assert_eq!(share(Duration::MAX, 1), u64::MAX);
    }

    #[test]
    fn durations_saturate() {
        assert_eq!(nanoseconds(Duration::from_micros(3)), 3_000);
        assert_eq!(nanoseconds(Duration::MAX), u64::MAX);
    }
}
