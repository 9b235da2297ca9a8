//! Programs that do with children what they like, and systems that lack something.
#![cfg(target_os = "linux")]

use std::process::Command;

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
    let ran = run(Command::new(CHILDREN).arg("exit"), Backend::default());
    assert_eq!((ran.status, &*ran.err), (Some(0), ""), "{ran:?}");
    let ids: Vec<u32> = ran.out[0]
        .split(' ')
        .map(|id| id.parse().unwrap())
        .collect();
    assert!(!children::is_there(ids[0]));
    assert!(children::is_there(ids[1]));
    program::send(ids[1].try_into().unwrap(), libc::SIGKILL);
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

#[test]
fn without_pidfds_children_are_as_with_them() {
    assert_prints("life", LIFE);
    let Some(strace) = peer::find("strace") else {
        return;
    };
    // As old systems, new systems behind a filter, and Linux 5.3 answer.
    for fault in [
        "pidfd_open:error=ENOSYS",
        "pidfd_open:error=EPERM",
        "waitid:error=EINVAL",
    ] {
        for backend in Backend::ALL {
            let mut command = Command::new(&strace);
            // Of the loop's thread alone: others wait for children in other ways.
            command.args(["-qq", "-o", "/dev/null"]);
            command.args(["-e", "trace=pidfd_open,waitid"]);
            command.arg("-e").arg(format!("inject={fault}"));
            run(command.args([CHILDREN, "life"]), *backend).assert_printed(LIFE);
        }
    }
}

#[test]
fn a_child_that_cannot_be_killed_when_the_time_is_up_is_an_error() {
    let Some(strace) = peer::find("strace") else {
        return;
    };
    for backend in Backend::ALL {
        let mut command = Command::new(&strace);
        command.args(["-qq", "-o", "/dev/null"]);
        command.args(["-e", "inject=pidfd_send_signal:error=EPERM:when=1"]);
        let ran = run(command.args([CHILDREN, "unkillable"]), *backend);
        let refused = "the child did not end in time and was not killed: the signal could not be sent: permission denied";
        ran.assert_printed(&[refused, "true", "no children"]);
    }
}

#[test]
fn a_child_that_no_thread_waits_for_is_reaped_when_another_is_started() {
    let Some(strace) = peer::find("strace") else {
        return;
    };
    for backend in Backend::ALL {
        let mut command = Command::new(&strace);
        command.args(["-qq", "-o", "/dev/null"]);
        // The first one starts the child.
        command.args(["-e", "inject=clone,clone3:error=EAGAIN:when=2"]);
        let ran = run(command.args([CHILDREN, "thread"]), *backend);
        ran.assert_printed(&["no children"]);
    }
}
