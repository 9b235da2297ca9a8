//! Programs whose children use what is their parents'.

use std::future;
use std::io;
use std::net;
use std::os::unix::process::ExitStatusExt;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;

use crochet::net::TcpListener;
use crochet::process::{Command, SignalError, Stdio};
use crochet::{Budget, EventualError, JoinError, NotOwnReactor, Phase, Reactor, RunError};
use crochet_reactor::{BlockingError, Label, SubmitError};
use crochet_tests::child::say;
use crochet_tests::forked;
use crochet_tests::host::Host;
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, SHORT, barrier, logs};

use super::entry::poll_once;
use super::{assert_works, refused_at_once, setup};

pub(crate) fn refuses_inherited_results() {
    logs::capture();
    setup();
    let pending = |trace: &Trace| {
        let value = trace.value();
        crochet::run_in_reactor(move || async move {
            let _value = value;
            future::pending::<()>().await;
        })
    };
    let trace = Trace::new();
    let mut results: Vec<_> = (0..8).map(|_| pending(&trace)).collect();
    let ended = crochet::run_in_reactor(|| async { 9 });
    assert_eq!(ended.wait(LONG).expect("a value"), 9);
    let failed = crochet::try_run_in_reactor(|| async { Err::<(), _>("the parent's failure") });
    while !failed.is_ready() {
        thread::yield_now();
    }
    let mut ended = Some(ended);
    let mut failed = Some(failed);
    forked::fork(|| {
        let mut next = || results.pop().expect("there are enough");
        let waited = next();
        assert!(matches!(waited.wait(LONG), Err(EventualError::Forked)));
        waited.cancel();
        assert!(matches!(waited.wait(LONG), Err(EventualError::Forked)));
        assert!(matches!(next().take(LONG), Ok(Err(EventualError::Forked))));
        assert!(matches!(
            poll_once(next()),
            Poll::Ready(Err(EventualError::Forked))
        ));
        drop(next());
        // What had ended is there, in the child's copy as well.
        let ended = ended.take().expect("the child's copy");
        assert_eq!(ended.wait(LONG).expect("a value"), 9);
        assert_eq!(ended.take(LONG).expect("it has ended").expect("a value"), 9);
        // It is not the child's to report.
        drop(failed.take());
        logs::assert_none("the parent's failure");

        // The same is so when the child has a reactor of its own.
        crochet::setup().expect("a reactor of the child's");
        assert_works();
        for result in results.drain(..) {
            result.cancel();
            assert!(matches!(result.wait(LONG), Err(EventualError::Forked)));
        }
        assert_works();
        assert_eq!(trace.count(), 0, "the child drops nothing of the parent's");
    })
    .assert_ends_well();
    assert!(results.iter().all(|result| !result.is_ready()));
    barrier();
    assert_eq!(trace.count(), 0, "nothing was cancelled in the parent");
    drop(failed.take());
    logs::assert_one_error("the parent's failure");
    say("refused");
}

pub(crate) fn refuses_inherited_reactors() {
    let host = Host::new();
    let remote = host.remote().clone();
    let mut own = Reactor::new().expect("a reactor");
    let trace = Trace::new();
    let mut task = own.spawn({
        let value = trace.value();
        async move {
            let _value = value;
            future::pending::<()>().await;
        }
    });
    own.turn(Budget::default()).expect("a turn");
    let waiting = own.remote();
    let mut slot = Some(own);
    refused_at_once(|| {
        for remote in [&remote, &waiting] {
            let submitted = remote.submit(|| async {});
            assert!(matches!(submitted, Err(SubmitError::Forked(_))));
            let submitted = remote.submit_within(Label::here(), LONG, || async {});
            assert!(matches!(submitted, Err(SubmitError::Forked(_))));
            let called = remote.call(Label::here(), LONG, || async {});
            assert!(matches!(called, Err(BlockingError::Forked)));
            let called = remote.call_borrowed(Label::here(), LONG, || async {});
            assert!(matches!(called, Err(BlockingError::Forked)));
            let trigger = remote.add_trigger(Phase::Before, LONG, || async {
                unreachable!("it is not the child's reactor")
            });
            assert!(!remote.remove_trigger(trigger));
            remote.stop();
            remote.drain();
            assert!(!remote.is_stopped());
        }
        let mut own = slot.take().expect("the child's copy");
        assert!(matches!(own.turn(Budget::default()), Err(RunError::Forked)));
        assert!(matches!(own.run(), Err(RunError::Forked)));
        assert!(matches!(own.block_on(async {}), Err(RunError::Forked)));
        let forked = Poll::Ready(Err::<(), _>(JoinError::Forked));
        let spawned = own.spawn(async { unreachable!("it is not the child's reactor") });
        for polled in [poll_once(&mut task), poll_once(spawned)] {
            assert_eq!(format!("{polled:?}"), format!("{forked:?}"));
        }
        task.cancel();
        drop(own);
        assert_eq!(trace.count(), 0, "the child drops nothing of the parent's");

        let mut fresh = Reactor::new().expect("a reactor of the child's");
        assert_eq!(fresh.block_on(async { 3 }).expect("a value"), 3);
    });
    assert!(!task.is_finished());
    let mut own = slot.take().expect("the parent's");
    assert_eq!(own.block_on(async { 4 }).expect("a value"), 4);
    let called = remote.call(Label::here(), LONG, || async { 5 });
    assert_eq!(called.expect("the host goes on"), 5);
    say("refused");
}

