//! Who takes part.

use core::error::Error;
use core::fmt;

use crate::bridge::contestant::Contestant;
use crate::bridge::crochet::{RunInReactor, WaitFor};
use crate::bridge::eventfd::Eventfd;
use crate::bridge::futex::Futex;
use crate::bridge::mpsc::Mpsc;
use crate::bridge::smol::Smol;
use crate::bridge::tokio::{Spawn, SpawnTimeout};
use crate::suite::SuiteError;

/// All contestants, in the order of the table. All their threads run from the start to the end of the suite; those
/// whose turn it is not are parked.
pub struct Field(Vec<Box<dyn Contestant>>);

impl Field {
    /// Starts every contestant.
    ///
    /// # Errors
    ///
    /// Returns the first refusal.
    pub fn start() -> Result<Self, SuiteError> {
        Ok(Self(vec![
            started("crochet", RunInReactor::start())?,
            started("crochet", WaitFor::start())?,
            started("tokio", Spawn::start())?,
            started("tokio", SpawnTimeout::start())?,
            started("smol", Smol::start())?,
            started("std mpsc", Mpsc::start())?,
            started("futex floor", Futex::start())?,
            started("eventfd floor", Eventfd::start())?,
        ]))
    }

    /// Takes contestants of the caller's own.
    #[cfg(test)]
    pub fn of(contestants: Vec<Box<dyn Contestant>>) -> Self {
        Self(contestants)
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the names, in order.
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|contestant| contestant.name()).collect()
    }

    /// Gives access to the contestant at `position`.
    ///
    /// # Panics
    ///
    /// Panics if there is none.
    pub fn contestant(&mut self, position: usize) -> &mut dyn Contestant {
        self.0[position].as_mut()
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Field").field(&self.names()).finish()
    }
}

fn started<C, E>(
    contestant: &'static str,
    outcome: Result<C, E>,
) -> Result<Box<dyn Contestant>, SuiteError>
where
    C: Contestant + 'static,
    E: Error + Send + Sync + 'static,
{
    match outcome {
        Ok(contestant) => Ok(Box::new(contestant)),
        Err(source) => Err(SuiteError::Start {
            contestant,
            source: source.into(),
        }),
    }
}
