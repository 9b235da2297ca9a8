//! Sockets that close while events of theirs are under way, and others that take their place.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::{self, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use crochet::net::{TcpStream, UdpSocket};
use crochet::{sleep, spawn};
use std::time::Duration;

use crochet_tests::backends::on_every_backend;

use crate::io::{LOOPBACK, assert_pending, pair, read, read_exact, write_all};

type Receive = Pin<Box<dyn Future<Output = io::Result<usize>>>>;

thread_local! {
    // Two sockets with an event each in the same look at the poller: whichever comes first closes the other.
    static PAIR: RefCell<[Option<Receive>; 2]> = const { RefCell::new([None, None]) };
    static SUCCESSOR: RefCell<Option<(Receive, SocketAddr)>> = const { RefCell::new(None) };
    static CLOSED: Cell<bool> = const { Cell::new(false) };
}

/// Binds a socket and waits for a datagram, which wakes `waker`.
fn receive(waker: &Waker) -> (Receive, SocketAddr) {
    let socket = UdpSocket::bind(LOOPBACK).unwrap();
    let addr = socket.local_addr().unwrap();
    let mut receive: Receive = Box::pin(async move { socket.recv(&mut [0; 1]).await });
    let polled = receive.as_mut().poll(&mut Context::from_waker(waker));
    assert!(polled.is_pending());
    (receive, addr)
}

#[derive(Default)]
struct Count(AtomicU32);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct CloseOther {
    other: usize,
    successors: Arc<Count>,
}

impl Wake for CloseOther {
    fn wake(self: Arc<Self>) {
        let other = PAIR.with_borrow_mut(|pair| pair[self.other].take());
        if let Some(other) = other {
            CLOSED.set(true);
            drop(other);
            // It takes the place of the one that was closed.
            SUCCESSOR.set(Some(receive(&Waker::from(Arc::clone(&self.successors)))));
        }
    }
}

#[test]
fn an_event_of_a_closed_socket_is_not_given_to_its_successor() {
    on_every_backend(|| async {
        let sender = net::UdpSocket::bind(LOOPBACK).unwrap();
        for _ in 0..50 {
            let successors = Arc::new(Count::default());
            let addrs = [0, 1].map(|own| {
                let close_other = CloseOther {
                    other: 1 - own,
                    successors: Arc::clone(&successors),
                };
                let (receive, addr) = receive(&Waker::from(Arc::new(close_other)));
                PAIR.with_borrow_mut(|pair| pair[own] = Some(receive));
                addr
            });
            for addr in addrs {
                sender.send_to(b"x", addr).unwrap();
            }
            CLOSED.set(false);
            while !CLOSED.get() {
                sleep(Duration::ZERO).await;
            }
            for _ in 0..3 {
                sleep(Duration::ZERO).await;
            }
            assert_eq!(
                successors.0.load(Ordering::Relaxed),
                0,
                "nothing came for it"
            );

            let (mut receive, addr) = SUCCESSOR.take().expect("it was made");
            sender.send_to(b"x", addr).unwrap();
            while successors.0.load(Ordering::Relaxed) == 0 {
                sleep(Duration::ZERO).await;
            }
            let polled = receive
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            assert!(matches!(polled, Poll::Ready(Ok(1))));
            PAIR.with_borrow_mut(|pair| drop(pair.each_mut().map(Option::take)));
        }
    });
}

#[test]
fn sockets_on_reused_descriptors_hear_their_own_events() {
    on_every_backend(|| async {
        let sender = net::UdpSocket::bind(LOOPBACK).unwrap();
        for round in 0..50_u8 {
            let closed: Vec<_> = (0..8).map(|_| UdpSocket::bind(LOOPBACK).unwrap()).collect();
            for socket in &closed {
                sender
                    .send_to(b"too late", socket.local_addr().unwrap())
                    .unwrap();
            }
            // Within one turn, the old ones go with events to come and new ones take their descriptors.
            drop(closed);
            let tasks: Vec<_> = (0..8_u8)
                .map(|own| {
                    let socket = UdpSocket::bind(LOOPBACK).unwrap();
                    let addr = socket.local_addr().unwrap();
                    let task = spawn(async move {
                        let mut buf = [0; 3];
                        let count = socket.recv(&mut buf).await.unwrap();
                        (count, buf[0], buf[1])
                    });
                    (own, addr, task)
                })
                .collect();
            sleep(Duration::ZERO).await;
            for (own, addr, task) in tasks {
                assert!(!task.is_finished());
                sender.send_to(&[round, own], addr).unwrap();
                assert_eq!(task.await.unwrap(), (2, round, own));
            }
        }
    });
}

#[test]
fn connections_that_open_and_close_in_every_turn_hear_their_own_events() {
    on_every_backend(|| async {
        let mut kept: Option<(TcpStream, TcpStream)> = None;
        for round in 0..300_u32 {
            let (near, far) = pair().await.unwrap();
            write_all(&near, &round.to_be_bytes()).await.unwrap();
            if round % 3 == 0 {
                // Closed with its bytes unread, and with an event of its own to come.
                drop((near, far));
                continue;
            }
            let mut buf = [0; 4];
            read_exact(&far, &mut buf).await.unwrap();
            assert_eq!(u32::from_be_bytes(buf), round);
            {
                let mut next = Box::pin(read(&far, &mut buf));
                assert_pending(&mut next).await;
            }
            // The one before goes while this one lives.
            kept = Some((near, far));
        }
        drop(kept);
    });
}
