//! Measures a blocked thread's round trip: into a loop's thread and back.

mod answerer;
mod calloop;
mod contestant;
mod crochet;
mod eventfd;
mod field;
mod figures;
mod futex;
mod mailbox;
mod monoio;
mod mpsc;
mod python;
mod race;
mod smol;
mod spin;
mod tokio;
mod turn;

use core::iter;

use crate::args::Options;
use crate::bridge::field::Field;
use crate::bridge::race::Course;
use crate::measure::affinity::{self, Placement};
use crate::measure::writes::WriteCounter;
use crate::report::output::Output;
use crate::suite::SuiteError;

/// Runs the suite: every contestant, on one core and on two.
///
/// # Errors
///
/// Returns the first failure of a contestant or of the system.
pub fn run(options: &Options, output: &mut Output) -> Result<(), SuiteError> {
    let allowed = affinity::allowed_cpus().map_err(SuiteError::Placement)?;
    let writes = WriteCounter::probe().map_err(SuiteError::Counters)?;

    let one_core = Placement::one_core(allowed[0]);
    let two_cores = Placement::two_cores(&allowed);
    let placements = iter::once((one_core, ONE_CORE_CALLS))
        .chain(two_cores.map(|placement| (placement, TWO_CORES_CALLS)));

    for (placement, calls) in placements {
        placement.enclose().map_err(SuiteError::Placement)?;
        let mut field = Field::start(options, output)?;
        let entrants = field.entrants(placement).len();
        let course = Course::new(placement, calls, entrants, options);
        let figures = race::run(&mut field, course, writes.as_ref())?;
        output.plot(figures.plot());
        output.table("bridge", &figures)?;
    }
    if two_cores.is_none() {
        output.say("\ntwo cores: left out, this process may use only one processor");
    }
    Ok(())
}

// A call takes about 2 µs on one core, and up to 100 µs where an idle virtual processor has to be woken or an
// interpreter works: with these both placements together take about a minute, and even p99.9 rests on dozens of samples.
const ONE_CORE_CALLS: usize = 1_000;
const TWO_CORES_CALLS: usize = 250;
