//! What is in the stash when the process ends: failures are logged once, the rest is not spoken of.
#![cfg(unix)]

use std::env;
use std::future;
use std::io::{self, Write};
use std::panic;
use std::process::Command;

use crochet::{run_in_reactor, try_run_in_reactor, wait_for};
use crochet_tests::LONG;
use crochet_tests::child::{self, Ran};
use log::{LevelFilter, Log, Metadata, Record};

const IN_CHILD: &str = "CROCHET_TESTS_STASH";

struct Stderr;

impl Log for Stderr {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let (level, target) = (record.level(), record.target());
        writeln!(io::stderr(), "{level} {target} {}", record.args()).expect("stderr is open");
    }

    fn flush(&self) {}
}

/// Run by the other tests, in processes of their own.
#[test]
fn stashes_and_ends() {
    let Some(how) = env::var_os(IN_CHILD) else {
        return;
    };
    log::set_logger(&Stderr).expect("the only logger");
    log::set_max_level(LevelFilter::Warn);
    // The panic is to be seen once, in the log.
    panic::set_hook(Box::new(|_| ()));
    crochet::setup().expect("a reactor");
    let failing = ["first", "second"];
    let ids =
        failing.map(|text| try_run_in_reactor(move || async move { Err::<(), _>(text) }).stash());
    let more = [
        run_in_reactor(|| async {}).stash(),
        run_in_reactor(future::pending::<()>).stash(),
        run_in_reactor(|| async { panic!("third") }).stash(),
    ];
    wait_for(LONG, || async {}).expect("the reactor answers");
    assert_eq!(crochet::stash_stats().kept, ids.len() + more.len());
    match how.to_str() {
        Some("return") => {}
        Some("exit") => std::process::exit(3),
        Some("stopped") => crochet::stop(LONG).expect("the reactor stops"),
        Some("retrieved") => {
            for id in ids {
                let result = crochet::retrieve_result::<(), &str>(id).expect("it is there");
                assert!(result.wait(LONG).is_err());
            }
        }
        other => unreachable!("{other:?}"),
    }
}

fn run(how: &str) -> Ran {
    let mut command = Command::new(env::current_exe().expect("a path"));
    command.args(["--exact", "stashes_and_ends", "--nocapture"]);
    child::run(command.env(IN_CHILD, how).env_remove("RUST_BACKTRACE"))
}

/// Asserts what was logged: the errors of operations with these texts, each in a line of its own.
#[track_caller]
fn assert_logged(ran: &Ran, texts: &[&str]) {
    let lines: Vec<_> = ran.err.lines().collect();
    assert_eq!(lines.len(), texts.len(), "{ran:?}");
    for text in texts {
        let found = lines.iter().filter(|line| line.contains(text));
        assert_eq!(found.count(), 1, "{text}: {ran:?}");
    }
    assert!(
        lines.iter().all(|line| line.starts_with("ERROR crochet ")),
        "{ran:?}"
    );
}

#[test]
fn failures_are_logged_once_when_main_returns() {
    let ran = run("return");
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert_logged(&ran, &["\"first\"", "\"second\"", "third"]);
}

#[test]
fn failures_are_logged_once_at_exit() {
    let ran = run("exit");
    assert_eq!(ran.status, Some(3), "{ran:?}");
    assert_logged(&ran, &["\"first\"", "\"second\"", "third"]);
}

#[test]
fn failures_are_logged_once_after_a_stop() {
    let ran = run("stopped");
    assert_logged(&ran, &["\"first\"", "\"second\"", "third"]);
}

#[test]
fn failures_that_were_retrieved_are_not_logged() {
    let ran = run("retrieved");
    assert_logged(&ran, &["third"]);
}
