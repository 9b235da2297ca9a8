//! Has contestants take turns at one kind of work, and compares them.

mod figures;

use core::error::Error;

pub use figures::ContestFigures;

use crate::args::Options;
use crate::measure::histogram::Latencies;
use crate::measure::order::turns;
use crate::report::output::Output;
use crate::report::scale::Scale;
use crate::suite::SuiteError;

/// One way to do the work that a contest is about.
pub trait Contestant {
    /// Returns the name that the table shows.
    fn name(&self) -> &'static str;

    /// Returns what it is compared as.
    fn role(&self) -> Role;

    /// Takes one turn and appends what it has measured, in the contest's unit.
    ///
    /// # Errors
    ///
    /// Returns why the turn has no result. The contestant may be unusable afterwards.
    fn turn(&mut self, samples: &mut Vec<u64>) -> Result<(), Failure>;
}

/// Whatever a contestant's library reports.
pub type Failure = Box<dyn Error + Send + Sync>;

/// What a contestant is compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The library whose figures these are.
    Own,
    /// Another library: the best of them is a reference.
    Peer,
    /// What nobody can do without: the second reference.
    Floor,
}

/// What a sample counts, and how it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds, shown in microseconds.
    Microseconds,
    /// Nanoseconds, shown in seconds.
    Seconds,
    /// Picoseconds, shown in nanoseconds: a share of what many of something took.
    ShareNanoseconds,
    /// Hundredths of a byte, shown in bytes: a share of what many of something took.
    ShareBytes,
    /// Picoseconds for each request, shown as the requests of a second.
    RequestsPerSecond,
}

impl Unit {
    /// Returns what it is called in tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::Microseconds => "µs",
            Self::Seconds => "s",
            Self::ShareNanoseconds => "ns",
            Self::ShareBytes => "bytes",
            Self::RequestsPerSecond => "requests/s",
        }
    }

    /// Returns what makes a shown figure of a sample.
    pub fn scale(self) -> Scale {
        match self {
            Self::Microseconds | Self::ShareNanoseconds => Scale::DivideBy(1e3),
            Self::Seconds => Scale::DivideBy(1e9),
            Self::ShareBytes => Scale::DivideBy(1e2),
            Self::RequestsPerSecond => Scale::Divide(1e12),
        }
    }
}

/// One contest of a suite.
#[derive(Debug)]
pub struct Contest {
    /// The suite that it belongs to.
    pub suite: &'static str,
    /// What is measured, under which circumstances; unique within the suite.
    pub title: String,
    /// What the samples count.
    pub unit: Unit,
    /// How many turns each contestant gets, warm-up apart.
    pub rounds: usize,
    /// How many rounds come before, whose samples are thrown away.
    pub warm_up: usize,
}

impl Contest {
    /// Makes a contest of `rounds` rounds, unless `options` say otherwise, after one for warming up.
    pub fn new(
        suite: &'static str,
        title: impl Into<String>,
        unit: Unit,
        rounds: usize,
        options: &Options,
    ) -> Self {
        Self {
            suite,
            title: title.into(),
            unit,
            rounds: options.rounds_or(rounds),
            warm_up: 1,
        }
    }

    /// Runs it, with its progress on standard error, and shows the table.
    ///
    /// # Errors
    ///
    /// Returns the first failure of a contestant.
    pub fn run(
        &self,
        contestants: &mut [Box<dyn Contestant>],
        output: &mut Output,
    ) -> Result<(), SuiteError> {
        let figures = self.measure(contestants)?;
        output.plot(figures.plot());
        output.table(self.suite, &figures)
    }

    fn measure(
        &self,
        contestants: &mut [Box<dyn Contestant>],
    ) -> Result<ContestFigures, SuiteError> {
        let mut latencies: Vec<_> = contestants
            .iter()
            .map(|_| Latencies::with_rounds(self.rounds))
            .collect();
        let mut samples = Vec::new();
        for round in 0..self.warm_up + self.rounds {
            eprintln!(
                "{}, {}: round {} of {}",
                self.suite,
                self.title,
                round + 1,
                self.warm_up + self.rounds
            );
            for position in turns(round, contestants.len()) {
                let contestant = contestants[position].as_mut();
                samples.clear();
                contestant
                    .turn(&mut samples)
                    .map_err(|source| SuiteError::Call {
                        contestant: contestant.name(),
                        source,
                    })?;
                if round >= self.warm_up {
                    latencies[position].add_round(&mut samples);
                }
            }
        }
        let entrants = contestants.iter().map(|one| (one.name(), one.role()));
        Ok(ContestFigures::new(self, entrants.zip(latencies).collect()))
    }
}

/// Boxes a contestant that has started.
///
/// # Errors
///
/// Returns the refusal, with the contestant's name.
pub fn started<C, E>(
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::table::Tabled;

    struct Counting {
        next: u64,
    }

    impl Contestant for Counting {
        fn name(&self) -> &'static str {
            "counting"
        }

        fn role(&self) -> Role {
            Role::Own
        }

        fn turn(&mut self, samples: &mut Vec<u64>) -> Result<(), Failure> {
            self.next += 1;
            if self.next > 4 {
                return Err("tired".into());
            }
            samples.push(self.next * 1_000);
            Ok(())
        }
    }

    fn contest(rounds: usize) -> Contest {
        Contest {
            suite: "test",
            title: "counting".into(),
            unit: Unit::Microseconds,
            rounds,
            warm_up: 1,
        }
    }

    #[test]
    fn the_samples_of_the_warm_up_are_left_out() {
        let mut contestants: Vec<Box<dyn Contestant>> = vec![Box::new(Counting { next: 0 })];
        let figures = contest(3).measure(&mut contestants).expect("it counts");
        let caption = figures.caption();
        assert!(caption.contains("3 samples each"), "{caption}");
        let table = figures.table().to_string();
        assert!(table.contains("3.00"), "{table}");
    }

    #[test]
    fn a_failure_names_the_contestant() {
        let mut contestants: Vec<Box<dyn Contestant>> = vec![Box::new(Counting { next: 0 })];
        let failure = contest(9).measure(&mut contestants).unwrap_err();
        assert_eq!(failure.to_string(), "a call to counting failed: tired");
    }
}
