//! Runs the contestants in turns.

use core::num::NonZeroUsize;
use std::time::Instant;

use crate::args::Options;
use crate::bridge::contestant::{CallError, Contestant};
use crate::bridge::field::Field;
use crate::bridge::figures::{Costs, PlacementFigures};
use crate::measure::affinity::Placement;
use crate::measure::alloc;
use crate::measure::clock::{nanoseconds, process_cpu_time};
use crate::measure::histogram::Latencies;
use crate::measure::order::turns;
use crate::measure::writes::WriteCounter;
use crate::suite::SuiteError;

/// One race: where it is run and how long it is.
#[derive(Debug, Clone, Copy)]
pub struct Course {
    /// Where the caller and the loops run.
    pub placement: Placement,
    /// How many timed calls a contestant makes when its turn comes.
    pub calls: usize,
    /// How many turns each contestant gets, warm-up apart.
    pub rounds: usize,
}

impl Course {
    /// Makes a course with the lengths that `options` give, and else with `calls` and the usual number of rounds.
    pub fn new(placement: Placement, calls: usize, options: &Options) -> Self {
        Self {
            placement,
            calls: options
                .calls
                .map_or(options.scaled(calls), NonZeroUsize::get),
            rounds: options.rounds_or(ROUNDS),
        }
    }
}

/// Runs one race: warm-up rounds, timed rounds, then a pass that counts what a call costs besides time.
///
/// Reports its progress on standard error, between the turns. The counters are off while latencies are taken.
///
/// # Errors
///
/// Returns the first failure of a contestant or of the system.
pub fn run(
    field: &mut Field,
    course: Course,
    writes: Option<&WriteCounter>,
) -> Result<PlacementFigures, SuiteError> {
    // Before the threads are placed: a library may start one with its first call.
    for position in 0..field.len() {
        call(field.contestant(position), 0)?;
    }
    course.placement.apply().map_err(SuiteError::Placement)?;

    let mut samples = vec![0; course.calls];
    for round in 0..WARM_UP_ROUNDS {
        for position in turns(round, field.len()) {
            time_calls(field.contestant(position), &mut samples)?;
        }
    }
    let mut latencies: Vec<_> = (0..field.len())
        .map(|_| Latencies::with_rounds(course.rounds))
        .collect();
    for round in 0..course.rounds {
        report_progress(course, round);
        for position in turns(round, field.len()) {
            time_calls(field.contestant(position), &mut samples)?;
            latencies[position].add_round(&mut samples);
        }
    }
    let mut costs = Vec::with_capacity(field.len());
    for position in 0..field.len() {
        costs.push(count_costs(
            field.contestant(position),
            course.calls,
            writes,
        )?);
    }
    eprintln!("{}: done", course.placement.name());
    Ok(PlacementFigures::new(
        course,
        &field.names(),
        &latencies,
        &costs,
    ))
}

/// The usual number of turns: enough for the quartiles of the rounds' ratios to settle, and a multiple of twice the
/// number of contestants, so that the order of the turns favours nobody.
const ROUNDS: usize = 96;

/// Rounds whose samples are thrown away: caches, branch predictors, allocators and adaptive waiting settle.
const WARM_UP_ROUNDS: usize = 5;

/// Untimed calls that open each turn, because the contestant before has left its own traces in the caches.
const RUN_IN_CALLS: u64 = 10;

fn time_calls(contestant: &mut dyn Contestant, samples: &mut [u64]) -> Result<(), SuiteError> {
    for operand in 0..RUN_IN_CALLS {
        call(contestant, operand)?;
    }
    for (operand, sample) in (0..).zip(samples) {
        let start = Instant::now();
        let answer = contestant.call(operand);
        *sample = nanoseconds(start.elapsed());
        check(contestant, operand, answer)?;
    }
    Ok(())
}

fn count_costs(
    contestant: &mut dyn Contestant,
    calls: usize,
    writes: Option<&WriteCounter>,
) -> Result<Costs, SuiteError> {
    let read_writes = || {
        writes
            .map(WriteCounter::read)
            .transpose()
            .map_err(SuiteError::Counters)
    };
    for operand in 0..RUN_IN_CALLS {
        call(contestant, operand)?;
    }
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
    Ok(Costs::per_call(calls, allocations, writes, cpu_time))
}

fn call(contestant: &mut dyn Contestant, operand: u64) -> Result<(), SuiteError> {
    let answer = contestant.call(operand);
    check(contestant, operand, answer)
}

fn check(
    contestant: &dyn Contestant,
    operand: u64,
    answer: Result<u64, CallError>,
) -> Result<(), SuiteError> {
    let contestant = contestant.name();
    let expected = operand + 1;
    match answer {
        Ok(answer) if answer == expected => Ok(()),
        Ok(answer) => Err(SuiteError::WrongAnswer {
            contestant,
            expected,
            answer,
        }),
        Err(source) => Err(SuiteError::Call {
            contestant,
            source: source.into(),
        }),
    }
}

fn report_progress(course: Course, round: usize) {
    if round % course.rounds.div_ceil(PROGRESS_LINES) == 0 {
        eprintln!(
            "{}: {} % of {} rounds",
            course.placement.name(),
            100 * round / course.rounds,
            course.rounds
        );
    }
}

const PROGRESS_LINES: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::eventfd::Eventfd;
    use crate::bridge::futex::Futex;
    use crate::bridge::mpsc::Mpsc;
    use crate::measure::affinity::{allowed_cpus, release, take_turn};

    fn run_short(contestants: Vec<Box<dyn Contestant>>) -> Result<PlacementFigures, SuiteError> {
        let _turn = take_turn();
        let allowed = allowed_cpus().expect("affinity is readable");
        let course = Course {
            placement: Placement::one_core(allowed[0]),
            calls: 20,
            rounds: 3,
        };
        let outcome = run(&mut Field::of(contestants), course, None);
        release(&allowed).expect("a process may place its own threads");
        outcome
    }

    #[test]
    fn a_race_times_every_call_of_every_round() {
        let outcome = run_short(vec![
            Box::new(Mpsc::start().expect("a thread can be started")),
            Box::new(Futex::start().expect("a thread can be started")),
            Box::new(Eventfd::start().expect("a thread can be started")),
        ]);
        let figures = outcome.expect("the contestants answer");
        assert!(figures.sample_counts().eq([60; 3]), "{figures}");
    }

    struct OffByOne;

    impl Contestant for OffByOne {
        fn name(&self) -> &'static str {
            "off by one"
        }

        fn call(&mut self, operand: u64) -> Result<u64, CallError> {
            Ok(operand)
        }
    }

    #[test]
    fn a_wrong_answer_ends_the_race() {
        let outcome = run_short(vec![Box::new(OffByOne)]);
        assert!(
            matches!(
                outcome,
                Err(SuiteError::WrongAnswer {
                    expected: 1,
                    answer: 0,
                    ..
                })
            ),
            "{outcome:?}"
        );
    }
}
