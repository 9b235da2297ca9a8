//! UDP.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net;
use std::rc::Rc;
use std::time::Duration;

use crochet::net::UdpSocket;
use crochet::{sleep, spawn, timeout};
use crochet_tests::backends::on_every_backend;

use crate::io::{LOOPBACK, assert_pending};

fn bind() -> UdpSocket {
    UdpSocket::bind(LOOPBACK).expect("a free port")
}

#[test]
fn datagrams_keep_their_bounds_and_their_sender() {
    on_every_backend(|| async {
        let (one, other) = (bind(), bind());
        let addr = other.local_addr().unwrap();
        for text in ["first", "", "third"] {
            let sent = one.send_to(text.as_bytes(), addr).await.unwrap();
            assert_eq!(sent, text.len());
        }
        let mut buf = [0; 100];
        for text in ["first", "", "third"] {
            let (count, from) = other.recv_from(&mut buf).await.unwrap();
            assert_eq!(
                (&buf[..count], from),
                (text.as_bytes(), one.local_addr().unwrap())
            );
        }
    });
}

#[test]
fn a_datagram_that_is_peeked_at_stays_for_the_next_who_receives() {
    on_every_backend(|| async {
        let (one, other) = (bind(), bind());
        let from = one.local_addr().unwrap();
        let mut buf = [0; 4];
        // Before it has come.
        let mut early = Box::pin(other.peek_from(&mut buf));
        assert_pending(&mut early).await;
        let addr = other.local_addr().unwrap();
        one.send_to(b"peeked at", addr).await.unwrap();
        assert_eq!(early.await.unwrap(), (4, from));
        assert_eq!(&buf, b"peek");
        let mut whole = [0; 20];
        assert_eq!(other.peek_from(&mut whole).await.unwrap(), (9, from));
        whole.fill(0);
        assert_eq!(other.recv_from(&mut whole).await.unwrap(), (9, from));
        assert_eq!(&whole[..9], b"peeked at");
        let mut none = Box::pin(other.peek_from(&mut buf));
        assert_pending(&mut none).await;
    });
}

#[test]
fn a_socket_of_the_standard_library_is_taken_over_and_blocks_no_more() {
    on_every_backend(|| async {
        let taken = net::UdpSocket::bind(LOOPBACK).unwrap();
        let addr = taken.local_addr().unwrap();
        let taken = UdpSocket::from_std(taken).unwrap();
        assert_eq!(taken.local_addr().unwrap(), addr);
        let mut buf = [0; 10];
        let mut received = Box::pin(taken.recv_from(&mut buf));
        assert_pending(&mut received).await;
        let sender = net::UdpSocket::bind(LOOPBACK).unwrap();
        sender.send_to(b"x", addr).unwrap();
        let from = sender.local_addr().unwrap();
        assert_eq!(received.await.unwrap(), (1, from));
    });
}

#[test]
fn what_does_not_fit_is_lost_and_the_next_datagram_whole() {
    on_every_backend(|| async {
        let (one, other) = (bind(), bind());
        let addr = other.local_addr().unwrap();
        one.send_to(b"too long", addr).await.unwrap();
        one.send_to(b"next", addr).await.unwrap();
        let mut buf = [0; 4];
        assert_eq!(other.recv_from(&mut buf).await.unwrap().0, 4);
        assert_eq!(&buf, b"too ");
        assert_eq!(other.recv_from(&mut buf).await.unwrap().0, 4);
        assert_eq!(&buf, b"next");
    });
}

#[test]
fn a_connected_socket_hears_its_peer_only() {
    on_every_backend(|| async {
        let (one, other, third) = (bind(), bind(), bind());
        one.connect(other.local_addr().unwrap()).unwrap();
        other.connect(one.local_addr().unwrap()).unwrap();
        assert_eq!(one.peer_addr().unwrap(), other.local_addr().unwrap());
        let addr = other.local_addr().unwrap();
        // The system may refuse what nobody would hear.
        match third.send_to(b"from a stranger", addr).await {
            Ok(_) | Err(_) => {}
        }
        one.send(b"from the peer").await.unwrap();
        let mut buf = [0; 100];
        let count = other.recv(&mut buf).await.unwrap();
        assert_eq!(&buf[..count], b"from the peer");
    });
}

