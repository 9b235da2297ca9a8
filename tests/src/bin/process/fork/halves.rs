//! Programs whose children use their copy of one half of something, the other half of which is their parents'.

use std::fmt;
use std::future;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;

use crochet::channel::{Receiver, RecvError, SendError, Sender};
use crochet::testing::{VirtualReactor, with_reactor};
use crochet::{EventualError, EventualResult, JoinError, ResultSetter};
use crochet_reactor::{BlockingError, Label, SubmitError};
use crochet_tests::child::say;
use crochet_tests::host::Host;
use crochet_tests::{LONG, barrier};

use super::entry::{message_of, poll_once};
use super::{assert_forked, refused_at_once, setup};

pub(crate) fn refuses_inherited_channels() {
    let host = Host::new();
    let (sender, receiver) = host.remote().channel::<u8>(1);
    sender.try_send(1).expect("there is room");
    let waiting = {
        // It waits in the parent while the child is forked.
        let sender = sender.clone();
        thread::spawn(move || sender.send_within(2, LONG))
    };
    let mut sending = sender.send(3);
    let mut receiving = receiver.recv();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut sending).poll(&mut cx).is_pending());
    let (others, other) = host.remote().channel::<u8>(0);
    let mut nothing = other.recv();
    assert!(Pin::new(&mut nothing).poll(&mut cx).is_pending());
    refused_at_once(|| {
        refuses_to_send(&sender);
        refuses_to_receive(&receiver);
        refuses_to_receive(&other);
        refuses_to_send(&others);
        let (sender, receiver) = host.remote().channel::<u8>(1);
        refuses_to_send(&sender);
        refuses_to_receive(&receiver);
        let mut cx = Context::from_waker(Waker::noop());
        let received = Pin::new(&mut nothing).poll(&mut cx);
        assert_eq!(received, Poll::Ready(Err(RecvError::Forked)));
        let received = Pin::new(&mut receiving).poll(&mut cx);
        assert_eq!(received, Poll::Ready(Err(RecvError::Forked)));
        // What it was to send is in the parent's channel.
        assert_eq!(sending.take_back(), None);
    });
    let mut values: Vec<_> = (0..3)
        .map(|_| receiver.recv_within(LONG).expect("a value"))
        .collect();
    values.sort_unstable();
    assert_eq!(values, [1, 2, 3], "the parent has them all");
    waiting
        .join()
        .expect("no panic")
        .expect("it has been received");
    say("refused");
}

#[track_caller]
fn refuses_to_send(sender: &Sender<u8>) {
    let sender = sender.clone();
    assert_eq!(sender.try_send(7), Err(SendError::Forked(7)));
    assert_eq!(sender.send_within(8, LONG), Err(SendError::Forked(8)));
    let sent = poll_once(sender.send(9));
    assert_eq!(sent, Poll::Ready(Err(SendError::Forked(9))));
    assert_eq!((sender.len(), sender.is_empty()), (0, true));
    assert!(!sender.is_closed());
}

#[track_caller]
fn refuses_to_receive(receiver: &Receiver<u8>) {
    let receiver = receiver.clone();
    assert_eq!(receiver.try_recv(), Err(RecvError::Forked));
    assert_eq!(receiver.recv_within(LONG), Err(RecvError::Forked));
    let received = poll_once(receiver.recv());
    assert_eq!(received, Poll::Ready(Err(RecvError::Forked)));
    assert_eq!((receiver.len(), receiver.is_empty()), (0, true));
}

pub(crate) fn refuses_inherited_pairs() {
    setup();
    let (setter, result) = EventualResult::<u8, &str>::pair();
    let pairs = |count| -> Vec<Pair> { (0..count).map(|_| EventualResult::pair()).collect() };
    let mut others = pairs(6);
    let mut setter = Some(setter);
    refused_at_once(|| {
        let setter = setter.take().expect("the child's copy");
        assert!(!setter.is_wanted());
        assert_eq!(setter.set(Ok(5)), Err(Ok(5)));
        for waited in [result.wait(LONG), result.wait_or_cancel(LONG)] {
            assert_waited_forked(&waited);
        }
        assert!(!result.is_ready());
        assert!(result.original_failure().is_none());
        result.cancel();

        let mut next = || others.pop().expect("there are enough");
        let (unset, taken) = next();
        drop(unset);
        assert!(matches!(taken.take(LONG), Ok(Err(EventualError::Forked))));
        let (failed, polled) = next();
        assert_eq!(failed.set(Err("unseen")), Err(Err("unseen")));
        let polled = poll_once(polled);
        assert!(matches!(polled, Poll::Ready(Err(EventualError::Forked))));
        drop(next().1.cancel_on_drop());
        drop(next());
        let stashed = next().1.stash();
        let stashed = crochet::retrieve_result::<u8, &str>(stashed).expect("the child's own");
        assert_waited_forked(&stashed.wait(LONG));
    });
    assert!(others.iter().all(|(setter, _)| setter.is_wanted()));
    barrier();
    let setter = setter.take().expect("the parent's");
    assert!(setter.is_wanted(), "nothing was cancelled in the parent");
    setter.set(Ok(6)).expect("somebody waits");
    assert_eq!(result.wait(LONG).expect("a value"), 6);
    say("refused");
}

