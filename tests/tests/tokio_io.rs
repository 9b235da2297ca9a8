//! Streams behind tokio's I/O traits, without tokio's runtime.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crochet::net::{TcpListener, TcpStream};
use crochet::spawn;
use crochet::tokio_io::TokioIo;
use crochet_tests::backends::on_every_backend;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

/// Returns bytes of which no two parts are alike.
fn pattern(length: u32) -> Vec<u8> {
    (0..length / 4).flat_map(u32::to_le_bytes).collect()
}

async fn connected() -> (TcpStream, TcpStream) {
    let loopback: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let listener = TcpListener::bind(loopback).unwrap();
    let here = TcpStream::connect(listener.local_addr().unwrap());
    let here = here.await.expect("it listens");
    let (there, _) = listener.accept().await.expect("a connection");
    (here, there)
}

#[test]
fn a_stream_does_not_see_what_another_has_received() {
    /// Gives secrets out, and looks at the room that it is given.
    struct Looking {
        gives: usize,
        fails: bool,
    }

    impl futures_io::AsyncRead for Looking {
        fn poll_read(
            self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
            room: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            assert!(room.iter().all(|byte| *byte == 0), "it sees what was read");
            room[..self.gives].fill(b'x');
            Poll::Ready(match self.fails {
                false => Ok(self.gives),
                true => Err(io::ErrorKind::ConnectionReset.into()),
            })
        }
    }

    for (gives, fails) in [(1000, false), (3, true), (10, false), (0, false)] {
        let mut received = vec![std::mem::MaybeUninit::uninit(); 4096];
        let mut received = ReadBuf::uninit(&mut received);
        let mut stream = TokioIo::new(Looking { gives, fails });
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(read) = Pin::new(&mut stream).poll_read(&mut cx, &mut received) else {
            panic!("it is always ready");
        };
        assert_eq!(read.is_err(), fails);
        assert_eq!(received.filled().len(), if fails { 0 } else { gives });
    }
}

#[test]
fn what_is_written_comes_back_and_ends_where_the_writer_ends() {
    on_every_backend(|| async {
        let (here, there) = connected().await;
        let echo = spawn(async move {
            let (mut reader, mut writer) = tokio::io::split(TokioIo::vectored(there));
            let copied = tokio::io::copy(&mut reader, &mut writer).await.unwrap();
            writer.shutdown().await.unwrap();
            copied
        });
        let (mut reader, mut writer) = tokio::io::split(TokioIo::vectored(here));
        let sent = pattern(3 << 20);
        let expected = sent.clone();
        let write = spawn(async move {
            writer.write_all(&sent).await.unwrap();
            writer.shutdown().await.unwrap();
        });
        // A slice, which is initialised, and then a vector's room, which is not.
        let mut head = [0; 1000];
        reader.read_exact(&mut head).await.unwrap();
        let mut received = head.to_vec();
        reader.read_to_end(&mut received).await.unwrap();
        assert!(received == expected, "{} bytes", received.len());
        write.await.expect("no panic");
        assert_eq!(echo.await.expect("no panic"), 3 << 20);
    });
}

#[test]
fn a_connection_that_is_aborted_is_an_error_of_the_same_kind() {
    on_every_backend(|| async {
        let (here, there) = connected().await;
        there.abort().expect("it is connected");
        let read = TokioIo::new(here).read_u8().await.unwrap_err();
        assert_eq!(read.kind(), io::ErrorKind::ConnectionReset);
    });
}

/// A stream in memory, which notes its writes and lets them be read.
#[derive(Debug, Default)]
struct Memory {
    bytes: VecDeque<u8>,
    /// How many bytes and buffers each write had.
    writes: Vec<(usize, usize)>,
    /// The room that the last read had.
    room: usize,
}

impl futures_io::AsyncRead for Memory {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.room = buf.len();
        Poll::Ready(io::Read::read(&mut self.bytes, buf))
    }
}

impl futures_io::AsyncWrite for Memory {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length = bufs.iter().map(|buf| buf.len()).sum();
        self.writes.push((length, bufs.len()));
        for buf in bufs {
            self.bytes.extend(&**buf);
        }
        Poll::Ready(Ok(length))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Returns what a future that waits for nothing gives.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut cx = Context::from_waker(Waker::noop());
    match Box::pin(future).as_mut().poll(&mut cx) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn several_buffers_are_one_write_of_a_stream_that_can_and_of_no_other() {
    let write = |mut io: TokioIo<Memory>| {
        let buffers = [&b"head"[..], b"body"].map(IoSlice::new);
        let written = at_once(io.write_vectored(&buffers)).unwrap();
        (written, io.is_write_vectored(), io.into_inner().writes)
    };
    let memory = Memory::default;
    let expected = (8, true, vec![(8, 2)]);
    assert_eq!(write(TokioIo::vectored(memory())), expected);
    let told = write(TokioIo::new(memory())).1;
    assert!(!told, "whoever writes is told to collect");
}

#[test]
fn a_read_goes_behind_what_is_there_and_takes_no_more_than_there_is_room_for() {
    let mut io = TokioIo::new(Memory::default());
    io.get_mut().bytes.extend(b"abcdefgh");
    let mut initialised = [b'!'; 5];
    let mut buf = ReadBuf::new(&mut initialised);
    buf.put_slice(b"12");
    read(&mut io, &mut buf).unwrap();
    assert_eq!((buf.filled(), io.get_ref().room), (&b"12abc"[..], 3));

    let mut uninitialised = [const { std::mem::MaybeUninit::uninit() }; 6];
    let mut buf = ReadBuf::uninit(&mut uninitialised);
    buf.put_slice(b"34");
    read(&mut io, &mut buf).unwrap();
    assert_eq!((buf.filled(), io.get_ref().room), (&b"34defg"[..], 4));
    // There is none left, which is no end.
    read(&mut io, &mut buf).unwrap();
    assert_eq!(io.get_ref().bytes, b"h");
}

#[test]
fn a_read_into_much_room_that_is_not_initialised_asks_for_a_part() {
    let mut io = TokioIo::new(Memory::default());
    let sent = pattern(200_000);
    io.get_mut().bytes.extend(&sent);
    let mut received = Vec::with_capacity(1 << 20);
    while at_once(io.read_buf(&mut received)).unwrap() > 0 {
        assert!(io.get_ref().room <= 64 << 10);
    }
    assert!(received == sent);
}

fn read(io: &mut TokioIo<Memory>, buf: &mut ReadBuf<'_>) -> io::Result<()> {
    at_once(poll_fn(|cx| Pin::new(&mut *io).poll_read(cx, buf)))
}

/// A stream that says it has read more than it was asked for.
struct Liar;

impl futures_io::AsyncRead for Liar {
    fn poll_read(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len() + 1))
    }
}

#[test]
#[should_panic(expected = "a stream read more than it had room for")]
fn a_stream_that_lies_about_what_it_read_is_not_believed() {
    let read = at_once(TokioIo::new(Liar).read(&mut [0; 16]));
    unreachable!("{read:?}");
}

#[test]
#[should_panic(expected = "a stream read more than it had room for")]
fn nor_is_one_that_reads_into_a_vector() {
    let read = at_once(TokioIo::new(Liar).read_buf(&mut Vec::with_capacity(16)));
    unreachable!("{read:?}");
}
