//! Hosts whose names are looked up as a test wants them to be: what no hosts file has, nor a name server at will.

use std::future::poll_fn;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::Poll;

use super::*;
use crate::backend::Backend;
use crate::delayed::call_later;
use crate::net::{Listen, TcpListener};
use crate::reactor::Reactor;
use crate::yield_now::yield_now;

const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const MILLISECOND: Duration = Duration::from_millis(1);
const NEVER: Duration = Duration::MAX;

/// Runs a case on a reactor of every back end.
fn on_every_backend<F: Future<Output = ()> + 'static>(case: impl Fn() -> F) {
    for backend in Backend::ALL.iter().copied() {
        let mut reactor = Reactor::builder().backend(backend).build().unwrap();
        reactor.block_on(case()).unwrap();
    }
}

async fn assert_pending<F: Future + Unpin>(future: &mut F) {
    let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx).is_pending()));
    assert!(polled.await, "it would wait");
}

/// An address that does not answer, for as long as what else is returned lives.
#[cfg(target_os = "linux")]
fn silent() -> (SocketAddr, impl Sized) {
    let listener = Listen::new().backlog(0).bind(LOOPBACK).unwrap();
    let addr = listener.local_addr().unwrap();
    // It has room for one connection that has not been taken; the next one's are not answered.
    let first = net::TcpStream::connect(addr).unwrap();
    (addr, (listener, first))
}

/// A look-up that begins, and ends when it is given an answer.
struct LookUp {
    begun: mpsc::Receiver<()>,
    answer: mpsc::Sender<Vec<SocketAddr>>,
}

impl LookUp {
    fn new() -> (Self, impl FnOnce() -> io::Result<Vec<SocketAddr>> + Send) {
        let (begin, begun) = mpsc::channel();
        let (answer, answered) = mpsc::channel();
        let look_up = move || {
            begin.send(()).unwrap();
            Ok(answered.recv().unwrap_or_default())
        };
        (Self { begun, answer }, look_up)
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_address_of_a_host_that_does_not_answer_delays_the_next_one_only() {
    on_every_backend(|| async {
        let (dead, _held) = silent();
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let addr = listener.local_addr().unwrap();
        let connect = Connect::new().attempt_delay(MILLISECOND);
        for connect in [connect.clone(), connect.clone().no_timeout()] {
            let look_up = move || Ok(vec![dead, addr]);
            let stream = connect.to_looked_up(look_up).await.unwrap();
            assert_eq!(stream.peer_addr().unwrap(), addr);
        }
        // It was tried: where it is the only one, it is told.
        for limit in [MILLISECOND * 50, MILLISECOND * 500, MILLISECOND * 5000] {
            let connect = connect.clone().timeout(limit);
            let error = connect.to_looked_up(move || Ok(vec![dead])).await;
            let Err(ConnectError::TimedOut(attempts)) = error else {
                panic!("{error:?}");
            };
            // On a machine that is busy the look-up alone may have taken that long.
            if let [attempt] = &attempts[..] {
                return assert_eq!(attempt.addr(), dead);
            }
        }
        panic!("a look-up takes five seconds");
    });
}

#[test]
fn the_addresses_of_a_host_are_tried_in_the_order_of_the_look_up() {
    on_every_backend(|| async {
        let listeners = [(); 2].map(|()| TcpListener::bind(LOOPBACK).unwrap());
        let [first, second] = listeners.each_ref().map(|it| it.local_addr().unwrap());
        let connect = Connect::new().attempt_delay(NEVER);
        for addrs in [[first, second], [second, first]] {
            let stream = connect.to_looked_up(move || Ok(addrs.to_vec())).await;
            assert_eq!(stream.unwrap().peer_addr().unwrap(), addrs[0]);
        }
    });
}

#[test]
fn a_look_up_that_does_not_end_is_given_up_when_the_time_is_up() {
    on_every_backend(|| async {
        let (control, look_up) = LookUp::new();
        let connect = Connect::new().timeout(MILLISECOND);
        let mut connecting = Box::pin(connect.to_looked_up(look_up));
        assert_pending(&mut connecting).await;
        control.begun.recv().unwrap();
        let error = connecting.await.unwrap_err();
        assert!(
            matches!(&error, ConnectError::TimedOut(attempts) if attempts.is_empty()),
            "{error}"
        );
        // Only now does its thread end.
        drop(control.answer);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_look_up_that_takes_long_leaves_the_addresses_the_rest_of_the_time() {
    const LIMIT: Duration = Duration::from_millis(400);
    on_every_backend(|| async {
        let (dead, _held) = silent();
        let (control, look_up) = LookUp::new();
        drop(call_later(LIMIT * 3 / 4, move || {
            // It may have been given up, on a machine that is busy.
            drop(control.answer.send(vec![dead]));
        }));
        let connect = Connect::new().timeout(LIMIT);
        let connecting = connect.to_looked_up(look_up);
        // Longer than the limit, shorter than the look-up and the limit.
        let error = timeout(LIMIT * 3 / 2, connecting).await.expect("it ends");
        assert!(matches!(error, Err(ConnectError::TimedOut(_))), "{error:?}");
    });
}

#[test]
fn nobody_is_connected_to_when_a_look_up_ends_that_was_given_up() {
    on_every_backend(|| async {
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let addr = listener.local_addr().unwrap();
        let (control, look_up) = LookUp::new();
        let connect = Connect::new();
        let mut connecting = Box::pin(connect.to_looked_up(look_up));
        assert_pending(&mut connecting).await;
        control.begun.recv().unwrap();
        drop(connecting);
        control.answer.send(vec![addr]).unwrap();
        let pool = crate::pool::ThreadPool::current().unwrap();
        while pool.stats().completed == 0 {
            yield_now().await;
        }
        assert_pending(&mut Box::pin(listener.accept())).await;
    });
}

#[test]
fn a_look_up_that_fails_or_finds_nothing_is_an_error() {
    on_every_backend(|| async {
        let failed = || Err(io::ErrorKind::NotFound.into());
        for connect in [Connect::new(), Connect::new().no_timeout()] {
            let error = connect.to_looked_up(failed).await.unwrap_err();
            assert!(matches!(error, ConnectError::Resolve(_)), "{error}");
            assert_eq!(io::Error::from(error).kind(), io::ErrorKind::NotFound);
            let error = connect.to_looked_up(|| Ok(Vec::new())).await.unwrap_err();
            assert!(matches!(error, ConnectError::NoAddress), "{error}");
        }
    });
}
