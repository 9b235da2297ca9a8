//! Sockets that are used elsewhere than on the reactor that they belong to.

use std::cell::Cell;
use std::io::{self, Write};
use std::net::{self, SocketAddr};
use std::rc::Rc;

use crochet::NotOwnReactor;
use crochet::net::{TcpListener, TcpStream, UdpSocket};
use crochet_tests::backends::for_every_backend;
use crochet_tests::executor;

use crate::io::{LOOPBACK, assert_pending, read, write};

struct Sockets {
    stream: TcpStream,
    socket: UdpSocket,
    listener: TcpListener,
}

impl Sockets {
    /// Makes some, connected to a listener.
    async fn new(addr: SocketAddr) -> Rc<Self> {
        Rc::new(Self {
            stream: TcpStream::connect(addr).await.unwrap(),
            socket: UdpSocket::bind(LOOPBACK).unwrap(),
            listener: TcpListener::bind(LOOPBACK).unwrap(),
        })
    }

    async fn assert_refused(self: Rc<Self>) {
        assert_refused(self.stream.read(&mut [0]).await);
        assert_refused(self.stream.write(b"x").await);
        assert_refused(read(&self.stream, &mut [0]).await);
        assert_refused(write(&self.stream, b"x").await);
        assert_refused(self.socket.recv(&mut [0]).await);
        assert_refused(self.listener.accept().await);
    }
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(result: io::Result<T>) {
    let error = result.unwrap_err();
    let cause = error.get_ref().expect("there is a cause");
    assert!(cause.is::<NotOwnReactor>(), "{error}");
}

#[test]
fn a_socket_is_refused_at_once_on_another_reactor_and_on_none() {
    for_every_backend(|settings| {
        let listener = net::TcpListener::bind(LOOPBACK).unwrap();
        let addr = listener.local_addr().unwrap();
        let mut own = settings.clone().build().unwrap();
        let sockets = own.block_on(Sockets::new(addr)).unwrap();
        let (mut far, _) = listener.accept().unwrap();
        // There is something to be read, and room to write.
        far.write_all(&[1; 1000]).unwrap();
        let mut other = settings.build().unwrap();
        let used = || Rc::clone(&sockets).assert_refused();
        other.block_on(used()).unwrap();
        executor::block_on(used());
        // On its own it goes on.
        let theirs = Rc::clone(&sockets);
        let read = own.block_on(async move {
            let mut bytes = [0; 1000];
            theirs.stream.read_exact(&mut bytes).await.unwrap();
            bytes
        });
        assert_eq!(read.unwrap(), [1; 1000]);
        drop(own);
        other.block_on(used()).unwrap();
    });
}

#[test]
fn a_future_that_waits_is_refused_when_it_is_polled_on_another_reactor() {
    for_every_backend(|settings| {
        let mut own = settings.clone().build().unwrap();
        let waiting = own.block_on(async {
            let socket = UdpSocket::bind(LOOPBACK).unwrap();
            let mut receiving = Box::pin(async move { socket.recv(&mut [0]).await });
            assert_pending(&mut receiving).await;
            // Given out as it is, not awaited.
            Some(receiving)
        });
        let waiting = waiting.unwrap().expect("it waits");
        let mut other = settings.build().unwrap();
        assert_refused(other.block_on(waiting).unwrap());
    });
}

/// Uses sockets when it is dropped, and tells that they were refused.
struct UsesWhenDropped {
    sockets: Rc<Sockets>,
    was_refused: Rc<Cell<bool>>,
}

impl Drop for UsesWhenDropped {
    fn drop(&mut self) {
        executor::block_on(Rc::clone(&self.sockets).assert_refused());
        self.was_refused.set(true);
    }
}

#[test]
fn a_socket_is_refused_while_another_reactor_is_dropped_within_its_own_and_not_after_that() {
    for_every_backend(|settings| {
        let listener = net::TcpListener::bind(LOOPBACK).unwrap();
        let addr = listener.local_addr().unwrap();
        let other = settings.clone().build().unwrap();
        let mut own = settings.build().unwrap();
        let within = own.block_on(async move {
            let sockets = Sockets::new(addr).await;
            let (mut far, _) = listener.accept().unwrap();
            far.write_all(&[1; 10]).unwrap();
            let was_refused = Rc::new(Cell::new(false));
            let user = UsesWhenDropped {
                sockets: Rc::clone(&sockets),
                was_refused: Rc::clone(&was_refused),
            };
            drop(other.spawn(async move {
                std::future::pending::<()>().await;
                drop(user);
            }));
            drop(other);
            assert!(was_refused.get());
            let mut bytes = [0; 10];
            sockets.stream.read_exact(&mut bytes).await.unwrap();
            bytes
        });
        assert_eq!(within.unwrap(), [1; 10]);
    });
}
