//! Signals to children, and to their groups.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use crochet::process::{ExitError, SignalError};
use crochet::spawn;
use crochet_tests::{LONG, SHORT};

use crate::support::{held_shell, line, on_every_backend, rest, shell, started};

#[test]
fn a_signal_reaches_the_child() {
    on_every_backend(async || {
        // Not by a wait: a shell that the signal reaches just before one does not wake up.
        let script = "trap 'echo caught; exit 5' TERM; echo set; while :; do :; done";
        let mut child = shell(script).spawn().unwrap();
        let output = child.take_stdout().unwrap();
        assert_eq!(line(&output).await, "set");
        child.signal(libc::SIGTERM).unwrap();
        assert_eq!(line(&output).await, "caught");
        assert_eq!(child.exited().await.unwrap().code(), Some(5));
    });
}

#[test]
fn a_killed_child_ends_by_that_signal() {
    on_every_backend(async || {
        let (mut child, _output) = started("exec sleep 1000").await;
        child.kill().unwrap();
        let status = child.exited().await.unwrap();
        assert_eq!(status.signal(), Some(libc::SIGKILL));
    });
}

#[test]
fn a_signal_after_the_exit_is_an_error() {
    on_every_backend(async || {
        let mut child = shell("exit 0").spawn().unwrap();
        child.exited().await.unwrap();
        assert_eq!(child.signal(libc::SIGTERM), Err(SignalError::Exited));
        assert_eq!(child.kill(), Err(SignalError::Exited));
    });
}

#[test]
fn a_signal_to_a_zombie_is_an_error() {
    on_every_backend(async || {
        let mut child = shell("exit 1").spawn().unwrap();
        let path = format!("/proc/{}/stat", child.id());
        // The loop stands still meanwhile.
        while !std::fs::read_to_string(&path).unwrap().contains(") Z ") {
            std::thread::yield_now();
        }
        assert_eq!(child.kill(), Err(SignalError::Exited));
        assert_eq!(child.exited().await.unwrap().code(), Some(1));
    });
}

#[test]
fn a_number_that_is_no_signal_is_refused() {
    on_every_backend(async || {
        let (child, _output) = started("exec sleep 1000").await;
        let refused = Err(SignalError::System(io::ErrorKind::InvalidInput));
        assert_eq!(child.signal(1000), refused);
        assert_eq!(child.signal(-1), refused);
    });
}

#[test]
fn a_child_without_a_group_of_its_own_takes_no_others_with_it() {
    on_every_backend(async || {
        let (child, _output) = started("exec sleep 1000").await;
        assert_eq!(child.kill_group(), Err(SignalError::NoGroup));
        let refused = child.signal_group(libc::SIGTERM);
        assert_eq!(refused, Err(SignalError::NoGroup));
    });
}

/// Two programs in one group, both of which have started.
const PAIR: &str = "{ echo up; read line <&3; } & read line <&3; wait";

#[test]
fn a_group_is_killed_as_a_whole() {
    on_every_backend(async || {
        let (mut command, _hold) = held_shell(PAIR);
        let mut child = command.own_group().spawn().unwrap();
        let output = child.take_stdout().unwrap();
        assert_eq!(line(&output).await, "up");
        child.kill_group().unwrap();
        assert_eq!(child.exited().await.unwrap().signal(), Some(libc::SIGKILL));
        // The other one has gone as well.
        assert!(rest(&output).await.is_empty());
    });
}

#[test]
fn a_signal_reaches_a_whole_group() {
    on_every_backend(async || {
        // Not by a wait: a shell that the signal reaches just before one does not wake up.
        let script = "trap 'echo outer; exit 5' TERM; \
            { trap 'echo inner; exit 6' TERM; echo up; while :; do :; done; } & \
            while :; do :; done";
        let mut child = shell(script).own_group().spawn().unwrap();
        let output = child.take_stdout().unwrap();
        assert_eq!(line(&output).await, "up");
        child.signal_group(libc::SIGTERM).unwrap();
        assert_eq!(child.exited().await.unwrap().code(), Some(5));
        let answers = String::from_utf8(rest(&output).await).unwrap();
        let answers: BTreeSet<_> = answers.lines().collect();
        assert_eq!(answers, BTreeSet::from(["inner", "outer"]));
    });
}

#[test]
fn dropping_a_child_kills_its_own_group() {
    on_every_backend(async || {
        let (mut command, _hold) = held_shell(PAIR);
        let mut child = command.own_group().spawn().unwrap();
        let output = child.take_stdout().unwrap();
        assert_eq!(line(&output).await, "up");
        drop(child);
        assert!(rest(&output).await.is_empty());
    });
}

#[test]
fn what_is_left_of_a_group_whose_leader_has_ended_is_killed_where_the_system_can() {
    on_every_backend(async || {
        let (mut command, hold) = held_shell("{ echo up; read line <&3; } & exit 0");
        let mut child = command.own_group().spawn().unwrap();
        drop(command);
        let output = child.take_stdout().unwrap();
        assert_eq!(line(&output).await, "up");
        child.exited().await.unwrap();
        match child.kill_group() {
            Ok(()) => assert!(rest(&output).await.is_empty()),
            // Before Linux 6.9.
            Err(error) => assert_eq!(error, SignalError::Exited),
        }
        drop(hold);
        assert!(rest(&output).await.is_empty());
    });
}

#[test]
fn a_child_that_takes_too_long_is_killed() {
    on_every_backend(async || {
        let (mut child, _output) = started("exec sleep 1000").await;
        let end = child.exited_within(SHORT).await;
        assert_eq!(end, Err(ExitError::TimedOut));
        // It has been reaped by now.
        let status = child.try_exited().unwrap().unwrap();
        assert_eq!(status.signal(), Some(libc::SIGKILL));
    });
}

#[test]
fn a_child_that_ends_in_time_is_not_killed() {
    on_every_backend(async || {
        let mut child = shell("exit 3").spawn().unwrap();
        let status = child.exited_within(LONG).await.unwrap();
        assert_eq!(status.code(), Some(3));
        // Nor is one that has ended when there is no time at all.
        let status = child.exited_within(Duration::ZERO).await.unwrap();
        assert_eq!(status.code(), Some(3));
    });
}

#[test]
fn a_signal_may_be_sent_while_another_task_has_the_output() {
    on_every_backend(async || {
        let (child, output) = started("exec cat /dev/zero").await;
        let reading = spawn(async move { rest(&output).await.len() });
        child.kill().unwrap();
        reading.await.unwrap();
    });
}
