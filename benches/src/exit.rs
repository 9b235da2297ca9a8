//! Measures how long a process takes to be gone after its `main` has returned.

pub mod child;

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::args::Options;
use crate::contest::{Contest, Contestant, Failure, Role, Unit};
use crate::exit::child::Kind;
use crate::measure::clock::monotonic_time;
use crate::report::output::Output;
use crate::suite::SuiteError;

/// Runs the suite: this program starts itself, again and again.
///
/// # Errors
///
/// Returns the first failure of a child or of the system.
pub fn run(options: &Options, output: &mut Output) -> Result<(), SuiteError> {
    let program = env::current_exe().map_err(SuiteError::Program)?;
    let mut contestants: Vec<Box<dyn Contestant>> = Vec::new();
    for kind in Kind::ALL {
        let program = program.clone();
        contestants.push(Box::new(Parent { kind, program }));
    }
    let title = "from main's return to the process gone, idle";
    Contest::new("exit", title, Unit::Microseconds, ROUNDS, options).run(&mut contestants, output)
}

const ROUNDS: usize = 30;

/// Children in one turn of a contestant.
const CHILDREN: usize = 5;

/// Starts children of one kind.
struct Parent {
    kind: Kind,
    program: PathBuf,
}

impl Contestant for Parent {
    fn name(&self) -> &'static str {
        self.kind.name()
    }

    fn role(&self) -> Role {
        match self.kind {
            Kind::Empty => Role::Floor,
            Kind::Crochet => Role::Own,
            Kind::Tokio => Role::Peer,
        }
    }

    fn turn(&mut self, samples: &mut Vec<u64>) -> Result<(), Failure> {
        for _ in 0..CHILDREN {
            let ended = Command::new(&self.program)
                .arg(child::WORD)
                .arg(self.kind.word())
                .stdin(Stdio::null())
                .stderr(Stdio::inherit())
                .output()?;
            let gone = monotonic_time();
            if !ended.status.success() {
                return Err(format!("the child ended with {}", ended.status).into());
            }
            let returned: u64 = String::from_utf8(ended.stdout)?.trim().parse()?;
            let taken = gone.checked_sub(returned);
            samples.push(taken.ok_or("the child was gone before it returned")?);
        }
        Ok(())
    }
}
