//! Measures handing work to a loop without waiting for each piece: all of it, until the last has been done.

mod contestants;
pub mod tally;

use core::iter;

use crate::args::Options;
use crate::contest::{Contest, Contestant, Unit, started};
use crate::measure::affinity::{self, Placement};
use crate::report::output::Output;
use crate::suite::SuiteError;
use crate::throughput::contestants::{Batch, Submitter};

/// Runs the suite: one and four producers, on one core and on two.
///
/// # Errors
///
/// Returns the first failure of a contestant or of the system.
pub fn run(options: &Options, output: &mut Output) -> Result<(), SuiteError> {
    let allowed = affinity::allowed_cpus().map_err(SuiteError::Placement)?;
    let placements =
        iter::once(Placement::one_core(allowed[0])).chain(Placement::two_cores(&allowed));
    for placement in placements {
        for producers in PRODUCERS {
            let batch = Batch {
                producers,
                each: options.scaled(PIECES) / producers,
            };
            placement.enclose().map_err(SuiteError::Placement)?;
            let mut contestants: Vec<Box<dyn Contestant>> = vec![
                started("crochet", Submitter::remote(batch))?,
                started("crochet", Submitter::run_in_reactor(batch))?,
                started("tokio", Submitter::tokio(batch))?,
                started("smol", Submitter::smol(batch))?,
                started("calloop", Submitter::calloop(batch))?,
                started("std mpsc", Submitter::mpsc(batch))?,
            ];
            placement.apply().map_err(SuiteError::Placement)?;
            let title = format!(
                "submit until drained, {producers} producers, {}",
                placement.name()
            );
            Contest::new("throughput", title, Unit::ShareNanoseconds, ROUNDS, options)
                .run(&mut contestants, output)?;
        }
    }
    Ok(())
}

const PRODUCERS: [usize; 2] = [1, 4];

/// Pieces of work in one turn of a contestant, over all producers.
const PIECES: usize = 200_000;

const ROUNDS: usize = 20;
