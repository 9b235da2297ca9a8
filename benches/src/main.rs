//! Measures Crochet against its peers.
//!
//! All contestants of a suite live in one process and take turns, so that a figure is compared only with figures
//! of the same run. `README.md` beside the manifest says what each suite measures, and how to read its table.

extern crate alloc;

#[cfg(not(target_os = "linux"))]
compile_error!("the benchmarks rest on Linux's eventfd, futex, affinity and /proc");

mod args;
mod bridge;
mod compile;
mod contest;
mod echo;
mod exit;
mod lateness;
mod measure;
mod memory;
mod report;
mod suite;
mod threads;
mod throughput;
mod timers;

use std::process::ExitCode;

use crate::args::{Options, Request, UsageError};
use crate::measure::affinity;
use crate::measure::alloc::CountingAllocator;
use crate::measure::machine::Machine;
use crate::report::output::Output;
use crate::suite::{Suite, SuiteError};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Every suite that the command line knows; a new one needs only its line here.
const SUITES: &[Suite] = &[
    Suite {
        name: "bridge",
        summary: "a blocked thread's round trip through a loop's thread and back",
        run: bridge::run,
    },
    Suite {
        name: "throughput",
        summary: "submitting work without waiting for each piece",
        run: throughput::run,
    },
    Suite {
        name: "timers",
        summary: "setting, cancelling and firing timers by the million",
        run: timers::run,
    },
    Suite {
        name: "lateness",
        summary: "how much too late a short sleep ends",
        run: lateness::run,
    },
    Suite {
        name: "echo",
        summary: "a server's processor time for each request, over few and many connections",
        run: echo::run,
    },
    Suite {
        name: "memory",
        summary: "what idle connections, pending operations and timers keep allocated",
        run: memory::run,
    },
    Suite {
        name: "exit",
        summary: "the time from main's return to the process gone",
        run: exit::run,
    },
    Suite {
        name: "build",
        summary: "a cold release build, and the crates that it takes",
        run: compile::run,
    },
];

fn main() -> ExitCode {
    if let Some(kind) = exit::child::requested(std::env::args_os().skip(1)) {
        return match exit::child::run(kind) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        };
    }
    match args::parse(std::env::args_os().skip(1)) {
        Ok(Request::Help) => {
            print!("{}", args::usage(SUITES));
            ExitCode::SUCCESS
        }
        Ok(Request::Run { suite, options }) if suite == args::ALL => finish(run(SUITES, &options)),
        Ok(Request::Run { suite, options }) => match Suite::find(SUITES, &suite) {
            Some(suite) => finish(run(&[*suite], &options)),
            None => refuse(&UsageError::UnknownSuite(suite)),
        },
        Err(error) => refuse(&error),
    }
}

fn run(suites: &[Suite], options: &Options) -> Result<(), SuiteError> {
    let allowed = affinity::allowed_cpus().map_err(SuiteError::Placement)?;
    let machine = Machine::inspect(&allowed);
    let mut output = Output::open(options, machine).map_err(SuiteError::Report)?;
    for suite in suites {
        (suite.run)(options, &mut output)?;
        // A suite may have placed its threads.
        affinity::release(&allowed).map_err(SuiteError::Placement)?;
    }
    output.finish().map_err(SuiteError::Report)
}

fn finish(outcome: Result<(), SuiteError>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn refuse(error: &UsageError) -> ExitCode {
    eprintln!("error: {error}\n\n{}", args::usage(SUITES));
    ExitCode::from(EXIT_USAGE)
}

/// The status of a command line that could not be understood, as getopt's users expect it.
const EXIT_USAGE: u8 = 2;
