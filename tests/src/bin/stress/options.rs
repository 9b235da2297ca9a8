//! What the program is asked to do.

use std::collections::hash_map::RandomState;
use std::env;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

pub(crate) const USAGE: &str =
    "stress [--seconds 30] [--threads 16] [--seed NUMBER] [--slack SECONDS]";

/// The program's arguments.
#[derive(Debug)]
pub(crate) struct Options {
    /// How long the threads go on.
    pub(crate) time: Duration,
    /// How many threads submit and wait.
    pub(crate) threads: usize,
    /// Where all random choices come from.
    pub(crate) seed: u64,
    /// How much longer than it may take a blocking call takes before it counts as stuck.
    pub(crate) slack: Duration,
}

impl Options {
    /// Reads the arguments; `None` when they are no good.
    pub(crate) fn read() -> Option<Self> {
        let mut options = Self {
            time: Duration::from_secs(30),
            threads: 16,
            seed: RandomState::new().build_hasher().finish(),
            slack: Duration::from_secs(20),
        };
        let mut arguments = env::args().skip(1);
        while let Some(name) = arguments.next() {
            let value: u64 = arguments.next()?.parse().ok()?;
            match name.as_str() {
                "--seconds" => options.time = Duration::from_secs(value),
                "--threads" => options.threads = usize::try_from(value).ok()?,
                "--seed" => options.seed = value,
                "--slack" => options.slack = Duration::from_secs(value),
                _ => return None,
            }
        }
        (options.threads > 0).then_some(options)
    }
}
