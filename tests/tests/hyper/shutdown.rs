//! The end of connections: asked for, and with the reactor.

use std::future::Future;
use std::io::{Read, Write};
use std::net;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use crochet::hyper::{HyperExecutor, HyperIo, HyperTimer};
use crochet::net::TcpListener;
use crochet::{Deferred, spawn};
use crochet_tests::LONG;
use crochet_tests::backends::{for_every_backend, on_every_backend};
use hyper::server;
use hyper::service::service_fn;

use crate::support::{
    Count, LOOPBACK, Version, answer, body, get, http1_client, http2_client, start,
};

/// Runs a connection, and asks it to end when `asked` is ready.
async fn run_until_asked<C, T>(
    connection: C,
    graceful_shutdown: impl Fn(Pin<&mut C>),
    asked: Deferred<()>,
) -> T
where
    C: Future<Output = T>,
{
    let (mut connection, mut asked) = (pin!(connection), Some(pin!(asked)));
    std::future::poll_fn(move |cx| {
        if let Some(waiting) = &mut asked {
            if waiting.as_mut().poll(cx).is_ready() {
                asked = None;
                graceful_shutdown(connection.as_mut());
            }
        }
        connection.as_mut().poll(cx)
    })
    .await
}

#[test]
fn an_http1_connection_that_is_asked_to_end_finishes_its_request() {
    on_every_backend(|| async {
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let address = listener.local_addr().unwrap();
        let (ask, asked) = Deferred::new();
        let count = Count::default();
        let theirs = Rc::clone(&count);
        let server = spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let service = service_fn(move |request| answer(request, Rc::clone(&theirs)));
            let connection = server::conn::http1::Builder::new()
                .timer(HyperTimer)
                .serve_connection(HyperIo::vectored(stream), service);
            run_until_asked(connection, |one| one.graceful_shutdown(), asked).await
        });
        let mut client = http1_client(address).await;
        let request = spawn(async move {
            let response = client.send_request(get("/slow")).await.unwrap();
            let headers = response.headers().clone();
            (headers, body(response).await.unwrap(), client)
        });
        until(|| count.get() == 1).await;
        ask.fire(()).expect("somebody waits");
        let (headers, text, mut client) = request.await.expect("it does not panic");
        assert_eq!(text, "at last");
        assert_eq!(headers["connection"], "close");
        server.await.expect("no panic").expect("an orderly end");
        assert!(client.ready().await.is_err(), "the connection has ended");
    });
}

#[test]
fn an_http2_connection_that_is_asked_to_end_finishes_its_requests_and_takes_no_more() {
    on_every_backend(|| async {
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let address = listener.local_addr().unwrap();
        let (ask, asked) = Deferred::new();
        let count = Count::default();
        let theirs = Rc::clone(&count);
        let server = spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let service = service_fn(move |request| answer(request, Rc::clone(&theirs)));
            let connection = server::conn::http2::Builder::new(HyperExecutor)
                .timer(HyperTimer)
                .serve_connection(HyperIo::vectored(stream), service);
            run_until_asked(connection, |one| one.graceful_shutdown(), asked).await
        });
        let client = http2_client(address).await;
        let requests: Vec<_> = (0..10)
            .map(|_| {
                let mut client = client.clone();
                spawn(async move { body(client.send_request(get("/slow")).await?).await })
            })
            .collect();
        until(|| count.get() == 10).await;
        ask.fire(()).expect("somebody waits");
        for request in requests {
            let text = request.await.expect("it does not panic");
            assert_eq!(text.expect("it is finished"), "at last");
        }
        server.await.expect("no panic").expect("an orderly end");
        let late = client.clone().send_request(get("/hello")).await;
        assert!(late.is_err(), "{late:?}");
        assert_eq!(count.get(), 10);
    });
}

#[test]
fn a_request_that_is_being_served_ends_with_the_reactor() {
    for_every_backend(|settings| {
        let mut reactor = settings.build().expect("a reactor can be made");
        let peers = reactor.block_on(async {
            let count = Count::default();
            let address = start(Version::Http1, &count);
            let peers = [(); 3].map(|()| {
                let mut peer = net::TcpStream::connect(address).expect("it listens");
                let request = b"GET /slow HTTP/1.1\r\nhost: here\r\n\r\n";
                peer.write_all(request).expect("there is room");
                peer
            });
            until(|| count.get() == 3).await;
            peers
        });
        for mut peer in peers.expect("it ends") {
            peer.set_read_timeout(Some(LONG)).expect("a valid time");
            let mut rest = Vec::new();
            peer.read_to_end(&mut rest).expect("it is closed in order");
            assert_eq!(String::from_utf8_lossy(&rest), "");
        }
    });
}

/// Returns when `done` says so, after as many turns of the loop as it takes.
async fn until(done: impl Fn() -> bool) {
    std::future::poll_fn(|cx| {
        if done() {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
