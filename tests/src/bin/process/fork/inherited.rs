//! Programs whose children use what is their parents'.

use std::future::{self, Future};
use std::net;
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;

use crochet::net::TcpListener;
use crochet::{Budget, EventualError, EventualResult, Phase, Reactor, RunError};
use crochet_reactor::{BlockingError, Label, SubmitError};
use crochet_tests::child::say;
use crochet_tests::forked;
use crochet_tests::host::Host;
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, SHORT, barrier, logs};

use super::{assert_works, setup};

/// Polls a result once.
fn poll_once<T, E>(result: EventualResult<T, E>) -> Poll<Result<T, EventualError<E>>> {
    let mut result = pin!(result);
    result
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
}

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
    let task = own.spawn({
        let value = trace.value();
        async move {
            let _value = value;
            future::pending::<()>().await;
        }
    });
    own.turn(Budget::default()).expect("a turn");
    let waiting = own.remote();
    let mut slot = Some(own);
    forked::fork(|| {
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
        drop(own);
        assert_eq!(trace.count(), 0, "the child drops nothing of the parent's");

        let mut fresh = Reactor::new().expect("a reactor of the child's");
        assert_eq!(fresh.block_on(async { 3 }).expect("a value"), 3);
    })
    .assert_ends_well();
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
        forked::fork(|| drop(listener.take())).assert_ends_well();
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
