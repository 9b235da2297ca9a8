//! The sockets that hickory is given: `Send` and `Sync`, though the reactor's are neither.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use crochet::NotOnReactor;
use crochet::hickory::{HickoryRuntime, HickoryUdpSocket};
use crochet_reactor::Label;
use crochet_tests::LONG;
use crochet_tests::backends::{for_every_backend, on_every_backend};
use crochet_tests::executor;
use crochet_tests::host::Host;
use crochet_tests::tidy::{Tidy, assert_nothing_left};
use hickory_resolver::proto::runtime::RuntimeProvider;
use hickory_resolver::proto::udp::DnsUdpSocket;

use crate::support::{LOOPBACK, holdings, turn_until};

/// Where nobody listens, which a datagram does not mind.
const NOBODY: SocketAddr = LOOPBACK;

fn assert_shareable<T: Send + Sync>(_: &T) {}

async fn bind() -> HickoryUdpSocket {
    let bound = HickoryRuntime.bind_udp(LOOPBACK, NOBODY).await;
    bound.expect("a port is free")
}

/// Has the socket receive; nobody has sent anything.
fn poll(socket: &HickoryUdpSocket) -> Poll<io::Result<(usize, SocketAddr)>> {
    let mut cx = Context::from_waker(Waker::noop());
    socket.poll_recv_from(&mut cx, &mut [0; 16])
}

#[test]
fn a_socket_that_is_dropped_on_another_thread_is_closed_by_its_reactor() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let sources = || {
            let snapshot = host.remote().snapshot(LONG).expect("the loop answers");
            snapshot.sources
        };
        let before = sources();
        let socket = host.remote().call(Label::here(), LONG, bind);
        let socket = socket.expect("it is bound");
        assert_shareable(&socket);
        assert_eq!(sources(), before + 1);
        drop(socket);
        assert_eq!(sources(), before);
    });
}

#[test]
fn a_socket_that_is_dropped_elsewhere_during_a_turn_is_closed_before_the_host_waits() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let remote = reactor.remote();
        let bound = remote.submit(bind).expect("there is no limit");
        turn_until(&mut reactor, |_| bound.is_ended());
        let socket = bound.take().expect("it has ended").expect("it is bound");
        assert_eq!(holdings(&reactor), (0, 0, 1));
        let elsewhere = move || thread::spawn(move || drop(socket)).join();
        let dropped = remote.submit(move || async move { elsewhere().expect("it drops") });
        let dropped = dropped.expect("there is no limit");
        turn_until(&mut reactor, |reactor| {
            dropped.is_ended() && reactor.next_turn_in() != Some(Duration::ZERO)
        });
        assert_eq!(holdings(&reactor), (0, 0, 0));
    });
}

#[test]
fn a_socket_that_is_dropped_elsewhere_is_closed_soon_even_if_the_queue_is_full() {
    for_every_backend(|settings| {
        let settings = settings.queue_limit(1);
        let mut reactor = settings.build().expect("a reactor can be made");
        let place = Rc::new(Cell::new(None));
        let bind_one = |reactor: &mut crochet::Reactor| {
            let theirs = Rc::clone(&place);
            let task = reactor.spawn(async move { theirs.set(Some(bind().await)) });
            turn_until(reactor, |_| task.is_finished());
            place.take().expect("it is bound")
        };
        let socket = bind_one(&mut reactor);
        let remote = reactor.remote();
        let full = thread::spawn(move || {
            let operation = remote.submit(|| async {}).expect("there is room for one");
            drop(socket);
            operation
        });
        let full = full.join().expect("it is submitted");
        assert_eq!(holdings(&reactor).2, 1, "the loop has not run since");
        turn_until(&mut reactor, |_| full.is_ended());
        assert_eq!(holdings(&reactor), (0, 0, 0));
    });
}

#[test]
fn a_socket_is_only_used_on_its_reactor() {
    for_every_backend(|settings| {
        let host = Host::with(settings.clone());
        let socket = host.remote().call(Label::here(), LONG, bind);
        let socket = socket.expect("it is bound");
        let here = catch_unwind(AssertUnwindSafe(|| poll(&socket)));
        assert!(here.is_err(), "this thread is not in the reactor");
        let mut other = settings.build().expect("a reactor can be made");
        let (socket, elsewhere) = other
            .block_on(async move {
                let polled = catch_unwind(AssertUnwindSafe(|| poll(&socket)));
                (socket, polled.is_err())
            })
            .expect("it ends");
        assert!(elsewhere, "another reactor is not the reactor");
        let home = async move || poll(&socket).is_pending();
        let polled = host.remote().call(Label::here(), LONG, home);
        assert!(polled.expect("it ends"), "its own is");
    });
}

#[test]
fn a_socket_goes_with_the_run_of_its_reactor_and_leaves_the_next_runs_alone() {
    for_every_backend(|settings| {
        let mut reactor = settings.build().expect("a reactor can be made");
        let old = reactor.block_on(bind()).expect("it is bound");
        assert_nothing_left(&reactor);
        let second = reactor.block_on(async move {
            let new = bind().await;
            match poll(&old) {
                Poll::Ready(Err(error)) => assert_eq!(error.kind(), io::ErrorKind::NotConnected),
                polled => panic!("it has been closed: {polled:?}"),
            }
            drop(old);
            assert!(poll(&new).is_pending(), "it is another one");
        });
        second.expect("it ends");
    });
}

#[test]
fn a_connection_that_is_refused_is_an_error() {
    on_every_backend(|| async {
        let free = TcpListener::bind(LOOPBACK).and_then(|listener| listener.local_addr());
        let connected = HickoryRuntime.connect_tcp(free.unwrap(), None, None).await;
        let error = connected.expect_err("nobody listens");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    });
}

#[test]
fn a_connection_comes_from_the_address_that_was_asked_for() {
    on_every_backend(|| async {
        let listener = crochet::net::TcpListener::bind(LOOPBACK).unwrap();
        let server = listener.local_addr().unwrap();
        let local = "127.0.0.2:0".parse().unwrap();
        let connecting = HickoryRuntime.connect_tcp(server, Some(local), Some(LONG));
        let _stream = connecting.await.expect("it is connected");
        let (_, client) = listener.accept().await.expect("it is accepted");
        assert_eq!(client.ip(), local.ip());
    });
}

#[test]
fn giving_a_connection_up_closes_its_socket() {
    on_every_backend(|| async {
        let listener = crochet::net::TcpListener::bind(LOOPBACK).unwrap();
        let server = listener.local_addr().unwrap();
        let mut connecting = HickoryRuntime.connect_tcp(server, None, None);
        let polled = poll_fn(|cx| Poll::Ready(connecting.as_mut().poll(cx))).await;
        assert!(polled.is_pending());
        drop(connecting);
        let (stream, _) = listener.accept().await.expect("it had begun");
        let end = stream.read(&mut [0; 16]).await.expect("it is closed");
        assert_eq!(end, 0);
    });
}

#[test]
fn there_are_no_sockets_where_there_is_no_reactor() {
    let bound = executor::block_on(HickoryRuntime.bind_udp(LOOPBACK, NOBODY));
    assert_is_not_on_reactor(&bound.expect_err("there is no reactor"));
    let connected = executor::block_on(HickoryRuntime.connect_tcp(NOBODY, None, None));
    assert_is_not_on_reactor(&connected.expect_err("there is no reactor"));
}

fn assert_is_not_on_reactor(error: &io::Error) {
    let why = error.get_ref().expect("it has a cause");
    assert!(why.is::<NotOnReactor>(), "{why}");
}
