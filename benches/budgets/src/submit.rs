//! An operation from its submission to its result, without waiting.

use core::error::Error;
use core::hint::black_box;
use core::time::Duration;

use crochet::{Budget, EventualError, EventualResult, Reactor};

use crate::budget_counted;

pub fn run() -> Result<usize, Box<dyn Error>> {
    let mut reactor = crochet::no_setup()?;
    let mut results = Vec::with_capacity(BATCH);
    batches(WARM_UP, &mut reactor, &mut results)?;
    budget_counted(|| batches(BATCHES, &mut reactor, &mut results))?;
    Ok(BATCHES * BATCH)
}

/// As many as one turn takes; so what a turn costs by itself is shared among them, as under load.
const BATCH: usize = 64;
const BATCHES: usize = 64;
const WARM_UP: usize = 4;

fn batches(
    count: usize,
    reactor: &mut Reactor,
    results: &mut Vec<EventualResult<u64>>,
) -> Result<(), Box<dyn Error>> {
    for _ in 0..count {
        for operand in 0..BATCH as u64 {
            results.push(crochet::run_in_reactor(move || async move {
                black_box(operand) + 1
            }));
        }
        reactor.turn(Budget::default())?;
        for result in results.drain(..) {
            black_box(take(result)?);
        }
    }
    Ok(())
}

fn take(result: EventualResult<u64>) -> Result<u64, Box<dyn Error>> {
    match result.take(Duration::ZERO) {
        Ok(outcome) => outcome.map_err(|error: EventualError| error.into()),
        Err(_unfinished) => Err("a turn has left an operation behind".into()),
    }
}
