//! Channels between threads and the loop, in both directions.

use std::future::pending;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crochet::channel::{Receiver, RecvError, SendError, Sender};
use crochet::testing::{Harness, VirtualReactor};
use crochet::{Reactor, Remote, sleep, spawn, timeout};
use crochet_tests::backends::for_every_backend;
use crochet_tests::host::Host;
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, SHORT, exchange};
use proptest::prelude::*;

const HOUR: Duration = Duration::from_secs(3600);

/// Runs an operation on a reactor, and returns its result when it has ended.
fn on<T, F>(remote: &Remote, make: impl FnOnce() -> F + Send + 'static) -> T
where
    T: Send + 'static,
    F: Future<Output = T> + 'static,
{
    remote
        .call(crochet::Label::here(), LONG, make)
        .expect("the operation ends")
}

#[test]
fn many_threads_send_and_the_loop_receives_all_in_each_ones_order() {
    for_every_backend(|settings| {
        const THREADS: u32 = 4;
        const EACH: u32 = 2_000;
        let host = Host::with(settings);
        let (sender, receiver) = host.remote().channel::<(u32, u32)>(16);
        let threads: Vec<_> = (0..THREADS)
            .map(|from| {
                let sender = sender.clone();
                thread::spawn(move || {
                    for number in 0..EACH {
                        sender
                            .send_within((from, number), LONG)
                            .expect("the loop receives");
                    }
                })
            })
            .collect();
        drop(sender);
        let received = on(host.remote(), move || async move {
            let mut received = Vec::new();
            while let Ok(value) = receiver.recv().await {
                assert!(receiver.len() <= 16);
                received.push(value);
            }
            received
        });
        for thread in threads {
            thread.join().expect("all is sent");
        }
        for from in 0..THREADS {
            let of_one = received.iter().filter(|value| value.0 == from);
            assert!(of_one.map(|value| value.1).eq(0..EACH), "those of {from}");
        }
    });
}

#[test]
fn the_loop_sends_and_many_threads_receive_each_value_once() {
    for_every_backend(|settings| {
        const VALUES: u32 = 4_000;
        let host = Host::with(settings);
        let (sender, receiver) = host.remote().channel::<u32>(4);
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let receiver = receiver.clone();
                thread::spawn(move || {
                    let mut received = Vec::new();
                    loop {
                        match receiver.recv_within(LONG) {
                            Ok(value) => received.push(value),
                            Err(error) => break (received, error),
                        }
                    }
                })
            })
            .collect();
        drop(receiver);
        on(host.remote(), move || async move {
            for value in 0..VALUES {
                sender.send(value).await.expect("threads receive");
            }
        });
        let mut all = Vec::new();
        for thread in threads {
            let (received, error) = thread.join().expect("no thread panics");
            assert_eq!(error, RecvError::Closed);
            assert!(received.is_sorted());
            all.extend(received);
        }
        all.sort_unstable();
        assert!(all.into_iter().eq(0..VALUES));
    });
}

#[test]
fn without_capacity_sender_and_receiver_meet() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let (sender, receiver) = host.remote().channel(0);
        assert!(matches!(sender.try_send(0), Err(SendError::Full(0))));
        let thread = thread::spawn(move || {
            for number in 0..100 {
                sender.send_within(number, LONG).expect("the loop receives");
            }
        });
        let received = on(host.remote(), move || async move {
            let mut received = Vec::new();
            while let Ok(number) = receiver.recv().await {
                received.push(number);
            }
            received
        });
        thread.join().expect("all is sent");
        assert!(received.into_iter().eq(0..100));
    });
}

/// A reactor on virtual time, and a channel of it that holds one value.
fn start() -> (VirtualReactor, Sender<u32>, Receiver<u32>) {
    let reactor = VirtualReactor::start().expect("a thread can be started");
    let (sender, receiver) = reactor.remote().channel(1);
    (reactor, sender, receiver)
}

#[test]
fn a_wait_ends_when_its_time_is_up_and_gives_the_value_back() {
    let (reactor, sender, receiver) = start();
    thread::scope(|scope| {
        let receiving = scope.spawn(|| receiver.recv_within(HOUR));
        reactor.clock().wait_for_blocked(1);
        reactor.clock().advance(HOUR - Duration::from_micros(1));
        assert_eq!(reactor.clock().blocked(), 1, "not before");
        reactor.clock().advance(Duration::from_micros(1));
        assert_eq!(receiving.join().unwrap(), Err(RecvError::TimedOut));

        sender.try_send(1).expect("there is room");
        let sending = scope.spawn(|| sender.send_within(2, HOUR));
        reactor.clock().wait_for_blocked(1);
        reactor.clock().advance(HOUR);
        let error = sending.join().unwrap().expect_err("there is no room");
        assert!(matches!(error, SendError::TimedOut(2)));
        assert_eq!(error.into_inner(), 2);
    });
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(
        receiver.try_recv(),
        Err(RecvError::Empty),
        "the second was not sent"
    );
    assert_eq!(
        receiver.recv_within(Duration::ZERO),
        Err(RecvError::TimedOut)
    );
}

