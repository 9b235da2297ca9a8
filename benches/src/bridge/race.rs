//! Runs the contestants in turns.

use core::num::NonZeroUsize;

use crate::args::Options;
use crate::bridge::contestant::Contestant;
use crate::bridge::field::Field;
use crate::bridge::figures::PlacementFigures;
use crate::bridge::turn;
use crate::measure::affinity::Placement;
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
    /// Makes a course for `entrants` contestants with the lengths that `options` give, and else with `calls` and the
    /// usual number of rounds.
    pub fn new(placement: Placement, calls: usize, entrants: usize, options: &Options) -> Self {
        // With a multiple of twice their number the order of the turns favours nobody.
        let rounds = ROUNDS.next_multiple_of(2 * entrants);
        Self {
            placement,
            calls: options
                .calls
                .map_or(options.scaled(calls), NonZeroUsize::get),
            rounds: options.rounds_or(rounds),
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
    let placement = course.placement;
    let mut entrants = field.entrants(placement);
    // Before the threads are placed: a library may start one with its first call.
    for contestant in &mut entrants {
        take_turn(*contestant, placement, |contestant| {
            turn::call(contestant, 0)
        })?;
    }
    placement.apply().map_err(SuiteError::Placement)?;

    let mut samples = vec![0; course.calls];
    for round in 0..WARM_UP_ROUNDS {
        for position in turns(round, entrants.len()) {
            take_turn(entrants[position], placement, |contestant| {
                contestant.time_calls(&mut samples)
            })?;
        }
    }
    let mut latencies: Vec<_> = entrants
        .iter()
        .map(|_| Latencies::with_rounds(course.rounds))
        .collect();
    for round in 0..course.rounds {
        report_progress(course, round);
        for position in turns(round, entrants.len()) {
            take_turn(entrants[position], placement, |contestant| {
                contestant.time_calls(&mut samples)
            })?;
            latencies[position].add_round(&mut samples);
        }
    }
    let mut costs = Vec::with_capacity(entrants.len());
    for contestant in &mut entrants {
        costs.push(take_turn(*contestant, placement, |contestant| {
            contestant.count_costs(course.calls, writes)
        })?);
    }
    eprintln!("bridge, {}: done", placement.name());
    let names: Vec<_> = entrants
        .iter()
        .map(|contestant| contestant.name())
        .collect();
    Ok(PlacementFigures::new(course, &names, &latencies, &costs))
}

/// Has `contestant` do something, between what it needs to begin and to end.
fn take_turn<R>(
    contestant: &mut dyn Contestant,
    placement: Placement,
    work: impl FnOnce(&mut dyn Contestant) -> Result<R, SuiteError>,
) -> Result<R, SuiteError> {
    let name = contestant.name();
    contestant
        .begin_turn(placement)
        .map_err(|source| SuiteError::call(name, source))?;
    let value = work(contestant)?;
    contestant
        .end_turn()
        .map_err(|source| SuiteError::call(name, source))?;
    Ok(value)
}

/// The usual number of turns, at least: enough for the quartiles of the rounds' ratios to settle.
const ROUNDS: usize = 80;

/// Rounds whose samples are thrown away: caches, branch predictors, allocators and adaptive waiting settle.
const WARM_UP_ROUNDS: usize = 5;

fn report_progress(course: Course, round: usize) {
    if round % course.rounds.div_ceil(PROGRESS_LINES) == 0 {
        eprintln!(
            "bridge, {}: {} % of {} rounds",
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
    use crate::bridge::contestant::CallError;
    use crate::bridge::eventfd::Eventfd;
    use crate::bridge::futex::Futex;
    use crate::bridge::mpsc::Mpsc;
    use crate::measure::affinity::{self, allowed_cpus, release};

    fn run_short(contestants: Vec<Box<dyn Contestant>>) -> Result<PlacementFigures, SuiteError> {
        let _turn = affinity::take_turn();
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
        assert!(figures.sample_counts().eq([60; 3]), "{figures:?}");
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
