//! Measures what idle things keep allocated: connections, operations and timers.

mod connections;
mod operations;
mod timers;

use crate::args::Options;
use crate::contest::{Contest, Contestant, Failure, Role, Unit};
use crate::report::output::Output;
use crate::suite::SuiteError;

/// Runs the suite.
///
/// # Errors
///
/// Returns the first failure of a contestant or of the system.
pub fn run(options: &Options, output: &mut Output) -> Result<(), SuiteError> {
    let connections = options.scaled(CONNECTIONS);
    contest(
        format!("each of {connections} idle connections"),
        connections::all(connections, output),
        options,
        output,
    )?;
    let many = options.scaled(MANY);
    contest(
        format!("each of {many} pending operations"),
        operations::all(many),
        options,
        output,
    )?;
    contest(
        format!("each of {many} timers"),
        timers::all(many),
        options,
        output,
    )
}

fn contest(
    title: String,
    holders: Vec<Holder>,
    options: &Options,
    output: &mut Output,
) -> Result<(), SuiteError> {
    let mut contestants: Vec<Box<dyn Contestant>> = Vec::new();
    for holder in holders {
        contestants.push(Box::new(holder));
    }
    Contest {
        // A loop that has grown once would be measured without its tables.
        warm_up: 0,
        ..Contest::new("memory", title, Unit::ShareBytes, ROUNDS, options)
    }
    .run(&mut contestants, output)
}

const CONNECTIONS: usize = 2_000;
const MANY: usize = 100_000;

/// The figures hardly change from round to round.
const ROUNDS: usize = 3;

/// Makes many of something in a fresh loop and looks what they hold.
struct Holder {
    name: &'static str,
    role: Role,
    count: usize,
    hold: Hold,
}

/// Returns the bytes that as many hold together.
type Hold = Box<dyn FnMut(usize) -> Result<i64, Failure>>;

impl Holder {
    fn new(
        name: &'static str,
        role: Role,
        count: usize,
        hold: impl FnMut(usize) -> Result<i64, Failure> + 'static,
    ) -> Self {
        Self {
            name,
            role,
            count,
            hold: Box::new(hold),
        }
    }
}

impl Contestant for Holder {
    fn name(&self) -> &'static str {
        self.name
    }

    fn role(&self) -> Role {
        self.role
    }

    fn turn(&mut self, samples: &mut Vec<u64>) -> Result<(), Failure> {
        const HUNDREDTHS: u64 = 100;
        let bytes = u64::try_from((self.hold)(self.count)?)?;
        samples.push(bytes * HUNDREDTHS / self.count as u64);
        Ok(())
    }
}
