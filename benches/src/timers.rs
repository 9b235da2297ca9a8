//! Measures timers by the million: set and cancelled, and set and fired.

mod cancel;
mod fire;
mod floor;

use core::time::Duration;
use std::io;

use ::tokio::runtime::{Builder, Runtime};

use crate::args::Options;
use crate::contest::{Contest, Contestant, Unit, started};
use crate::measure::affinity::{self, Placement};
use crate::report::output::Output;
use crate::suite::SuiteError;
use crate::timers::cancel::{CancelCalls, CancelSleeps};
use crate::timers::fire::Fire;

/// Runs the suite, on one core.
///
/// # Errors
///
/// Returns the first failure of a contestant or of the system.
pub fn run(options: &Options, output: &mut Output) -> Result<(), SuiteError> {
    let allowed = affinity::allowed_cpus().map_err(SuiteError::Placement)?;
    Placement::one_core(allowed[0])
        .apply()
        .map_err(SuiteError::Placement)?;

    let size = Size {
        outstanding: options.scaled(OUTSTANDING),
        cycles: options.scaled(CYCLES),
    };
    let mut contestants: Vec<Box<dyn Contestant>> = vec![
        started("crochet", CancelSleeps::crochet(size))?,
        started("crochet", CancelCalls::start(size))?,
        started("tokio", CancelSleeps::tokio(size))?,
        started("smol", CancelSleeps::smol(size))?,
        Box::new(CancelSleeps::floor(size)),
    ];
    let title = format!("create, register, cancel, {} outstanding", size.outstanding);
    Contest::new("timers", title, Unit::ShareNanoseconds, ROUNDS, options)
        .run(&mut contestants, output)?;
    drop(contestants);

    fire(Spread::together(options), "due together", options, output)?;
    fire(Spread::apart(options), "due over a second", options, output)
}

fn fire(
    spread: Spread,
    when: &str,
    options: &Options,
    output: &mut Output,
) -> Result<(), SuiteError> {
    let mut contestants: Vec<Box<dyn Contestant>> = vec![
        started("crochet", Fire::crochet(spread))?,
        started("tokio", Fire::tokio(spread))?,
        started("smol", Fire::smol(spread))?,
        Box::new(Fire::floor(spread)),
    ];
    let title = format!("insert and fire {} {when}, processor time", spread.count);
    Contest::new("timers", title, Unit::ShareNanoseconds, ROUNDS, options)
        .run(&mut contestants, output)
}

/// Timers whose delays are spread evenly over a span.
#[derive(Debug, Clone, Copy)]
struct Spread {
    count: usize,
    shortest: Duration,
    span: Duration,
}

impl Spread {
    /// All due within a millisecond, when all have been set: what setting and firing take, and nothing else.
    fn together(options: &Options) -> Self {
        Self {
            count: options.scaled(OUTSTANDING),
            shortest: Duration::from_millis(800),
            span: Duration::from_millis(1),
        }
    }

    /// Some due in each millisecond of a second: how often the loop wakes up for them counts as well.
    fn apart(options: &Options) -> Self {
        Self {
            span: Duration::from_secs(1),
            ..Self::together(options)
        }
    }
}

/// How many timers a turn is about.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// How many are set while others come and go.
    outstanding: usize,
    /// How many come and go.
    cycles: usize,
}

const OUTSTANDING: usize = 1_000_000;
const CYCLES: usize = 200_000;
const ROUNDS: usize = 5;

/// Returns the `index`th of delays that are spread evenly, but in no order, from `shortest` over `span`.
fn delay(index: usize, shortest: Duration, span: Duration) -> Duration {
    // Fibonacci hashing: the steps of the golden ratio never come close to each other.
    let hashed = (index as u32).wrapping_mul(0x9e37_79b9);
    shortest + span.mul_f64(f64::from(hashed) / f64::from(u32::MAX))
}

fn tokio_runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_time().build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_fill_their_span_evenly() {
        let (shortest, span) = (Duration::from_millis(10), Duration::from_millis(100));
        let mut buckets = [0; 10];
        for index in 0..1_000 {
            let offset = delay(index, shortest, span) - shortest;
            assert!(offset <= span);
            buckets[(offset.as_millis() / 10).min(9) as usize] += 1;
        }
        assert!(
            buckets.iter().all(|count| (90..=110).contains(count)),
            "{buckets:?}"
        );
    }
}
