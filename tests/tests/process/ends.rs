//! What becomes of children whose handle, task or reactor ends before them: they are killed or let go of, and reaped.

use std::cell::RefCell;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use crochet::process::Child;
use crochet::{Budget, Phase, sleep, spawn, timeout};
use crochet_tests::backends::for_every_backend;
use crochet_tests::host::Host;
use crochet_tests::{LONG, SHORT, children};

use crate::support::{held_shell, is_ready, line, on_every_backend, rest, shell};

/// A child that does not end by itself.
fn endless() -> Child {
    shell("exec sleep 1000").spawn().unwrap()
}

/// Lets the loop turn until this process has no children.
async fn none_left() {
    while !children::ids().is_empty() {
        sleep(Duration::ZERO).await;
    }
}

#[test]
fn a_child_that_is_dropped_is_killed_and_reaped() {
    on_every_backend(async || {
        drop(endless());
        none_left().await;
        // Also when it has just been started, or waits to be waited for, or has ended.
        let mut child = endless();
        assert!(!is_ready(child.exited()).await);
        drop(child);
        none_left().await;
        let mut child = shell("exit 0").spawn().unwrap();
        child.exited().await.unwrap();
        drop(child);
        none_left().await;
    });
}

#[test]
fn a_wait_that_is_given_up_leaves_the_child_as_it_is() {
    on_every_backend(async || {
        let (mut command, hold) = held_shell("read line <&3; exit 4");
        let mut child = command.spawn().unwrap();
        drop(command);
        assert!(timeout(SHORT, child.exited()).await.is_err());
        assert!(timeout(SHORT, child.ended()).await.is_err());
        assert_eq!(child.try_exited(), None);
        drop(hold);
        assert_eq!(child.exited().await.unwrap().code(), Some(4));
    });
}

#[test]
fn a_task_that_is_cancelled_takes_its_child_with_it() {
    on_every_backend(async || {
        let task = spawn(async {
            let mut child = endless();
            child.exited().await
        });
        sleep(Duration::ZERO).await;
        assert_eq!(children::ids().len(), 1);
        task.cancel();
        assert!(task.await.is_err());
        none_left().await;
    });
}

#[test]
fn a_task_that_panics_takes_its_child_with_it() {
    on_every_backend(async || {
        let task = spawn(async {
            let _child = endless();
            panic!("with a child");
        });
        assert!(task.await.is_err());
        none_left().await;
    });
}

#[test]
fn a_reactor_that_stops_has_killed_and_reaped_its_children() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        for _ in 0..30 {
            let child = host.remote().submit(|| async {
                let child = endless();
                drop(spawn(async move {
                    let _child = child;
                    std::future::pending::<()>().await;
                }));
            });
            child.unwrap().wait(LONG).unwrap();
        }
        assert_eq!(children::ids().len(), 30);
        drop(host);
        assert_eq!(children::ids(), []);
    });
}

#[test]
fn a_reactor_that_is_dropped_has_killed_and_reaped_its_children() {
    for_every_backend(|settings| {
        let mut reactor = settings.build().unwrap();
        drop(reactor.spawn(async {
            let _child = endless();
            std::future::pending::<()>().await;
        }));
        reactor.turn(Budget::default()).unwrap();
        assert_eq!(children::ids().len(), 1);
        drop(reactor);
        assert_eq!(children::ids(), []);
    });
}

#[test]
fn a_child_that_outlives_its_reactor_as_a_value_has_been_killed_and_knows() {
    for_every_backend(|settings| {
        let mut reactor = settings.build().unwrap();
        let child = reactor.block_on(async { endless() }).unwrap();
        assert_eq!(children::ids(), []);
        let status = child.try_exited().unwrap().unwrap();
        assert_eq!(status.signal(), Some(libc::SIGKILL));
        drop(reactor);
        drop(child);
    });
}

#[test]
fn children_of_the_next_run_are_as_those_of_the_first() {
    for_every_backend(|settings| {
        let mut reactor = settings.build().unwrap();
        for code in 1..4 {
            let script = format!("exit {code}");
            let ended = reactor.block_on(async move {
                let mut child = shell(&script).spawn().unwrap();
                child.exited().await.unwrap().code()
            });
            assert_eq!(ended.unwrap(), Some(code));
        }
    });
}

/// Starts a child when it is dropped, and keeps it.
struct StartsOne(Rc<RefCell<Option<Child>>>);

impl Drop for StartsOne {
    fn drop(&mut self) {
        self.0.replace(Some(endless()));
    }
}

#[test]
fn a_child_started_while_its_reactor_stops_is_killed_and_reaped() {
    for_every_backend(|settings| {
        let mut reactor = settings.build().unwrap();
        let place = Rc::new(RefCell::new(None));
        let starts_one = StartsOne(Rc::clone(&place));
        drop(reactor.spawn(async move {
            let _starts_one = starts_one;
            std::future::pending::<()>().await;
        }));
        reactor.block_on(sleep_once()).unwrap();
        assert_eq!(children::ids(), []);
        let child = place.take().unwrap();
        let status = child.try_exited().unwrap().unwrap();
        assert_eq!(status.signal(), Some(libc::SIGKILL));
    });
}

async fn sleep_once() {
    sleep(Duration::ZERO).await;
}

#[test]
fn a_trigger_may_end_a_child_in_its_own_way() {
    for_every_backend(|settings| {
        let mut reactor = settings.build().unwrap();
        let (tell, told) = mpsc::channel();
        reactor
            .remote()
            .add_trigger(Phase::During, LONG, || async move {
                // Not by a wait: a shell that the signal reaches just before one does not wake up.
                let script = "trap 'exit 6' TERM; echo set; while :; do :; done";
                let mut child = shell(script).spawn().unwrap();
                let output = child.take_stdout().unwrap();
                assert_eq!(line(&output).await, "set");
                child.signal(libc::SIGTERM).unwrap();
                tell.send(child.exited().await.unwrap().code()).unwrap();
            });
        reactor.block_on(async {}).unwrap();
        assert_eq!(told.recv().unwrap(), Some(6));
        assert_eq!(children::ids(), []);
    });
}

#[test]
fn a_detached_child_goes_on_and_is_reaped_when_it_ends() {
    on_every_backend(async || {
        let (mut command, hold) = held_shell("read line <&3; echo on; read line <&3");
        let mut child = command.spawn().unwrap();
        drop(command);
        let output = child.take_stdout().unwrap();
        child.detach();
        hold.write_all(b"\n").await.unwrap();
        assert_eq!(line(&output).await, "on");
        drop(hold);
        none_left().await;
    });
}

#[test]
fn a_detached_child_outlives_the_reactor_and_is_reaped_when_it_ends() {
    for_every_backend(|settings| {
        let (reader, writer) = UnixStream::pair().unwrap();
        let mut reactor = settings.build().unwrap();
        reactor
            .block_on(async move {
                let mut command = shell("read line <&3; exit 0");
                command.fd(3, reader).unwrap();
                command.spawn().unwrap().detach();
            })
            .unwrap();
        drop(reactor);
        assert_eq!(children::ids().len(), 1);
        drop(writer);
        children::assert_none_soon();
    });
}

#[test]
fn output_outlives_the_child_and_its_handle() {
    on_every_backend(async || {
        let mut child = shell("echo left behind").spawn().unwrap();
        let output = child.take_stdout().unwrap();
        child.exited().await.unwrap();
        drop(child);
        assert_eq!(rest(&output).await, b"left behind\n");
    });
}
