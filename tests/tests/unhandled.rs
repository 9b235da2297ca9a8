//! What is logged of failures that nobody asks for: once, in one line, with the operation.

use std::thread;

use crochet::{EventualResult, operation, run_in_reactor, spawn, try_run_in_reactor, wait_for};
use crochet_tests::executor::block_on;
use crochet_tests::{LONG, barrier, logs, start};
use log::Level;

#[derive(Clone, Debug)]
struct Failure(#[expect(dead_code, reason = "for Debug")] String);

/// An error whose text has several lines, also as `Debug`.
struct Long;

impl std::fmt::Debug for Long {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("unhandled: a long one\r\nwith a second line\n")
    }
}

#[run_in_reactor]
async fn decorated() -> Result<(), &'static str> {
    Err("unhandled: of a decorated function")
}

#[test]
fn an_error_is_told_with_name_site_and_text() {
    start();
    let line = line!() + 1;
    drop(decorated());
    barrier();
    let message = logs::assert_one_error("unhandled: of a decorated function");
    assert_eq!(message.target, "crochet");
    let (file, name) = (file!(), concat!(module_path!(), "::decorated"));
    let expected = format!(
        "{name} (submitted at {file}:{line}) failed, and nobody asked: \
         \"unhandled: of a decorated function\""
    );
    assert_eq!(message.text, expected);
}

#[test]
fn an_error_of_several_lines_is_told_in_one() {
    start();
    drop(try_run_in_reactor(|| async { Err::<(), _>(Long) }));
    barrier();
    let message = logs::assert_one_error("unhandled: a long one");
    assert!(
        message
            .text
            .ends_with(r"unhandled: a long one\r\nwith a second line\n"),
        "{message:?}"
    );
}

#[test]
fn a_panic_is_told_with_name_site_and_place_in_one_line() {
    start();
    let result = operation()
        .name("unhandled: a panicking one")
        .run(|| async {
            assert_eq!(1 + 1, 3, "a message of several lines");
        });
    drop(result);
    barrier();
    let message = logs::assert_one_error("unhandled: a panicking one");
    assert_eq!(message.target, "crochet");
    // A backtrace, if one was asked for, takes further lines.
    let first = message.text.lines().next().expect("a line");
    for part in [file!(), "panicked, and nobody asked", "left: 2", "right: 3"] {
        assert!(first.contains(part), "{part}: {message:?}");
    }
}

#[test]
fn a_panic_of_a_task_is_told_in_the_same_way() {
    start();
    wait_for(LONG, || async {
        drop(spawn(async { panic!("unhandled: a task") }));
    })
    .unwrap();
    barrier();
    let message = logs::assert_one_error("unhandled: a task");
    assert_eq!(message.target, "crochet");
}

#[test]
fn of_many_failures_on_many_threads_each_is_told_once_or_given_to_whoever_asks() {
    start();
    const THREADS: usize = 8;
    const ROUNDS: usize = 100;
    let name = |thread: usize, round: usize| format!("unhandled: <{thread}/{round}>");
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let failure = Failure(name(thread, round));
                    let result: EventualResult<(), Failure> =
                        try_run_in_reactor(move || async move { Err(failure) });
                    match round % 5 {
                        0 => drop(result),
                        1 => assert!(result.wait(LONG).is_err()),
                        2 => assert!(block_on(result).is_err()),
                        3 => {
                            let _id = result.stash();
                        }
                        _ => {
                            let stashed = result.stash();
                            let kept = crochet::retrieve_result::<(), Failure>(stashed).unwrap();
                            assert!(kept.wait(LONG).is_err());
                        }
                    }
                }
            });
        }
    });
    barrier();
    crochet::configure_stash(crochet::StashLimits::default().max_results(0));
    for thread in 0..THREADS {
        for round in 0..ROUNDS {
            let found = logs::containing(&name(thread, round));
            let expected = usize::from(matches!(round % 5, 0 | 3));
            assert_eq!(found.len(), expected, "{found:?}");
            assert!(found.iter().all(|message| message.level == Level::Error));
        }
    }
}
