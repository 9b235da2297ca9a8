//! Does one kind of work many times, inside a function that callgrind is told to count.
//!
//! `crochet-budgets WORK` does the work and prints how often. The gate `.ci/budgets` runs it under callgrind with
//! `--toggle-collect` on [`budget_counted`] and divides. Nothing here depends on the clock or on another thread, so the
//! count is the same in every run.

extern crate alloc;

#[cfg(not(target_os = "linux"))]
compile_error!("the gate rests on valgrind, and its figures on Linux");

mod echo;
mod submit;
mod tasks;
mod timers;

use core::error::Error;
use core::hint::black_box;
use std::process::ExitCode;

/// One kind of work.
struct Work {
    name: &'static str,
    /// Warms up, has [`budget_counted`] do the work, and returns how often it was done in there.
    run: fn() -> Result<usize, Box<dyn Error>>,
}

const WORKS: &[Work] = &[
    Work {
        name: "submit-complete-take",
        run: submit::run,
    },
    Work {
        name: "timer-insert-cancel",
        run: timers::insert_and_cancel,
    },
    Work {
        name: "timer-insert-fire",
        run: timers::insert_and_fire,
    },
    Work {
        name: "task-wake-poll",
        run: tasks::wake_and_poll,
    },
    Work {
        name: "echo-turn",
        run: echo::run,
    },
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("--list"), None) => {
            for work in WORKS {
                println!("{}", work.name);
            }
            ExitCode::SUCCESS
        }
        (Some(name), None) => match WORKS.iter().find(|work| work.name == name) {
            Some(work) => finish((work.run)()),
            None => refuse(),
        },
        _ => refuse(),
    }
}

fn finish(outcome: Result<usize, Box<dyn Error>>) -> ExitCode {
    match outcome {
        Ok(times) => {
            println!("{times}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn refuse() -> ExitCode {
    eprintln!("usage: crochet-budgets WORK | --list");
    ExitCode::from(2)
}

/// Does `work`. The gate knows this function by its name: what it calls is counted, everything else is not.
#[inline(never)]
fn budget_counted<R>(work: impl FnOnce() -> R) -> R {
    // Something is left to do after the call, else it would become a jump, which callgrind takes for no call.
    black_box(work())
}
