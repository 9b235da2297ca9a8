//! What the command line needs to know of a suite.

use core::error::Error;
use core::fmt;
use std::io;

use crate::args::Options;
use crate::report::output::Output;

/// One group of measurements that runs under a name of its own.
#[derive(Debug, Clone, Copy)]
pub struct Suite {
    /// The word that selects it on the command line.
    pub name: &'static str,
    /// One line for the usage text.
    pub summary: &'static str,
    /// Runs the suite and hands its tables over.
    pub run: fn(&Options, &mut Output) -> Result<(), SuiteError>,
}

impl Suite {
    /// Finds the suite called `name`.
    pub fn find<'a>(suites: &'a [Self], name: &str) -> Option<&'a Self> {
        suites.iter().find(|suite| suite.name == name)
    }
}

/// The reason why a suite has no result.
#[derive(Debug)]
#[non_exhaustive]
pub enum SuiteError {
    /// A contestant's loop could not be started.
    Start {
        /// The contestant's name.
        contestant: &'static str,
        /// What its library said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A contestant's call failed.
    Call {
        /// The contestant's name.
        contestant: &'static str,
        /// What its library said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A contestant answered, but not what was asked of it.
    WrongAnswer {
        /// The contestant's name.
        contestant: &'static str,
        /// The answer that would have been right.
        expected: u64,
        /// The answer that came.
        answer: u64,
    },
    /// The process could not learn about or place its own threads.
    Placement(io::Error),
    /// The counters of the process could not be read.
    Counters(io::Error),
    /// Another program could not be run.
    Program(io::Error),
    /// The report could not be written.
    Report(io::Error),
    /// A panic, which has been told on standard error.
    Panicked,
    /// Of several suites, these have no result or only a part of it.
    Several(Vec<&'static str>),
}

impl SuiteError {
    /// Makes the failure of a call to `contestant`.
    pub fn call(contestant: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let source = source.into();
        Self::Call { contestant, source }
    }
}

impl fmt::Display for SuiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { contestant, source } => write!(f, "{contestant} did not start: {source}"),
            Self::Call { contestant, source } => {
                write!(f, "a call to {contestant} failed: {source}")
            }
            Self::WrongAnswer {
                contestant,
                expected,
                answer,
            } => {
                write!(
                    f,
                    "{contestant} answered {answer} where {expected} is right"
                )
            }
            Self::Placement(source) => write!(f, "cannot place threads on processors: {source}"),
            Self::Counters(source) => {
                write!(f, "cannot read the counters of this process: {source}")
            }
            Self::Program(source) => write!(f, "cannot run a program: {source}"),
            Self::Report(source) => write!(f, "cannot write the report: {source}"),
            Self::Panicked => f.write_str("it panicked"),
            Self::Several(suites) => write!(f, "suites that ended early: {}", suites.join(", ")),
        }
    }
}

impl Error for SuiteError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Start { source, .. } | Self::Call { source, .. } => Some(source.as_ref()),
            Self::WrongAnswer { .. } | Self::Panicked | Self::Several(_) => None,
            Self::Placement(source)
            | Self::Counters(source)
            | Self::Program(source)
            | Self::Report(source) => Some(source),
        }
    }
}
