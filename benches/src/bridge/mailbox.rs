//! A slot that hands values, one at a time, to a thread that sleeps on a futex.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use core::time::Duration;

use rustix::io::Errno;
use rustix::thread::futex::{self, Flags};
use rustix::time::Timespec;

/// A slot for one value, with a sequence number that says how many values have been through it.
///
/// There is one poster and one taker, and the poster waits for an answer by some other way before it posts again.
/// On a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(64))]
pub struct Mailbox {
    posted: AtomicU32,
    value: AtomicU64,
}

impl Mailbox {
    /// Puts `value` in, without waking the taker.
    pub fn post(&self, value: u64) {
        self.value.store(value, Ordering::Relaxed);
        let posted = self.posted.load(Ordering::Relaxed);
        self.posted.store(posted.wrapping_add(1), Ordering::Release);
    }

    /// Wakes the taker if it sleeps in [`take`](Self::take).
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn wake(&self) -> Result<(), Errno> {
        futex::wake(&self.posted, Flags::PRIVATE, 1)?;
        Ok(())
    }

    /// Returns the value, if one has come since the `seen`-th, and counts it in `seen`.
    pub fn poll(&self, seen: &mut u32) -> Option<u64> {
        let posted = self.posted.load(Ordering::Acquire);
        if posted == *seen {
            return None;
        }
        *seen = posted;
        Some(self.value.load(Ordering::Relaxed))
    }

    /// Sleeps until a value comes, and counts it in `seen`.
    ///
    /// # Errors
    ///
    /// Returns `ETIMEDOUT` if the thread sleeps for `limit` and nothing comes, or the system's refusal.
    pub fn take(&self, seen: &mut u32, limit: Option<Duration>) -> Result<u64, Errno> {
        let limit = limit.map(timespec);
        loop {
            if let Some(value) = self.poll(seen) {
                return Ok(value);
            }
            match futex::wait(&self.posted, Flags::PRIVATE, *seen, limit.as_ref()) {
                // The value came before the sleep, or a signal did: look again.
                Ok(()) | Err(Errno::AGAIN | Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: duration
            .as_secs()
            .try_into()
            .expect("limits are seconds, not centuries"),
        tv_nsec: duration.subsec_nanos().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_taken_once() {
        let mailbox = Mailbox::default();
        let mut seen = 0;
        assert_eq!(mailbox.poll(&mut seen), None);
        mailbox.post(7);
        assert_eq!(mailbox.take(&mut seen, None), Ok(7));
        assert_eq!(mailbox.poll(&mut seen), None);
    }

    #[test]
    fn a_taker_with_nothing_to_take_times_out() {
        let limit = Some(Duration::from_nanos(1));
        assert_eq!(Mailbox::default().take(&mut 0, limit), Err(Errno::TIMEDOUT));
    }

    #[test]
    fn a_sleeping_taker_is_woken() {
        let mailbox = Mailbox::default();
        std::thread::scope(|scope| {
            let taker = scope.spawn(|| mailbox.take(&mut 0, Some(Duration::from_secs(60))));
            mailbox.post(7);
            mailbox.wake().expect("a futex can be woken");
            assert_eq!(taker.join().expect("the taker only takes"), Ok(7));
        });
    }
}
