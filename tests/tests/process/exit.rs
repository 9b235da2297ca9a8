//! How children end, and who hears of it.

use std::os::unix::process::ExitStatusExt;
use std::process;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crochet::process::{Command, Stdio};
use crochet::{Budget, spawn};
use crochet_tests::backends::for_every_backend;
use crochet_tests::host::Host;
use crochet_tests::{LONG, children, threads};

use crate::support::{held_shell, is_ready, line, on_every_backend, rest, shell, started};

#[test]
fn an_exit_code_and_a_signal_are_told_apart() {
    on_every_backend(async || {
        let status = shell("exit 0").spawn().unwrap().exited().await.unwrap();
        assert!(status.success());
        let status = shell("exit 7").spawn().unwrap().exited().await.unwrap();
        assert_eq!((status.code(), status.signal()), (Some(7), None));
        let status = shell("kill -TERM $$").spawn().unwrap().exited().await;
        let status = status.unwrap();
        assert_eq!((status.code(), status.signal()), (None, Some(15)));
    });
}

/// What the original looks for ten times a second.
#[test]
fn a_child_that_closed_its_standard_files_is_noticed_when_it_exits() {
    on_every_backend(async || {
        let (mut command, hold) = held_shell("exec 0<&- 1>&- 2>&-; read line <&3; exit 7");
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        drop(command);
        let (out, err) = (child.take_stdout().unwrap(), child.take_stderr().unwrap());
        assert!(rest(&out).await.is_empty());
        assert!(rest(&err).await.is_empty());
        // It has closed them, and runs.
        assert_eq!(child.try_exited(), None);
        assert!(!is_ready(child.exited()).await);
        drop(hold);
        assert_eq!(child.exited().await.unwrap().code(), Some(7));
        assert_eq!(child.ended().await.unwrap().code(), Some(7));
    });
}

#[test]
fn exited_comes_while_another_program_holds_the_output_and_ended_when_it_lets_go() {
    on_every_backend(async || {
        let (mut command, hold) = held_shell("{ read line <&3; echo late; } & exit 3");
        let mut child = command.spawn().unwrap();
        drop(command);
        assert_eq!(child.exited().await.unwrap().code(), Some(3));
        assert!(!is_ready(child.ended()).await);
        let out = child.take_stdout().unwrap();
        hold.write_all(b"\n").await.unwrap();
        assert_eq!(line(&out).await, "late");
        // Now the end, which this side has not read.
        let ended = spawn(async move { child.ended().await });
        assert!(rest(&out).await.is_empty());
        assert_eq!(ended.await.unwrap().unwrap().code(), Some(3));
    });
}

#[test]
fn output_that_is_dropped_has_ended() {
    on_every_backend(async || {
        let (mut command, hold) = held_shell("{ read line <&3; } & exit 3");
        let mut child = command.spawn().unwrap();
        let (out, err) = (child.take_stdout().unwrap(), child.take_stderr().unwrap());
        child.exited().await.unwrap();
        assert!(!is_ready(child.ended()).await);
        let ended = spawn(async move { child.ended().await });
        drop((out, err));
        assert_eq!(ended.await.unwrap().unwrap().code(), Some(3));
        drop(hold);
    });
}

#[test]
fn ended_reads_what_nobody_took() {
    on_every_backend(async || {
        // Each pipe takes much less than this.
        let mut child = shell("head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2; exit 4");
        let mut child = child.spawn().unwrap();
        assert_eq!(child.ended().await.unwrap().code(), Some(4));
    });
}

#[test]
fn waiting_closes_the_input_that_nobody_took() {
    on_every_backend(async || {
        for wait in 0..2 {
            let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
            let status = match wait {
                0 => child.exited().await,
                _ => child.ended().await,
            };
            assert!(status.unwrap().success());
        }
    });
}

#[test]
fn a_child_is_reaped_though_nobody_waits_for_it() {
    on_every_backend(async || {
        let (mut child, output) = started("exit 5").await;
        rest(&output).await;
        // Whether it is reaped by now is up to the system; it is before the loop has slept twice.
        while children::is_there(child.id()) {
            crochet::sleep(Duration::ZERO).await;
        }
        assert_eq!(child.exited().await.unwrap().code(), Some(5));
        assert_eq!(child.exited().await.unwrap().code(), Some(5));
        assert_eq!(child.try_exited().unwrap().unwrap().code(), Some(5));
    });
}

#[test]
fn a_child_that_ended_before_anybody_looked_is_noticed() {
    on_every_backend(async || {
        let mut child = shell("exit 6").spawn().unwrap();
        // The loop stands still until the child is a zombie.
        let path = format!("/proc/{}/stat", child.id());
        while !std::fs::read_to_string(&path).unwrap().contains(") Z ") {
            std::thread::yield_now();
        }
        assert_eq!(child.exited().await.unwrap().code(), Some(6));
    });
}

#[test]
fn children_of_others_are_left_to_them() {
    on_every_backend(async || {
        let mut others = process::Command::new("true").spawn().unwrap();
        let ours = shell("exit 2").spawn().unwrap().exited().await.unwrap();
        assert_eq!(ours.code(), Some(2));
        assert!(others.wait().unwrap().success());
    });
}

#[test]
fn many_children_at_once_are_told_apart() {
    on_every_backend(async || {
        let children: Vec<_> = (0..50)
            .map(|code| {
                let mut child = shell(&format!("exit {code}")).spawn().unwrap();
                spawn(async move { child.ended().await.unwrap().code() })
            })
            .collect();
        for (code, child) in (0..).zip(children) {
            assert_eq!(child.await.unwrap(), Some(code));
        }
    });
}

/// The end of a child is what wakes the loop.
#[test]
fn nothing_looks_for_ends_from_time_to_time() {
    for_every_backend(|settings| {
        let mut reactor = settings.build().unwrap();
        let (started, is_started) = mpsc::channel();
        let child = reactor.spawn(async move {
            let (mut command, hold) = held_shell("read line <&3; exit 8");
            let mut child = command.spawn().unwrap();
            drop(command);
            started.send(hold).unwrap();
            child.exited().await.unwrap().code()
        });
        reactor.turn(Budget::default()).unwrap();
        // Its task has begun to wait, and so has its keeper.
        reactor.turn(Budget::default()).unwrap();
        assert!(format!("{reactor:?}").contains("timers: 0"));
        assert_eq!(own_threads(), 0);
        let before = reactor.remote().stats();
        drop(is_started.recv().unwrap());
        assert_eq!(reactor.block_on(child).unwrap().unwrap(), Some(8));
        let sleeps = reactor.remote().stats().sleeps - before.sleeps;
        // The child may need a while to end; the loop does not look meanwhile.
        assert!(sleeps <= 3, "{sleeps} sleeps");
    });
}

fn own_threads() -> usize {
    let names = threads::names();
    let ours = names.iter().filter(|name| name.starts_with("crochet-"));
    ours.count()
}

#[test]
fn a_blocking_function_waits_for_a_child() {
    on_every_backend(async || {
        let blocking = thread::spawn(|| {
            let host = Host::new();
            let end = host.remote().submit(|| async {
                let mut child = shell("exit 9").spawn().unwrap();
                child.exited().await.unwrap().code()
            });
            let end = end.unwrap();
            end.wait(LONG).unwrap();
            end.take().unwrap().unwrap()
        });
        assert_eq!(blocking.join().unwrap(), Some(9));
    });
}
