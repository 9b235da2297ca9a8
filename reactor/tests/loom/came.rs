//! What the calls of a model came to, in all the orders that were tried.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crochet_reactor::{BlockingError, JoinError};

/// What a call came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Came {
    Value,
    TimedOut,
    Stopped,
    Interrupted,
    Panicked,
}

impl Came {
    pub(crate) fn of<T>(called: &Result<T, BlockingError>) -> Self {
        match called {
            Ok(_) => Self::Value,
            Err(BlockingError::TimedOut) => Self::TimedOut,
            Err(BlockingError::Stopped) => Self::Stopped,
            Err(BlockingError::Interrupted) => Self::Interrupted,
            Err(BlockingError::Ended(JoinError::Panicked(_))) => Self::Panicked,
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// How often the orders that were tried have come to something.
#[derive(Clone, Default)]
pub(crate) struct Tally([Arc<AtomicUsize>; 5]);

impl Tally {
    pub(crate) fn count(&self, came: Came) {
        self.0[came as usize].fetch_add(1, Ordering::Relaxed);
    }

    #[track_caller]
    pub(crate) fn assert_only(&self, expected: &[Came]) {
        use Came::{Interrupted, Panicked, Stopped, TimedOut, Value};
        for came in [Value, TimedOut, Stopped, Interrupted, Panicked] {
            let times = self.0[came as usize].load(Ordering::Relaxed);
            assert_eq!(times > 0, expected.contains(&came), "{came:?}: {times}");
        }
    }
}
