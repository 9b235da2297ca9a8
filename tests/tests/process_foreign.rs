//! Programs that do with children what they like, and systems that lack something.
#![cfg(target_os = "linux")]

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};

use crochet::Backend;
use crochet_tests::child::{self, Ran};
use crochet_tests::children;
use crochet_tests::peer;
use crochet_tests::program;

const CHILDREN: &str = env!("CARGO_BIN_EXE_children");
const TAKEN: &str = "other code of this program took the child's exit status";
const ENDED: &str = "the child has ended already";

#[track_caller]
fn assert_prints(program: &str, lines: &[&str]) {
    for backend in Backend::ALL {
        let mut command = Command::new(CHILDREN);
        run(command.arg(program), *backend).assert_printed(lines);
    }
}

fn run(command: &mut Command, backend: Backend) -> Ran {
    child::run(command.arg(format!("{backend:?}")))
}

#[test]
fn a_program_that_ignores_the_end_of_children_loses_their_status_only() {
    assert_prints("ignored", &[TAKEN, TAKEN, ENDED]);
}

#[test]
fn a_program_that_waits_for_all_children_takes_their_status_and_no_signal_goes_astray() {
    assert_prints("reaped", &[ENDED, TAKEN]);
}

#[test]
fn a_forked_copy_of_the_program_leaves_its_parents_children_alone() {
    let refused = "the child belongs to the process that forked this one";
    assert_prints("fork", &[refused, "signal: 9 (SIGKILL)"]);
}

#[test]
fn a_program_that_ends_kills_its_children_but_those_that_it_let_go_of() {
    for backend in Backend::ALL {
        let ran = run(Command::new(CHILDREN).arg("exit"), *backend);
        assert_eq!((ran.status, &*ran.err), (Some(0), ""), "{ran:?}");
        let ids = ran.out[0].split(' ').map(|id| id.parse().unwrap());
        let ids: Vec<u32> = ids.collect();
        assert!(!children::is_there(ids[0]));
        assert!(children::is_there(ids[1]));
        program::send(ids[1].try_into().unwrap(), libc::SIGKILL);
    }
}

#[test]
fn a_child_that_cannot_be_watched_or_read_is_killed_and_reaped() {
    for backend in Backend::ALL {
        let ran = run(Command::new(CHILDREN).arg("out-of-files"), *backend);
        assert_eq!(ran.status, Some(0), "{ran:?}");
        let (failures, rest) = ran.out.split_first().unwrap();
        let failures: u32 = failures.strip_suffix(" failures").unwrap().parse().unwrap();
        // Two pipes, of which the other ends are the child's, and what it is watched by.
        assert!(failures >= 3, "{ran:?}");
        assert_eq!(rest, ["no children"]);
    }
}

const LIFE: &[&str] = &[
    "exit status: 3",
    "signal: 15 (SIGTERM)",
    "9",
    ENDED,
    "5",
    "9",
    "nothing left",
];

/// How many children that program has.
const LIVES: usize = 8;

#[test]
fn without_pidfds_children_are_as_with_them() {
    let lines = |watched| [&[watched], LIFE].concat();
    assert_prints("life", &lines("watched by a file"));
    let Some(strace) = Strace::find() else { return };
    // As old systems, new systems behind a filter, and Linux 5.3 answer.
    for fault in [
        "pidfd_open:error=ENOSYS",
        "pidfd_open:error=EPERM",
        "waitid:error=EINVAL",
    ] {
        for backend in Backend::ALL {
            let (ran, faults) = strace.run("life", *backend, fault);
            ran.assert_printed(&lines("watched by a thread"));
            // Each time that a child was to be watched, and never again.
            assert_eq!(faults, LIVES, "{fault}");
        }
    }
}

#[test]
fn a_child_that_cannot_be_killed_when_the_time_is_up_is_an_error() {
    let Some(strace) = Strace::find() else { return };
    for backend in Backend::ALL {
        let fault = "pidfd_send_signal:error=EPERM:when=1";
        let (ran, faults) = strace.run("unkillable", *backend, fault);
        let refused = "the child did not end in time and was not killed: the signal could not be sent: permission denied";
        ran.assert_printed(&[refused, "true", "no children"]);
        assert_eq!(faults, 1);
    }
}

#[test]
fn a_child_that_no_thread_waits_for_is_reaped_when_another_is_started() {
    let Some(strace) = Strace::find() else { return };
    for backend in Backend::ALL {
        // The first one starts the child.
        let fault = "clone,clone3:error=EAGAIN:when=2";
        let (ran, faults) = strace.run("thread", *backend, fault);
        ran.assert_printed(&["no children"]);
        assert_eq!(faults, 1);
    }
}

/// The tracer.
struct Strace {
    program: PathBuf,
}

impl Strace {
    fn find() -> Option<Self> {
        let program = peer::find("strace")?;
        Some(Self { program })
    }

    /// Runs a program in whose main thread, the loop's, these calls fail; other threads wait for children in other
    /// ways. Returns how often they did, too.
    fn run(&self, case: &str, backend: Backend, fault: &str) -> (Ran, usize) {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let log = format!("crochet-process-foreign-{}-{number}", process::id());
        let log = env::temp_dir().join(log);
        let (calls, _) = fault.split_once(':').expect("calls, and how they fail");
        let mut command = Command::new(&self.program);
        command.arg("-qq").arg("-o").arg(&log);
        command.args(["-e", &format!("trace={calls}")]);
        command.args(["-e", &format!("inject={fault}")]);
        let ran = run(command.args([CHILDREN, case]), backend);
        let calls = fs::read_to_string(&log).expect("strace writes its log");
        fs::remove_file(&log).expect("the log is ours");
        (ran, calls.matches("(INJECTED)").count())
    }
}