/// A source stays in the parent's poller when a child drops its copy.
pub(crate) fn leaves_the_parents_sockets_alone() {
    let mut reactor = Reactor::new().expect("a reactor");
    let accepted = reactor.block_on(async {
        let local = net::SocketAddr::from((net::Ipv4Addr::LOCALHOST, 0));
        let mut listener = Some(TcpListener::bind(local).expect("a free port"));
        refused_at_once(|| {
            let listener = listener.take().expect("the child's copy");
            assert_not_its_own(poll_once(listener.accept()));
        });
        let listener = listener.expect("the parent's");
        let address = listener.local_addr().expect("it is bound");
        let (tell, told) = mpsc::channel();
        let client = thread::spawn(move || {
            told.recv().expect("the test tells");
            net::TcpStream::connect(address).expect("somebody listens")
        });
        // When the listener has nothing to accept, and waits to be told by the poller.
        crochet::call_later(SHORT, move || tell.send(()).expect("the client waits"));
        let accepted = listener.accept().await.map(drop);
        drop(client.join().expect("no panic"));
        accepted
    });
    accepted.expect("the loop goes on").expect("a connection");
    say("accepted");
}

#[track_caller]
fn assert_not_its_own<T>(polled: Poll<io::Result<T>>) {
    let Poll::Ready(Err(error)) = polled else {
        panic!("the child would wait for ever");
    };
    let cause = error.get_ref().expect("an error of the library's");
    assert!(cause.is::<NotOwnReactor>(), "{cause}");
}

/// A forked child has no say over its parent's children, and drops its copies of their handles.
pub(crate) fn leaves_the_parents_children_alone() {
    let mut reactor = Reactor::new().expect("a reactor");
    let ended = reactor.block_on(async {
        let mut command = Command::new("cat");
        command.own_group();
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = Some(child.spawn().expect("a child"));
        refused_at_once(|| {
            let mut child = child.take().expect("the child's copy");
            let signals = [
                child.signal(libc::SIGTERM),
                child.kill(),
                child.signal_group(libc::SIGTERM),
                child.kill_group(),
            ];
            for signal in signals {
                assert!(matches!(signal, Err(SignalError::Forked)), "{signal:?}");
            }
            assert!(child.try_exited().is_none());
            let input = child.take_stdin().expect("a pipe");
            assert_not_its_own(poll_once(input.write(b"!")));
            let output = child.take_stdout().expect("a pipe");
            assert_not_its_own(poll_once(output.read(&mut [0])));
        });
        let mut child = child.take().expect("the parent's");
        let input = child.take_stdin().expect("a pipe");
        let output = child.take_stdout().expect("a pipe");
        input.write_all(b"hello").await.expect("it reads");
        let mut echo = [0; 5];
        let read = output.read(&mut echo).await.expect("it writes");
        assert_eq!(&echo[..read], b"hello");
        child.signal(libc::SIGTERM).expect("it goes on until then");
        child.exited().await
    });
    let status = ended.expect("the loop goes on").expect("its status");
    assert_eq!(status.signal(), Some(libc::SIGTERM));
    say("left alone");
}