#[test]
fn a_blocked_thread_is_woken_by_the_loop_in_virtual_time() {
    let (reactor, sender, receiver) = start();
    let remote = reactor.remote();
    thread::scope(|scope| {
        let receiving = scope.spawn(|| receiver.recv_within(HOUR * 2));
        reactor.clock().wait_for_blocked(1);
        let theirs = sender.clone();
        let sent = remote.submit(move || async move {
            sleep(HOUR).await;
            theirs.send(5).await
        });
        reactor.clock().advance(HOUR);
        assert_eq!(receiving.join().unwrap(), Ok(5));
        drop(sent);

        sender.try_send(6).expect("there is room");
        let sending = scope.spawn(|| sender.send_within(7, HOUR * 2));
        reactor.clock().wait_for_blocked(1);
        let theirs = receiver.clone();
        let received = remote.submit(move || async move {
            sleep(HOUR).await;
            (theirs.recv().await, theirs.recv().await)
        });
        reactor.clock().advance(HOUR);
        sending.join().unwrap().expect("the loop has made room");
        let received = received.expect("there is no limit").take();
        let received = received.unwrap_or_else(|_| panic!("it has ended"));
        assert_eq!(received.expect("no panic"), (Ok(6), Ok(7)));
    });
}

#[test]
fn stopping_the_reactor_wakes_blocked_threads_and_loses_no_value() {
    let (reactor, sender, receiver) = start();
    let clock = reactor.clock().clone();
    sender.try_send(1).expect("there is room");
    let other = reactor.remote().channel::<u32>(1);
    thread::scope(|scope| {
        let sending = scope.spawn(|| sender.send_within(2, HOUR));
        let receiving = scope.spawn(|| other.1.recv_within(HOUR));
        clock.wait_for_blocked(2);
        drop(reactor);
        assert!(matches!(
            sending.join().unwrap(),
            Err(SendError::Stopped(2))
        ));
        assert_eq!(receiving.join().unwrap(), Err(RecvError::Stopped));
    });
    assert_eq!(receiver.recv_within(HOUR), Ok(1), "what was sent is there");
    assert_eq!(
        receiver.recv_within(HOUR),
        Err(RecvError::Stopped),
        "at once"
    );
    let refused = other.0.send_within(3, HOUR);
    refused.expect("there is room, and a receiver");
    assert_eq!(other.1.try_recv(), Ok(3));
}

#[test]
fn stopping_a_real_reactor_wakes_blocked_threads() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let (_sender, receiver) = host.remote().channel::<u32>(1);
        let remote = host.remote().clone();
        thread::scope(|scope| {
            let receiving = scope.spawn(|| receiver.recv_within(LONG));
            remote.stop();
            assert_eq!(receiving.join().unwrap(), Err(RecvError::Stopped));
        });
    });
}

#[test]
fn a_receiver_that_the_loop_drops_closes_the_channel_for_blocked_senders() {
    let (reactor, sender, receiver) = start();
    sender.try_send(1).expect("there is room");
    let kept = reactor.remote().submit(move || async move {
        let _receiver = receiver;
        pending::<()>().await;
    });
    let kept = kept.expect("there is no limit");
    thread::scope(|scope| {
        let sending = scope.spawn(|| sender.send_within(2, HOUR));
        reactor.clock().wait_for_blocked(1);
        kept.cancel();
        assert!(matches!(sending.join().unwrap(), Err(SendError::Closed(2))));
    });
    assert!(sender.is_closed());
    assert!(matches!(sender.try_send(3), Err(SendError::Closed(3))));
    assert!(matches!(
        sender.send_within(4, HOUR),
        Err(SendError::Closed(4))
    ));
}

