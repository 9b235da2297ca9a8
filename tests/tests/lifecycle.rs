//! Reactors one after the other and at the same time, and draining.
#![cfg(unix)]

use std::future;
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use crochet::{JoinError, Remote, RunError};
use crochet_reactor::{BlockingError, Label, Operation};
use crochet_tests::backends::for_every_backend;
use crochet_tests::hold::Held;
use crochet_tests::host::Host;
use crochet_tests::operations::submit;
use crochet_tests::program::{End, Program};
use crochet_tests::tidy::Tidy;
use crochet_tests::{LONG, SHORT};

fn start(name: &str) -> Program {
    Program::start(Command::new(env!("CARGO_BIN_EXE_process")).arg(name))
}

#[cfg(target_os = "linux")]
#[test]
fn a_hundred_restarts_leave_no_thread_and_no_file_behind() {
    let mut program = start("restart");
    program.assert_prints(&["100 restarts"]);
    assert_eq!(program.end(), End::Exit(0));
}

#[cfg(target_os = "linux")]
#[test]
fn many_reactors_work_at_the_same_time_and_leave_nothing_behind() {
    let mut program = start("many-reactors");
    program.assert_prints(&["all gone"]);
    assert_eq!(program.end(), End::Exit(0));
}

/// Submits an operation that ends when something is sent, and returns when it has begun.
fn submit_until_told(remote: &Remote) -> (Operation<u8>, crochet::Remote, mpsc::Sender<u8>) {
    let (tell, told) = mpsc::channel();
    let (begin, begun) = mpsc::channel();
    let operation = remote.submit(move || {
        begin.send(()).expect("the test waits");
        future::poll_fn(move |cx| match told.try_recv() {
            Ok(value) => std::task::Poll::Ready(value),
            Err(_) => {
                cx.waker().wake_by_ref();
                std::task::Poll::Pending
            }
        })
    });
    begun.recv().expect("the operation begins");
    (operation.expect("there is room"), remote.clone(), tell)
}

#[test]
fn a_drain_lets_operations_end_and_refuses_new_ones() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let (operation, remote, tell) = submit_until_told(host.remote());
        remote.drain();
        remote.drain();
        let refused = remote.call(Label::here(), LONG, || async {});
        assert!(matches!(
            refused,
            Err(BlockingError::Stopped | BlockingError::Ended(JoinError::Stopped))
        ));
        let refused = remote.call_borrowed(Label::here(), LONG, || async {});
        assert!(
            matches!(refused, Err(BlockingError::Stopped)),
            "{refused:?}"
        );
        let refused = submit(&remote, || unreachable!("it is refused"));
        assert!(matches!(refused.peek(), Some(Err(JoinError::Stopped))));
        assert!(!operation.is_ended() && !remote.is_stopped());

        tell.send(5).expect("the operation goes on");
        operation.wait(LONG).expect("it ends");
        assert!(matches!(operation.take(), Ok(Ok(5))));
    });
}

#[test]
fn a_drain_lets_operations_begin_that_were_queued_before() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let held = Held::hold_this(host.remote());
        let queued: Vec<_> = (0..100).map(|x| submit(host.remote(), move || x)).collect();
        host.remote().drain();
        drop(held);
        for (x, operation) in queued.into_iter().enumerate() {
            operation.wait(LONG).expect("it ends");
            assert!(matches!(operation.take(), Ok(Ok(y)) if y == x));
        }
    });
}

#[test]
fn a_stop_ends_a_drain_that_takes_too_long() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let (operation, remote, _tell) = submit_until_told(host.remote());
        remote.drain();
        let waited = operation.wait(SHORT);
        assert!(matches!(waited, Err(BlockingError::TimedOut)), "{waited:?}");
        remote.stop();
        // Told that the reactor stops, or that it has stopped the operation.
        match operation.wait(LONG) {
            Ok(()) => assert!(matches!(operation.peek(), Some(Err(JoinError::Stopped)))),
            Err(error) => assert!(matches!(error, BlockingError::Stopped), "{error:?}"),
        }
    });
}

#[test]
fn a_drain_does_not_wait_for_tasks_that_were_spawned() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let task = reactor.spawn(future::pending::<()>());
        reactor.remote().drain();
        reactor.run().expect("it ends by itself");
        assert!(task.is_finished());
    });
}

#[test]
fn an_idle_reactor_that_is_drained_ends_at_once() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let remote = reactor.remote();
        let runs = remote.clone();
        let stopper = thread::spawn(move || runs.drain());
        reactor.run().expect("it ends by itself");
        stopper.join().expect("no panic");
        assert!(remote.is_stopped());
        assert!(matches!(
            reactor.turn(crochet::Budget::default()),
            Err(RunError::Stopped)
        ));
        assert_eq!(reactor.block_on(async { 1 }).expect("it runs again"), 1);
    });
}

#[test]
fn a_blocking_call_on_a_reactors_thread_is_refused_before_anything_is_submitted() {
    for_every_backend(|settings| {
        let (one, two) = (Host::with(settings.clone()), Host::with(settings));
        let other = two.remote().clone();
        let refused = one.remote().call(Label::here(), LONG, move || async move {
            let own = other.call(Label::here(), LONG, || async { unreachable!("refused") });
            let borrowed =
                other.call_borrowed(Label::here(), LONG, || async { unreachable!("refused") });
            let global = crochet::wait_for(LONG, || async { unreachable!("refused") });
            assert!(matches!(own, Err::<(), _>(BlockingError::OnReactorThread)));
            assert!(matches!(
                borrowed,
                Err::<(), _>(BlockingError::OnReactorThread)
            ));
            assert!(matches!(
                global,
                Err::<(), _>(crochet::WaitError::OnReactorThread)
            ));
        });
        refused.expect("no deadlock");
    });
}
