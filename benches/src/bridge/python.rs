//! The original: Crochet on Twisted, in an interpreter of its own.

use core::time::Duration;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::args::Options;
use crate::bridge::contestant::{CallError, Contestant};
use crate::bridge::figures::Costs;
use crate::bridge::turn::RUN_IN_CALLS;
use crate::contest::Failure;
use crate::measure::affinity::Placement;
use crate::measure::writes::WriteCounter;
use crate::suite::SuiteError;

/// Which of its decorators is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decorator {
    /// `wait_for`.
    WaitFor,
    /// `run_in_reactor`, and `wait` on its `EventualResult`.
    RunInReactor,
}

/// A process that makes the calls when it is told to, and tells how long they took.
#[derive(Debug)]
pub struct Python {
    decorator: Decorator,
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    versions: String,
    placement: Option<Placement>,
}

/// Finds the interpreter: the one that `options` name, else that of a virtual environment beside this program's
/// manifest.
pub fn interpreter(options: &Options) -> Option<PathBuf> {
    let beside = || Path::new(FOLDER).join(".venv/bin/python");
    let named = options.python.clone();
    named.or_else(|| Some(beside()).filter(|path| path.exists()))
}

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");
const PROGRAM: &str = "python_bridge.py";

impl Python {
    /// Starts `interpreter`, which has to have Crochet.
    ///
    /// # Errors
    ///
    /// Returns that it could not be started, or ended at once; why is on standard error then.
    pub fn start(interpreter: &Path, decorator: Decorator) -> Result<Self, Failure> {
        let mut process = Command::new(interpreter)
            .arg(Path::new(FOLDER).join(PROGRAM))
            .arg(decorator.word())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let requests = process.stdin.take().expect("it is piped");
        let answers = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut python = Self {
            decorator,
            process,
            requests,
            answers,
            versions: String::new(),
            placement: None,
        };
        python.versions = python.line()?;
        Ok(python)
    }

    /// Returns the versions of what is measured.
    pub fn versions(&self) -> &str {
        &self.versions
    }

    fn ask(&mut self, request: &str) -> Result<String, Failure> {
        writeln!(self.requests, "{request}")?;
        self.line()
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        match self.answers.read_line(&mut line)? {
            0 => Err("the interpreter has ended".into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }

    /// Reads a histogram whose first line is `line`, up to its full stop.
    fn histogram(&mut self, mut line: String, samples: &mut [u64]) -> Result<(), Failure> {
        let mut filled = 0;
        while line != END_OF_HISTOGRAM {
            filled += fill(&mut samples[filled..], &line)?;
            line = self.line()?;
        }
        match samples.len() - filled {
            0 => Ok(()),
            missing => Err(format!("{missing} samples are missing").into()),
        }
    }

    fn failed(&self, source: impl Into<Failure>) -> SuiteError {
        SuiteError::call(self.name(), source)
    }
}

/// Puts the samples that `line` tells of at the beginning of `samples`; returns how many these are.
fn fill(samples: &mut [u64], line: &str) -> Result<usize, Failure> {
    let (latency, calls) = line.split_once(' ').ok_or("that is no histogram")?;
    let calls = calls.parse()?;
    let places = samples
        .get_mut(..calls)
        .ok_or("there are too many samples")?;
    places.fill(latency.parse()?);
    Ok(calls)
}

const END_OF_HISTOGRAM: &str = ".";

impl Decorator {
    fn word(self) -> &'static str {
        match self {
            Self::WaitFor => "wait_for",
            Self::RunInReactor => "run_in_reactor",
        }
    }
}

impl Contestant for Python {
    fn name(&self) -> &'static str {
        match self.decorator {
            Decorator::WaitFor => "Python Crochet wait_for",
            Decorator::RunInReactor => "Python Crochet run_in_reactor + wait",
        }
    }

    fn begin_turn(&mut self, placement: Placement) -> Result<(), CallError> {
        if self.placement == Some(placement) {
            return Ok(());
        }
        let (caller, loops) = placement.cpus();
        self.ask(&format!("place {caller} {loops}"))
            .map_err(CallError::Library)?;
        self.placement = Some(placement);
        Ok(())
    }

    fn call(&mut self, operand: u64) -> Result<u64, CallError> {
        let answer = self.ask(&format!("call {operand}"));
        let answer = answer.map_err(CallError::Library)?;
        answer
            .parse()
            .map_err(|_| CallError::Library(format!("`{answer}` is no number").into()))
    }

    fn time_calls(&mut self, samples: &mut [u64]) -> Result<(), SuiteError> {
        self.ask(&format!("cost {RUN_IN_CALLS}"))
            .and_then(|_| self.ask(&format!("time {}", samples.len())))
            .and_then(|line| self.histogram(line, samples))
            .map_err(|source| self.failed(source))
    }

    /// Nothing but the processor time: the process has an allocator and system calls of its own.
    fn count_costs(
        &mut self,
        calls: usize,
        _writes: Option<&WriteCounter>,
    ) -> Result<Costs, SuiteError> {
        let taken = self.ask(&format!("cost {calls}"));
        let taken = taken.map_err(|source| self.failed(source))?;
        let taken = taken.parse().map_err(|source| self.failed(source))?;
        let taken = Duration::from_nanos(taken);
        Ok(Costs::per_call(calls, None, None, taken))
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // It holds nothing that would have to be put in order.
        for ended in [self.process.kill(), self.process.wait().map(drop)] {
            if let Err(error) = ended {
                eprintln!("cannot end the interpreter: {error}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stands_for_as_many_samples_as_it_says() {
        let mut samples = [0; 4];
        assert_eq!(fill(&mut samples, "70 3").expect("there is room"), 3);
        assert_eq!(samples, [70, 70, 70, 0]);
    }

    #[test]
    fn what_is_no_histogram_or_has_no_room_is_refused() {
        for line in ["", "70", "70 3", "a 1", "1 a"] {
            assert!(fill(&mut [0; 2], line).is_err(), "{line}");
        }
    }
}
