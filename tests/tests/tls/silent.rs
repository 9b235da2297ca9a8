//! Peers that never answer.

use std::cell::Cell;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crochet::JoinHandle;
use crochet::testing::Harness;
use crochet::tls::{TlsClient, TlsError, TlsServer};
use futures_io::{AsyncRead, AsyncWrite};

use crate::support::{Authority, NAME, name};

/// A stream that takes everything and brings nothing.
#[derive(Debug, Default)]
struct Silent {
    dropped: Rc<Cell<bool>>,
}

impl Drop for Silent {
    fn drop(&mut self) {
        self.dropped.set(true);
    }
}

impl AsyncRead for Silent {
    fn poll_read(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        _buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Pending
    }
}

impl AsyncWrite for Silent {
    fn poll_write(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn client() -> TlsClient {
    TlsClient::new(Arc::new(Authority::new().client()))
}

fn server() -> TlsServer {
    TlsServer::new(Arc::new(Authority::new().issue().server()))
}

/// Asserts that a handshake is given up, with its stream, after this time and no sooner.
fn assert_given_up<T: 'static>(
    mut harness: Harness,
    handshake: JoinHandle<Result<T, TlsError>>,
    dropped: &Cell<bool>,
    limit: Duration,
) {
    harness.run_until_idle();
    harness.advance(limit - Duration::from_micros(1));
    assert!(!handshake.is_finished() && !dropped.get());
    harness.advance(Duration::from_micros(1));
    assert!(handshake.is_finished() && dropped.get());
    let ended = harness.block_on(handshake).expect("it has ended");
    assert!(matches!(ended, Ok(Err(TlsError::TimedOut))));
}

#[test]
fn a_server_that_never_answers_is_given_up_when_the_time_is_up() {
    for (client, limit) in [
        (client(), TlsClient::TIMEOUT),
        (
            client().timeout(Duration::from_secs(3)),
            Duration::from_secs(3),
        ),
    ] {
        let stream = Silent::default();
        let dropped = Rc::clone(&stream.dropped);
        let harness = Harness::new();
        let handshake = harness.spawn(async move { client.connect(name(NAME), stream).await });
        assert_given_up(harness, handshake, &dropped, limit);
    }
}

#[test]
fn a_client_that_never_says_anything_is_given_up_when_the_time_is_up() {
    for (server, limit) in [
        (server(), TlsServer::TIMEOUT),
        (
            server().timeout(Duration::from_secs(3)),
            Duration::from_secs(3),
        ),
    ] {
        let stream = Silent::default();
        let dropped = Rc::clone(&stream.dropped);
        let harness = Harness::new();
        let handshake = harness.spawn(async move { server.accept(stream).await });
        assert_given_up(harness, handshake, &dropped, limit);
    }
}

#[test]
fn without_a_reactor_a_handshake_says_so() {
    let client = client();
    let mut connecting = pin!(client.connect(name(NAME), Silent::default()));
    let mut cx = Context::from_waker(Waker::noop());
    let polled = connecting.as_mut().poll(&mut cx);
    assert!(
        matches!(polled, Poll::Ready(Err(TlsError::NotOnReactor(_)))),
        "{polled:?}"
    );
}
