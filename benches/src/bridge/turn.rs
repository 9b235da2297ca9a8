//! One contestant's turn, when its calls are made by this process.

use std::time::Instant;

use crate::bridge::contestant::{CallError, Contestant};
use crate::bridge::figures::Costs;
use crate::measure::alloc;
use crate::measure::clock::{nanoseconds, process_cpu_time};
use crate::measure::writes::WriteCounter;
use crate::suite::SuiteError;

/// Untimed calls that open each turn, because the contestant before has left its own traces in the caches.
pub const RUN_IN_CALLS: usize = 10;

/// Makes a call for each of `samples`, and leaves there how many nanoseconds it took.
///
/// # Errors
///
/// Returns the first failure, or the first wrong answer.
pub fn time_calls<C>(contestant: &mut C, samples: &mut [u64]) -> Result<(), SuiteError>
where
    C: Contestant + ?Sized,
{
    run_in(contestant)?;
    for (operand, sample) in (0..).zip(samples) {
        let start = Instant::now();
        let answer = contestant.call(operand);
        *sample = nanoseconds(start.elapsed());
        check(contestant, operand, answer)?;
    }
    Ok(())
}

/// Makes `calls` calls, and counts what they cost besides time.
///
/// # Errors
///
/// Returns the first failure, or the first wrong answer.
pub fn count_costs<C>(
    contestant: &mut C,
    calls: usize,
    writes: Option<&WriteCounter>,
) -> Result<Costs, SuiteError>
where
    C: Contestant + ?Sized,
{
    let read_writes = || {
        writes
            .map(WriteCounter::read)
            .transpose()
            .map_err(SuiteError::Counters)
    };
    run_in(contestant)?;
    let writes_before = read_writes()?;
    let cpu_before = process_cpu_time();
    let (outcome, allocations) =
        alloc::counted(|| (0..calls as u64).try_for_each(|operand| call(contestant, operand)));
    let cpu_time = process_cpu_time().saturating_sub(cpu_before);
    let writes_after = read_writes()?;
    outcome?;
    let writes = writes_after
        .zip(writes_before)
        .map(|(after, before)| after - before);
    Ok(Costs::per_call(calls, Some(allocations), writes, cpu_time))
}

/// Makes one call.
///
/// # Errors
///
/// Returns its failure, or that the answer is wrong.
pub fn call<C>(contestant: &mut C, operand: u64) -> Result<(), SuiteError>
where
    C: Contestant + ?Sized,
{
    let answer = contestant.call(operand);
    check(contestant, operand, answer)
}

fn run_in<C>(contestant: &mut C) -> Result<(), SuiteError>
where
    C: Contestant + ?Sized,
{
    (0..RUN_IN_CALLS as u64).try_for_each(|operand| call(contestant, operand))
}

fn check<C>(contestant: &C, operand: u64, answer: Result<u64, CallError>) -> Result<(), SuiteError>
where
    C: Contestant + ?Sized,
{
    let expected = operand + 1;
    match answer {
        Ok(answer) if answer == expected => Ok(()),
        Ok(answer) => Err(SuiteError::WrongAnswer {
            contestant: contestant.name(),
            expected,
            answer,
        }),
        Err(source) => Err(SuiteError::call(contestant.name(), source)),
    }
}
