//! Measures Crochet against its peers.
//!
//! All contestants of a suite live in one process and take turns, so that a figure is compared only with figures
//! of the same run. `README.md` beside the manifest says what each suite measures, and how to read its table.

extern crate alloc;

#[cfg(not(target_os = "linux"))]
compile_error!("the benchmarks rest on Linux's eventfd, futex, affinity and /proc");

mod args;
mod bridge;
mod measure;
mod report;
mod suite;

use std::process::ExitCode;

use crate::args::{Request, UsageError};
use crate::measure::alloc::CountingAllocator;
use crate::suite::{Suite, SuiteError};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Every suite that the command line knows; a new one needs only its line here.
const SUITES: &[Suite] = &[Suite {
    name: "bridge",
    summary: "a blocked thread's round trip through a loop's thread and back",
    run: bridge::run,
}];

fn main() -> ExitCode {
    match args::parse(std::env::args_os().skip(1)) {
        Ok(Request::Help) => {
            print!("{}", args::usage(SUITES));
            ExitCode::SUCCESS
        }
        Ok(Request::Run { suite, options }) => match Suite::find(SUITES, &suite) {
            Some(suite) => finish((suite.run)(&options)),
            None => refuse(&UsageError::UnknownSuite(suite)),
        },
        Err(error) => refuse(&error),
    }
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
