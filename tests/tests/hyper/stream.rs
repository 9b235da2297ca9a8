//! What passes through the wrapper of a stream.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crochet::hyper::{HyperIo, HyperTimer};
use crochet::testing::Harness;
use futures_io::AsyncRead;
use hyper::rt::{Read, ReadBuf};
use hyper::server;
use hyper::service::service_fn;

use crate::pipe::{End, pipe};
use crate::support::answer;

const REQUEST: &[u8] = b"POST /echo HTTP/1.1\r\nhost: here\r\ncontent-length: 4\r\n\r\nfour";

/// Returns what a server writes to answer a request: of each write, the bytes and the buffers.
fn writes(wrap: impl FnOnce(End) -> HyperIo<End> + 'static) -> Vec<(usize, usize)> {
    let (peer, stream) = pipe();
    let writes = stream.writes();
    let mut harness = Harness::new();
    drop(harness.spawn(async move {
        let service = service_fn(|request| answer(request, Rc::default()));
        server::conn::http1::Builder::new()
            .timer(HyperTimer)
            .serve_connection(wrap(stream), service)
            .await
    }));
    peer.send(REQUEST);
    harness.run_until_idle();
    let answer = String::from_utf8(peer.received()).expect("text");
    assert!(answer.ends_with("\r\n\r\nfour"), "{answer}");
    writes.take()
}

#[test]
fn a_head_and_a_body_are_one_write_in_pieces_or_in_one_piece() {
    let vectored = writes(HyperIo::vectored);
    let [(bytes, 2)] = *vectored else {
        panic!("one write of two buffers: {vectored:?}");
    };
    assert_eq!(writes(HyperIo::new), [(bytes, 1)]);
}

#[test]
fn the_stream_can_be_used_and_comes_back() {
    let (peer, stream) = pipe();
    let mut io = HyperIo::new(stream);
    peer.send(b"one");
    assert_eq!(io.get_ref().received(), b"one");
    io.get_mut().send(b"two");
    assert_eq!(peer.received(), b"two");
    drop(io.into_inner());
    assert!(peer.is_closed());
}

/// Reads once, into room for so many bytes.
async fn read<T: AsyncRead + Unpin>(io: &mut HyperIo<T>, room: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; room];
    poll_fn(|cx| {
        let mut buf = ReadBuf::new(&mut bytes);
        let polled = Pin::new(&mut *io).poll_read(cx, buf.unfilled());
        polled.map_ok(|()| buf.filled().to_vec())
    })
    .await
}

#[test]
fn a_read_takes_no_more_than_there_is_room_for() {
    let (peer, stream) = pipe();
    let sent: Vec<u8> = (0..200_000_u32).map(|byte| byte.to_le_bytes()[0]).collect();
    let received = Harness::new().block_on(async move {
        let mut io = HyperIo::new(stream);
        peer.send(&sent);
        drop(peer);
        let mut received = read(&mut io, 3).await.unwrap();
        assert_eq!(received.len(), 3);
        while received.len() < sent.len() {
            let more = read(&mut io, 1 << 20).await.unwrap();
            assert!(!more.is_empty());
            received.extend(more);
        }
        assert!(read(&mut io, 1).await.unwrap().is_empty(), "it has ended");
        assert!(received == sent);
        received.len()
    });
    assert_eq!(received.expect("the test ends"), 200_000);
}

/// A stream that reads through a wrapper itself, and adds one to every byte.
struct Outer(HyperIo<End>);

impl AsyncRead for Outer {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        out.fill(b'!');
        let mut bytes = vec![0; out.len()];
        let mut buf = ReadBuf::new(&mut bytes);
        let polled = Pin::new(&mut self.0).poll_read(cx, buf.unfilled());
        polled.map_ok(|()| {
            let filled = buf.filled();
            for (to, from) in out.iter_mut().zip(filled) {
                *to = from + 1;
            }
            filled.len()
        })
    }
}

#[test]
fn a_stream_may_read_through_another_wrapper() {
    let (peer, stream) = pipe();
    let read = Harness::new().block_on(async move {
        peer.send(b"HAL");
        let mut io = HyperIo::new(Outer(HyperIo::new(stream)));
        read(&mut io, 8).await.unwrap()
    });
    assert_eq!(read.expect("the test ends"), b"IBM");
}

/// A stream that says it has read more than it was asked for.
struct Liar(Rc<Cell<usize>>);

impl AsyncRead for Liar {
    fn poll_read(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.0.set(buf.len());
        Poll::Ready(Ok(buf.len() + 1))
    }
}

#[test]
#[should_panic(expected = "a stream read more than it had room for")]
fn a_stream_that_lies_about_what_it_read_is_not_believed() {
    let asked = Rc::new(Cell::new(0));
    let mut io = HyperIo::new(Liar(Rc::clone(&asked)));
    let mut bytes = [0; 16];
    let mut buf = ReadBuf::new(&mut bytes);
    let mut cx = Context::from_waker(std::task::Waker::noop());
    let polled = Pin::new(&mut io).poll_read(&mut cx, buf.unfilled());
    unreachable!("{polled:?}, asked for {}", asked.get());
}
