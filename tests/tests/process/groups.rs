//! Children that leave the group that they were given.

use std::os::unix::process::CommandExt;
use std::time::Duration;

use crochet::process::{Child, Command, ExitError, Stdio};
use crochet::sleep;
use crochet_tests::{SHORT, children};

use crate::support::{line, on_every_backend, on_every_backend_leaving};

/// A child that was given a group of its own, has gone back to that of its parent, and does not end.
async fn deserter() -> Child {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "echo ready; exec sleep 1000"]);
    // SAFETY: it takes an integer, and touches no memory.
    let parents = unsafe { libc::getpgid(0) };
    let leave = move || {
        // SAFETY: it takes two integers, and touches no memory.
        match unsafe { libc::setpgid(0, parents) } {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    // SAFETY: the function only makes a system call that may be made between fork and exec.
    unsafe { command.pre_exec(leave) };
    let mut child = Command::from(command);
    child.own_group().stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    let output = child.take_stdout().unwrap();
    assert_eq!(line(&output).await, "ready");
    child
}

#[test]
fn a_child_that_has_left_its_group_is_killed_when_it_is_dropped() {
    on_every_backend(async || {
        drop(deserter().await);
        while !children::ids().is_empty() {
            sleep(Duration::ZERO).await;
        }
    });
}

#[test]
fn a_child_that_has_left_its_group_is_killed_when_the_time_is_up() {
    on_every_backend(async || {
        let mut child = deserter().await;
        assert_eq!(child.exited_within(SHORT).await, Err(ExitError::TimedOut));
    });
}

#[test]
fn a_reactor_that_ends_has_killed_a_child_that_has_left_its_group() {
    on_every_backend_leaving(async || {
        let child = deserter().await;
        drop(crochet::spawn(async move {
            let _child = child;
            std::future::pending::<()>().await;
        }));
        sleep(Duration::ZERO).await;
    });
}
