//! What look-ups and resolvers leave behind: nothing.

use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::io::Read;
use std::net::{TcpListener, UdpSocket};
use std::pin::Pin;
use std::rc::Rc;

use crochet::spawn;
use crochet_reactor::Label;
use crochet_tests::LONG;
use crochet_tests::backends::for_every_backend;
use crochet_tests::host::Host;
use crochet_tests::tidy::assert_nothing_left;

use crate::server::Server;
use crate::support::{LOOPBACK, holdings, resolver, resolver_over_tcp, turn_until};

/// Binds a socket that nobody answers from.
fn silent() -> UdpSocket {
    let socket = UdpSocket::bind(LOOPBACK).expect("a port is free");
    socket.set_nonblocking(true).expect("it can be set");
    socket
}

/// Tells whether somebody has sent something.
fn is_asked(socket: &UdpSocket) -> bool {
    socket.recv_from(&mut [0; 512]).is_ok()
}

#[test]
fn a_look_up_that_is_cancelled_leaves_neither_socket_nor_timer() {
    for_every_backend(|settings| {
        let mut reactor = settings.build().expect("a reactor can be made");
        let silent = silent();
        let resolver = resolver(&[silent.local_addr().unwrap()]);
        let theirs = resolver.clone();
        let lookup = reactor.spawn(async move { theirs.ipv4_lookup("host.test.").await });
        turn_until(&mut reactor, |_| is_asked(&silent));
        let (_, timers, sources) = holdings(&reactor);
        assert_eq!((timers, sources), (1, 1), "or the test tests nothing");
        lookup.cancel();
        turn_until(&mut reactor, |_| lookup.is_finished());
        let (_, timers, sources) = holdings(&reactor);
        assert_eq!((timers, sources), (0, 0));
        drop(resolver);
        // Its task sees that there is nobody left.
        turn_until(&mut reactor, |reactor| holdings(reactor) == (0, 0, 0));
    });
}

#[test]
fn a_resolver_that_is_dropped_while_it_waits_on_a_connection_closes_that() {
    for_every_backend(|settings| {
        let mut reactor = settings.build().expect("a reactor can be made");
        let listener = TcpListener::bind(LOOPBACK).expect("a port is free");
        listener.set_nonblocking(true).expect("it can be set");
        let resolver = resolver_over_tcp(listener.local_addr().unwrap());
        let theirs = resolver.clone();
        let lookup = reactor.spawn(async move { theirs.ipv4_lookup("host.test.").await });
        let mut accepted = None;
        turn_until(&mut reactor, |_| {
            accepted = listener.accept().ok();
            accepted.is_some()
        });
        let (mut stream, _) = accepted.expect("it has been accepted");
        stream.set_nonblocking(true).expect("it can be set");
        turn_until(&mut reactor, |_| stream.read(&mut [0; 512]).is_ok());
        lookup.cancel();
        drop(resolver);
        turn_until(&mut reactor, |reactor| holdings(reactor) == (0, 0, 0));
        stream.set_nonblocking(false).expect("it can be set");
        stream.set_read_timeout(Some(LONG)).expect("a valid time");
        let end = stream.read(&mut [0; 512]).expect("it is closed in order");
        assert_eq!(end, 0);
    });
}

#[test]
fn a_reactor_that_stops_closes_the_sockets_of_look_ups_that_live_on() {
    for_every_backend(|settings| {
        let silent = silent();
        let resolver = resolver(&[silent.local_addr().unwrap()]);
        let files = open_files();
        let mut reactor = settings.build().expect("a reactor can be made");
        let theirs = resolver.clone();
        let lookup = async move { theirs.ipv4_lookup("host.test.").await.is_ok() };
        let lookup: Rc<RefCell<Pin<Box<dyn Future<Output = bool>>>>> =
            Rc::new(RefCell::new(Box::pin(lookup)));
        let polled = Rc::clone(&lookup);
        let task = reactor.spawn(poll_fn(move |cx| polled.borrow_mut().as_mut().poll(cx)));
        turn_until(&mut reactor, |_| is_asked(&silent));
        reactor.remote().stop();
        turn_until(&mut reactor, |_| task.is_finished());
        assert_nothing_left(&reactor);
        drop(reactor);
        assert_eq!(open_files(), files);
        // Where there is no reactor any more, they are dropped all the same.
        drop((lookup, resolver));
    });
}

#[test]
fn a_resolver_goes_on_in_the_next_run_of_its_reactor() {
    for_every_backend(|settings| {
        let host = Host::new();
        let started = host.remote().call(Label::here(), LONG, || async {
            let server = Server::start();
            let address = server.address();
            drop(spawn(async move {
                let _server = server;
                pending::<()>().await;
            }));
            address
        });
        let resolver = resolver(&[started.expect("it is started")]);
        let mut reactor = settings.build().expect("a reactor can be made");
        for name in ["host.test.", "many.test.", "host.test.", "many.test."] {
            let resolver = resolver.clone();
            let found = reactor.block_on(async move { resolver.ipv4_lookup(name).await });
            found.expect("it runs").expect("it is there");
            assert_nothing_left(&reactor);
        }
    });
}

#[cfg(target_os = "linux")]
fn open_files() -> usize {
    crochet_tests::threads::open_files()
}

/// Elsewhere the process does not know what it has.
#[cfg(not(target_os = "linux"))]
fn open_files() -> usize {
    0
}