#[test]
fn senders_that_are_gone_close_the_channel_when_their_values_are_received() {
    let (reactor, sender, receiver) = start();
    let second = sender.clone();
    sender.try_send(1).expect("there is room");
    drop(sender);
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(
        receiver.try_recv(),
        Err(RecvError::Empty),
        "there is another sender"
    );
    thread::scope(|scope| {
        let receiving = scope.spawn(|| receiver.recv_within(HOUR));
        reactor.clock().wait_for_blocked(1);
        drop(second);
        assert_eq!(receiving.join().unwrap(), Err(RecvError::Closed));
    });
    assert_eq!(receiver.try_recv(), Err(RecvError::Closed));
}

#[test]
fn on_the_reactors_thread_nothing_blocks() {
    let (reactor, sender, receiver) = start();
    let errors = on(reactor.remote(), move || async move {
        let empty = receiver.recv_within(HOUR);
        sender.send_within(1, HOUR).expect("there is room");
        let full = sender.send_within(2, HOUR);
        (empty, full, receiver.recv_within(HOUR))
    });
    assert_eq!(errors.0, Err(RecvError::OnReactorThread));
    assert!(matches!(errors.1, Err(SendError::OnReactorThread(2))));
    assert_eq!(errors.2, Ok(1));
}

#[test]
fn a_cancelled_wait_of_the_loop_loses_no_value() {
    let mut harness = Harness::new();
    let (sender, receiver) = harness.remote().channel(1);
    let ended = harness.block_on(async move {
        let given_up = timeout(SHORT, receiver.recv()).await;
        assert!(given_up.is_err());
        let theirs = receiver.clone();
        let waiting = spawn(async move { theirs.recv().await });
        sleep(SHORT).await;
        // Handed the value and cancelled before it can look at it.
        sender.try_send(1).expect("somebody waits");
        waiting.cancel();
        assert!(waiting.await.is_err());
        assert_eq!(receiver.try_recv(), Ok(1));

        sender.try_send(2).expect("there is room");
        let mut sending = sender.send(3);
        assert!(timeout(SHORT, &mut sending).await.is_err());
        assert_eq!(sending.take_back(), Some(3));
        assert_eq!(receiver.recv().await, Ok(2));
        assert_eq!(receiver.try_recv(), Err(RecvError::Empty));
    });
    ended.expect("it ends");
}

#[test]
fn values_that_nobody_received_are_dropped_with_the_last_receiver() {
    let reactor = Reactor::new().expect("a reactor can be made");
    let trace = Trace::new();
    let (sender, receiver) = reactor.remote().channel(8);
    for _ in 0..5 {
        sender.try_send(trace.value()).expect("there is room");
    }
    let second = receiver.clone();
    drop(receiver);
    assert_eq!(trace.count(), 0);
    drop(second);
    assert_eq!(trace.count(), 5);
    drop(sender.try_send(trace.value()).expect_err("it is closed"));
    assert_eq!(trace.count(), 6);
}

#[test]
fn a_reactor_that_waits_for_a_thread_is_idle_and_woken_by_a_value() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let (sender, receiver) = host.remote().channel(1);
        let (tell, told) = mpsc::channel();
        let waiting = host.remote().submit(move || async move {
            tell.send(()).expect("the test waits");
            receiver.recv().await
        });
        told.recv_timeout(LONG).expect("it has begun");
        sender.send_within(9, LONG).expect("there is room");
        let waiting = waiting.expect("there is no limit");
        waiting.wait(LONG).expect("it is woken");
    });
}

#[test]
fn a_value_and_a_timeout_that_race_are_one_or_the_other() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        for round in 0..300_u32 {
            let (sender, receiver) = host.remote().channel(0);
            let theirs = sender.clone();
            let sending = host.remote().submit(move || async move {
                crochet::yield_now().await;
                theirs.try_send(round)
            });
            let received = receiver.recv_within(Duration::from_micros(u64::from(round % 60)));
            let sending = sending.expect("there is no limit");
            sending.wait(LONG).expect("it ends");
            let sent = sending.take().unwrap_or_else(|_| panic!("it has ended"));
            match (sent.expect("no panic"), received) {
                (Ok(()), Ok(value)) => assert_eq!(value, round),
                (Err(SendError::Full(value)), Err(RecvError::TimedOut)) => assert_eq!(value, round),
                (sent, received) => panic!("{round}: {sent:?}, {received:?}"),
            }
        }
    });
}

proptest! {
    #[test]
    fn a_channel_agrees_with_the_model(
        capacity in 0_usize..4,
        operations in prop::collection::vec(any::<(u8, u8)>(), 0..200),
    ) {
        let harness = Harness::new();
        let channel = harness.remote().channel(capacity);
        exchange::compare(&channel, capacity, &operations);
    }
}