#[test]
fn several_tasks_receive_from_one_socket() {
    on_every_backend(|| async {
        let socket = Rc::new(bind());
        let addr = socket.local_addr().unwrap();
        let tasks: Vec<_> = (0..5)
            .map(|_| {
                let socket = Rc::clone(&socket);
                spawn(async move {
                    let mut byte = [0];
                    socket.recv_from(&mut byte).await.unwrap();
                    byte[0]
                })
            })
            .collect();
        sleep(Duration::from_millis(1)).await;
        let sender = bind();
        for x in 0..5 {
            sender.send_to(&[x], addr).await.unwrap();
        }
        let mut got = BTreeSet::new();
        for task in tasks {
            got.insert(task.await.unwrap());
        }
        assert_eq!(got, BTreeSet::from([0, 1, 2, 3, 4]));
    });
}

#[test]
fn a_receiver_that_was_cancelled_leaves_the_datagram_to_another() {
    on_every_backend(|| async {
        let socket = Rc::new(bind());
        let receive = |socket: &Rc<UdpSocket>| {
            let socket = Rc::clone(socket);
            spawn(async move {
                let mut byte = [0];
                socket.recv_from(&mut byte).await.unwrap();
                byte[0]
            })
        };
        let (first, second) = (receive(&socket), receive(&socket));
        sleep(Duration::from_millis(1)).await;
        first.cancel();
        bind()
            .send_to(&[7], socket.local_addr().unwrap())
            .await
            .unwrap();
        assert_eq!(second.await.unwrap(), 7);
        assert!(first.await.is_err());
    });
}

#[test]
fn a_port_that_nobody_listens_on_is_an_error() {
    let addr = net::UdpSocket::bind(LOOPBACK)
        .unwrap()
        .local_addr()
        .unwrap();
    on_every_backend(move || async move {
        let socket = bind();
        socket.connect(addr).unwrap();
        socket.send(b"anybody there?").await.unwrap();
        let mut buf = [0; 10];
        let error = socket.recv(&mut buf).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        // The socket goes on, and says so again when it is asked again.
        socket.send(b"still nobody?").await.unwrap();
        let error = socket.recv(&mut buf).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn a_receive_that_is_given_up_takes_no_datagram_away() {
    on_every_backend(|| async {
        let (one, other) = (bind(), bind());
        let addr = other.local_addr().unwrap();
        let mut buf = [0; 10];
        for x in 0..50 {
            let waited = timeout(Duration::from_micros(10), other.recv_from(&mut buf)).await;
            assert!(waited.is_err());
            one.send_to(&[x], addr).await.unwrap();
            assert_eq!(other.recv_from(&mut buf).await.unwrap().0, 1);
            assert_eq!(buf[0], x);
        }
    });
}

#[test]
fn an_address_of_the_other_family_is_an_error_and_harms_nobody() {
    on_every_backend(|| async {
        let socket = bind();
        let other = "[::1]:9".parse().unwrap();
        assert!(socket.send_to(b"x", other).await.is_err());
        assert!(socket.connect(other).is_err());
        let own = socket.local_addr().unwrap();
        socket.send_to(b"x", own).await.unwrap();
        let (_, from) = socket.recv_from(&mut [0]).await.unwrap();
        assert_eq!(from, own);
    });
}

#[test]
fn a_task_that_panics_over_a_datagram_leaves_the_port_to_others() {
    on_every_backend(|| async {
        let socket = Rc::new(bind());
        let own = socket.local_addr().unwrap();
        let theirs = Rc::clone(&socket);
        let task = spawn(async move {
            theirs.recv_from(&mut [0]).await.unwrap();
            panic!("a datagram that cannot be understood");
        });
        socket.send_to(b"1", own).await.unwrap();
        let outcome: Result<(), _> = task.await;
        assert!(matches!(outcome, Err(crochet::JoinError::Panicked(_))));
        socket.send_to(b"2", own).await.unwrap();
        let mut byte = [0];
        socket.recv_from(&mut byte).await.unwrap();
        assert_eq!(&byte, b"2");
    });
}
