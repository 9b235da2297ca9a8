//! Who takes part.

use alloc::sync::Arc;
use core::fmt;

use crate::args::Options;
use crate::bridge::calloop::Calloop;
use crate::bridge::contestant::Contestant;
use crate::bridge::crochet::{RunInReactor, Strategy, WaitFor};
use crate::bridge::eventfd::Eventfd;
use crate::bridge::futex::Futex;
use crate::bridge::monoio::Monoio;
use crate::bridge::mpsc::Mpsc;
use crate::bridge::python::{self, Decorator, Python};
use crate::bridge::smol::Smol;
use crate::bridge::spin::Spin;
use crate::bridge::tokio::{Spawn, SpawnTimeout};
use crate::contest::Failure;
use crate::measure::affinity::Placement;
use crate::report::output::Output;
use crate::suite::SuiteError;
use crate::threads::crochet::ProcessReactor;
use crate::threads::monoio;

/// All contestants, in the order of the table. Their threads run as long as this is there; those whose turn it is not
/// are parked.
pub struct Field(Vec<Box<dyn Contestant>>);

impl Field {
    /// Starts every contestant; says in `output` who cannot take part here.
    ///
    /// # Errors
    ///
    /// Returns the first refusal.
    pub fn start(options: &Options, output: &mut Output) -> Result<Self, SuiteError> {
        let reactor = ProcessReactor::start().map_err(|source| SuiteError::Start {
            contestant: "crochet",
            source: source.into(),
        })?;
        let reactor = Arc::new(reactor);
        let mut field: Vec<Box<dyn Contestant>> = vec![
            Box::new(RunInReactor::on(Arc::clone(&reactor))),
            Box::new(WaitFor::on(reactor)),
            started("crochet", Strategy::park())?,
            started("crochet", Strategy::spin())?,
            started("tokio", Spawn::start())?,
            started("tokio", SpawnTimeout::start())?,
            started("smol", Smol::start())?,
            started("calloop", Calloop::start())?,
        ];
        match monoio::probe() {
            Ok(()) => field.push(started("monoio", Monoio::start())?),
            Err(refused) => output.say(format_args!("\nbridge: monoio is left out: {refused}")),
        }
        field.extend(original(options, output)?);
        field.push(started("std mpsc", Mpsc::start())?);
        field.push(started("spin floor", Spin::start())?);
        field.push(started("futex floor", Futex::start())?);
        field.push(started("eventfd floor", Eventfd::start())?);
        Ok(Self(field))
    }

    /// Takes contestants of the caller's own.
    #[cfg(test)]
    pub fn of(contestants: Vec<Box<dyn Contestant>>) -> Self {
        Self(contestants)
    }

    /// Returns those who take part under `placement`, in order.
    pub fn entrants(&mut self, placement: Placement) -> Vec<&mut dyn Contestant> {
        self.0
            .iter_mut()
            .filter(|contestant| contestant.takes_part(placement))
            .map(|contestant| -> &mut dyn Contestant { contestant.as_mut() })
            .collect()
    }
}

/// Starts the contestants that need an interpreter, if there is one.
fn original(
    options: &Options,
    output: &mut Output,
) -> Result<Vec<Box<dyn Contestant>>, SuiteError> {
    let Some(interpreter) = python::interpreter(options) else {
        output
            .say("\nbridge: Python Crochet is left out: there is no --python and no benches/.venv");
        return Ok(Vec::new());
    };
    let mut contestants = Vec::new();
    for decorator in [Decorator::WaitFor, Decorator::RunInReactor] {
        let started = Python::start(&interpreter, decorator);
        let python = started.map_err(|source| SuiteError::Start {
            contestant: "Python Crochet",
            source,
        })?;
        if contestants.is_empty() {
            output.say(format_args!("\nbridge: {}", python.versions()));
        }
        contestants.push(Box::new(python) as Box<dyn Contestant>);
    }
    Ok(contestants)
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|contestant| contestant.name());
        f.debug_list().entries(names).finish()
    }
}

fn started<C, E>(
    contestant: &'static str,
    outcome: Result<C, E>,
) -> Result<Box<dyn Contestant>, SuiteError>
where
    C: Contestant + 'static,
    E: Into<Failure>,
{
    match outcome {
        Ok(contestant) => Ok(Box::new(contestant)),
        Err(source) => Err(SuiteError::Start {
            contestant,
            source: source.into(),
        }),
    }
}
