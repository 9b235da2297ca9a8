//! Short reads that leave something behind: the end, bytes behind urgent data, more slices than one call takes.

use std::future::poll_fn;
use std::io::{IoSliceMut, Write as _};
use std::net::{TcpListener as StdListener, TcpStream as StdStream};
use std::os::fd::AsRawFd;
use std::pin::Pin;

use crochet::net::{TcpListener, TcpStream};
use crochet_tests::backends::on_every_backend;
use futures_io::AsyncRead as _;

/// A connection whose other end is the standard library's.
async fn pair() -> (TcpStream, StdStream) {
    let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let peer = StdStream::connect(listener.local_addr().unwrap()).unwrap();
    peer.set_nodelay(true).unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    (stream, peer)
}

fn send_urgent(peer: &StdStream, byte: u8) {
    // SAFETY: the socket is open, and the buffer has one byte.
    let sent = unsafe { libc::send(peer.as_raw_fd(), (&raw const byte).cast(), 1, libc::MSG_OOB) };
    assert_eq!(sent, 1);
}

async fn read(stream: &TcpStream) -> Vec<u8> {
    let mut buf = [0; 64];
    let length = stream.read(&mut buf).await.unwrap();
    buf[..length].to_vec()
}

#[test]
fn bytes_behind_urgent_data_are_read_without_another_event() {
    on_every_backend(|| async {
        let (stream, mut peer) = pair().await;
        // Before the poller has been asked, so that one event tells of all.
        peer.write_all(b"before").unwrap();
        send_urgent(&peer, b'!');
        peer.write_all(b"behind").unwrap();
        assert_eq!(read(&stream).await, b"before");
        assert_eq!(read(&stream).await, b"behind");
        // And when the first read was a short one for which there had been an event.
        peer.write_all(b"next").unwrap();
        assert_eq!(read(&stream).await, b"next");
        peer.write_all(b"more").unwrap();
        send_urgent(&peer, b'!');
        peer.write_all(b"last").unwrap();
        drop(peer);
        assert_eq!(read(&stream).await, b"more");
        assert_eq!(read(&stream).await, b"last");
        assert_eq!(read(&stream).await, b"");
    });
}

#[test]
fn the_end_that_comes_with_the_last_bytes_is_read() {
    on_every_backend(|| async {
        for with_event in [true, false] {
            let (stream, mut peer) = pair().await;
            if with_event {
                peer.write_all(b"first").unwrap();
                assert_eq!(read(&stream).await, b"first");
            }
            peer.write_all(b"last").unwrap();
            drop(peer);
            assert_eq!(read(&stream).await, b"last");
            assert_eq!(read(&stream).await, b"");
        }
    });
}

#[test]
fn more_slices_than_a_call_takes_are_filled_by_the_next_ones() {
    on_every_backend(|| async {
        let (stream, mut peer) = pair().await;
        let sent: Vec<u8> = (0..2000_u32)
            .map(|number| number.to_le_bytes()[0])
            .collect();
        peer.write_all(&sent).unwrap();
        let mut got = Vec::new();
        while got.len() < sent.len() {
            let mut bytes = [0_u8; 1500];
            let mut slices: Vec<_> = bytes.chunks_mut(1).map(IoSliceMut::new).collect();
            let mut reader = &stream;
            let read = poll_fn(|cx| Pin::new(&mut reader).poll_read_vectored(cx, &mut slices));
            let length = read.await.unwrap();
            got.extend_from_slice(&bytes[..length]);
        }
        assert!(got == sent);
    });
}

#[test]
fn a_connection_that_others_have_used_is_read_until_there_is_nothing() {
    on_every_backend(|| async {
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        let mut peer = StdStream::connect(listener.local_addr().unwrap()).unwrap();
        peer.set_nodelay(true).unwrap();
        let (used, _) = listener.accept().unwrap();
        peer.write_all(b"before").unwrap();
        send_urgent(&peer, b'!');
        peer.write_all(b"behind").unwrap();
        // The mark stays when the urgent byte has been read, and the poller is told of bytes alone.
        let mut byte = 0_u8;
        // SAFETY: the socket is open, and the buffer has room for one byte.
        let received =
            unsafe { libc::recv(used.as_raw_fd(), (&raw mut byte).cast(), 1, libc::MSG_OOB) };
        assert_eq!((received, byte), (1, b'!'));
        let stream = TcpStream::from_std(used).unwrap();
        assert_eq!(read(&stream).await, b"before");
        assert_eq!(read(&stream).await, b"behind");
    });
}
