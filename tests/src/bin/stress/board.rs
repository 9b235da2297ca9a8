//! What each thread is blocked by, so that one that is stuck is found.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Where one thread says what it waits for.
#[derive(Debug)]
pub(crate) struct Post {
    thread: String,
    waiting: Mutex<Option<Waiting>>,
}

#[derive(Clone, Debug)]
struct Waiting {
    what: String,
    begun: Instant,
    bound: Duration,
}

impl Post {
    pub(crate) fn new(thread: String) -> Self {
        Self {
            thread,
            waiting: Mutex::new(None),
        }
    }

    pub(crate) fn thread(&self) -> &str {
        &self.thread
    }

    /// Calls something that blocks, and is to return within `bound`.
    pub(crate) fn blocking<R>(
        &self,
        what: impl Into<String>,
        bound: Duration,
        body: impl FnOnce() -> R,
    ) -> R {
        let waiting = Waiting {
            what: what.into(),
            begun: Instant::now(),
            bound,
        };
        *self.lock() = Some(waiting);
        let result = body();
        *self.lock() = None;
        result
    }

    /// Returns what the thread is stuck in, if it is.
    pub(crate) fn stuck(&self, slack: Duration) -> Option<String> {
        let waiting = self.lock().clone()?;
        let so_far = waiting.begun.elapsed();
        (so_far > waiting.bound.saturating_add(slack)).then(|| {
            format!(
                "{} is stuck in {}, for {so_far:?} where {:?} were to do",
                self.thread, waiting.what, waiting.bound
            )
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