type Pair = (
    ResultSetter<u8, &'static str>,
    EventualResult<u8, &'static str>,
);

#[track_caller]
fn assert_waited_forked<T: fmt::Debug, E: fmt::Debug>(waited: &Result<T, EventualError<E>>) {
    assert!(matches!(waited, Err(EventualError::Forked)), "{waited:?}");
}

/// Handles on operations of a reactor that is a value, and what else its [`Remote`](crochet::Remote) gives.
pub(crate) fn refuses_inherited_operations() {
    let host = Host::new();
    let remote = host.remote();
    let submit = || {
        remote
            .submit(future::pending::<()>)
            .expect("no queue limit")
    };
    let mut operations: Vec<_> = (0..3).map(|_| submit()).collect();
    let (setter, promise) = remote.promise::<u8>(Label::here()).expect("a promise");
    refused_at_once(|| {
        let mut next = || operations.pop().expect("there are enough");
        let waited = next();
        let forked = |waited| assert!(matches!(waited, Err(BlockingError::Forked)), "{waited:?}");
        forked(waited.wait(LONG));
        forked(waited.wait_or_cancel(LONG));
        waited.cancel();
        assert!(!waited.is_ended() && waited.peek().is_none());
        assert!(matches!(waited.take(), Ok(Err(JoinError::Forked))));
        let cx = Context::from_waker(Waker::noop());
        let polled = next().poll_take(&mut None, &cx);
        assert!(matches!(polled, Poll::Ready(Err(JoinError::Forked))));

        assert!(!setter.is_wanted());
        forked(promise.wait(LONG));
        forked(promise.wait_or_cancel(LONG));
        promise.cancel();
        let promised = remote.promise::<u8>(Label::here());
        assert!(matches!(promised, Err(SubmitError::Forked(()))));

        forked(remote.tasks(LONG).map(drop));
        forked(remote.snapshot(LONG).map(drop));
        assert!(!remote.deadline(LONG).left().is_zero());
    });
    assert!(!operations.iter().any(crochet_reactor::Operation::is_ended));
    setter.set(5).expect("the parent's promise is wanted");
    promise.wait(LONG).expect("it is set");
    say("refused");
}

pub(crate) fn refuses_virtual_reactors() {
    let reactor = VirtualReactor::start().expect("a reactor");
    let (begin, begun) = mpsc::channel();
    let remote = reactor.remote().clone();
    let mut slot = Some(reactor);
    with_reactor(&remote, || {
        drop(crochet::run_in_reactor(move || {
            begin.send(()).expect("the parent waits");
            future::pending::<()>()
        }));
        begun.recv().expect("it begins");
        refused_at_once(|| {
            assert_forked(crochet::wait_for(LONG, || async {}));
            assert_forked(crochet::wait_for_borrowed(LONG, || async {}));
            assert_waited_forked(&crochet::run_in_reactor(|| async {}).wait(LONG));
            let (setter, result) = EventualResult::<u8>::pair();
            assert_eq!(setter.set(Ok(1)), Err(Ok(1)));
            assert_waited_forked(&result.wait(LONG));
            let reactor = slot.take().expect("the child's copy");
            let message = message_of(|| reactor.clock().advance(LONG));
            assert!(message.contains("forked"), "{message}");
            let message = message_of(|| reactor.clock().wait_for_blocked(1));
            assert!(message.contains("forked"), "{message}");
            drop(reactor);
        });
        let _auto = slot.as_ref().expect("the parent's").clock().auto_advance();
        crochet::wait_for(LONG, || crochet::sleep(LONG / 2)).expect("it goes on");
    });
    say("refused");
}
