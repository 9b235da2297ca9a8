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
mod http;
mod lateness;
mod measure;
mod memory;
mod report;
mod server;
mod suite;
mod threads;
mod throughput;
mod timers;

use core::panic::AssertUnwindSafe;
use std::panic;
use std::process::ExitCode;
use std::time::Instant;

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
        name: "http",
        summary: "how many requests hyper answers in a second of the server's processor",
        run: http::run,
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

/// Runs suites one after the other; one that fails costs the others nothing.
fn run(suites: &[Suite], options: &Options) -> Result<(), SuiteError> {
    let allowed = affinity::allowed_cpus().map_err(SuiteError::Placement)?;
    let machine = Machine::inspect(&allowed);
    let mut output = Output::open(options, machine).map_err(SuiteError::Report)?;
    let mut failed = Vec::new();
    let begun = Instant::now();
    for (position, suite) in suites.iter().enumerate() {
        eprintln!(
            "suite {} ({} of {}), after {:.0} s",
            suite.name,
            position + 1,
            suites.len(),
            begun.elapsed().as_secs_f64()
        );
        let suite_begun = Instant::now();
        // What a panic leaves half done belongs to the suite; of the output it can have lost one table.
        let caught = panic::catch_unwind(AssertUnwindSafe(|| (suite.run)(options, &mut output)));
        let outcome = caught.unwrap_or(Err(SuiteError::Panicked));
        output
            .suite_ended(suite.name, suite_begun.elapsed(), &outcome)
            .map_err(SuiteError::Report)?;
        if outcome.is_err() {
            failed.push(suite.name);
        }
        // A suite may have placed its threads.
        affinity::release(&allowed).map_err(SuiteError::Placement)?;
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(SuiteError::Several(failed)),
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

#[cfg(test)]
mod tests {
    use std::fs;

    use serde::Serialize;
    use serde_json::Value;

    use super::*;
    use crate::report::table::{Table, Tabled};

    #[derive(Serialize)]
    struct OneFigure(u64);

    impl Tabled for OneFigure {
        fn caption(&self) -> String {
            "one figure".to_owned()
        }

        fn table(&self) -> Table {
            let mut table = Table::new(&["figure"]);
            table.row(vec![self.0.to_string()]);
            table
        }
    }

    const MIXED: [Suite; 3] = [
        Suite {
            name: "failing",
            summary: "a table, then a failure",
            run: |_, output| {
                output.table("failing", &OneFigure(1))?;
                Err(SuiteError::call("somebody", "tired"))
            },
        },
        Suite {
            name: "panicking",
            summary: "a table, then a panic",
            run: |_, output| {
                output.table("panicking", &OneFigure(2))?;
                panic!("on purpose");
            },
        },
        Suite {
            name: "sound",
            summary: "a table",
            run: |_, output| output.table("sound", &OneFigure(3)),
        },
    ];

    #[test]
    fn suites_that_end_early_cost_no_figures_and_are_told() {
        let _turn = affinity::take_turn();
        let file =
            std::env::temp_dir().join(format!("crochet-benches-{}.json", std::process::id()));
        let options = Options {
            json: Some(file.clone()),
            ..Options::default()
        };

        let outcome = run(&MIXED, &options);

        let told = outcome.expect_err("two suites fail").to_string();
        assert!(told.ends_with("failing, panicking"), "{told}");
        let json = fs::read_to_string(&file).expect("the file has been written");
        fs::remove_file(&file).expect("the file is the test's");
        let figures: Value = serde_json::from_str(&json).expect("it is whole");
        let suites =
            ["failing", "panicking", "sound"].map(|name| figures["suites"][name][0].as_u64());
        assert_eq!(suites, [Some(1), Some(2), Some(3)]);
        assert_eq!(
            figures["failures"]["failing"],
            "a call to somebody failed: tired"
        );
        assert_eq!(
            figures["failures"].as_object().map(|all| all.len()),
            Some(2)
        );
    }
}
