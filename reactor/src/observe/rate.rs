//! Messages that come too often.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// Lets one message through in a while, and counts those that it holds back.
#[derive(Debug, Default)]
pub(super) struct RateLimit {
    last: Cell<Option<Instant>>,
    held_back: Cell<u64>,
}

/// How long it is at least from one message to the next.
const WHILE: Duration = Duration::from_secs(1);

impl RateLimit {
    /// Tells whether a message may be given at `now`; if so, how many were held back before it.
    pub(super) fn admit(&self, now: Instant) -> Option<u64> {
        let last = self.last.get();
        if last.is_some_and(|last| now.saturating_duration_since(last) < WHILE) {
            self.held_back.set(self.held_back.get() + 1);
            return None;
        }
        self.last.set(Some(now));
        Some(self.held_back.take())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_message_in_a_second_is_let_through_and_tells_of_the_others() {
        let limit = RateLimit::default();
        let start = Instant::now();
        let admitted: Vec<_> = [0, 1, 999, 1000, 1999, 3500, 4500]
            .into_iter()
            .map(|millis| limit.admit(start + Duration::from_millis(millis)))
            .collect();
        let expected = [Some(0), None, None, Some(2), None, Some(1), Some(0)];
        assert_eq!(admitted, expected);
    }
}
