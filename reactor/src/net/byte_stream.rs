//! Connected sockets that carry bytes, whatever kind of address they have.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem;
use std::net;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::{AsyncRead, AsyncWrite};
use rustix::fd::AsFd;
use rustix::net::Shutdown;

use super::socket;
use crate::registry::{Direction, Registered, Waiting};

/// A kind of socket that carries bytes.
pub(super) trait Socket: AsFd {
    /// Whether a read that does not fill its buffer has left nothing to be read, unless the poller
    /// [has told](crate::backend::Event::is_more) of something else: then there is no need to ask again
    /// before the next event.
    const SHORT_READS_DRAIN: bool;
}

impl Socket for net::TcpStream {
    // Elsewhere a read may stop short of urgent data, of which the poller does not tell.
    const SHORT_READS_DRAIN: bool = cfg!(any(target_os = "linux", target_os = "android"));
}

#[cfg(unix)]
impl Socket for std::os::unix::net::UnixStream {
    // A read stops short of bytes that came with a file descriptor.
    const SHORT_READS_DRAIN: bool = false;
}

/// How many slices one call reads into; those behind are left out of it.
const SLICES: usize = 1024;

/// A socket of the standard library that is connected, or about to be, and does not block.
///
/// Reads and writes through a shared reference.
pub(super) struct ByteStream<S: Socket> {
    io: Registered<S>,
}

impl<S: Socket> ByteStream<S> {
    pub(super) fn new(socket: S) -> io::Result<Self> {
        let io = Registered::new(socket)?;
        Ok(Self { io })
    }

    pub(super) fn registered(&self) -> &Registered<S> {
        &self.io
    }

    pub(super) fn socket(&self) -> &S {
        self.io.source()
    }

    /// Waits until the connection, which was begun, has been made.
    pub(super) async fn made(&self) -> io::Result<()> {
        self.io.expect_event(Direction::Write)?;
        self.io.io(Direction::Write, socket::is_connected).await
    }
}

impl<S: Socket> ByteStream<S>
where
    for<'a> &'a S: Read + Write,
{
    pub(super) fn read(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        let attempt = |socket: &S| receive(&self.io, socket, buf);
        self.io.io(Direction::Read, attempt)
    }

    pub(super) fn read_exact<'a>(&self, buf: &'a mut [u8]) -> ReadExact<'_, 'a, S> {
        ReadExact {
            waiting: self.io.waiting(Direction::Read),
            rest: buf,
        }
    }

    pub(super) fn write(&self, buf: &[u8]) -> impl Future<Output = io::Result<usize>> {
        self.io
            .io(Direction::Write, move |socket| socket::send(socket, buf))
    }

    pub(super) fn write_all<'a>(&self, buf: &'a [u8]) -> WriteAll<'_, 'a, S> {
        WriteAll {
            waiting: self.io.waiting(Direction::Write),
            rest: buf,
        }
    }
}

/// Reads, and takes note of whether that has left something behind.
fn receive<S: Socket>(io: &Registered<S>, socket: &S, buf: &mut [u8]) -> io::Result<usize>
where
    for<'a> &'a S: Read,
{
    let wanted = buf.len();
    note(io, socket::recv(socket, buf), wanted)
}

/// Takes note of how much of what was wanted has been read.
fn note<S: Socket>(
    io: &Registered<S>,
    read: io::Result<usize>,
    wanted: usize,
) -> io::Result<usize> {
    // Nothing at all is the end.
    if S::SHORT_READS_DRAIN && matches!(read, Ok(length) if 0 < length && length < wanted) {
        io.drained();
    }
    read
}

/// Reads until a buffer is full.
///
/// This and [`WriteAll`] are written out, because connections that wait in them are many: an `async fn`
/// keeps its arguments beside what it has made of them, and so does each one that calls it.
pub(super) struct ReadExact<'s, 'b, S: Socket> {
    waiting: Waiting<'s, S>,
    rest: &'b mut [u8],
}

impl<S: Socket> Future for ReadExact<'_, '_, S>
where
    for<'a> &'a S: Read,
{
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { waiting, rest } = &mut *self;
        let io = waiting.registered();
        while !rest.is_empty() {
            match ready!(waiting.poll_io(cx, |socket| receive(io, socket, rest)))? {
                0 => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                length => *rest = &mut mem::take(rest)[length..],
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Writes a buffer to its end.
pub(super) struct WriteAll<'s, 'b, S: Socket> {
    waiting: Waiting<'s, S>,
    rest: &'b [u8],
}

impl<S: Socket> Future for WriteAll<'_, '_, S>
where
    for<'a> &'a S: Write,
{
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { waiting, rest } = &mut *self;
        while !rest.is_empty() {
            match ready!(waiting.poll_io(cx, |socket| socket::send(socket, rest)))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                length => *rest = &rest[length..],
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Socket> AsyncRead for &ByteStream<S>
where
    for<'a> &'a S: Read,
{
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let attempt = |socket: &S| receive(&self.io, socket, buf);
        self.io.poll_io(Direction::Read, cx, attempt)
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let filled = bufs.iter().take(SLICES);
        let wanted = filled.map(|buf| buf.len()).sum();
        let attempt = |mut socket: &S| note(&self.io, socket.read_vectored(bufs), wanted);
        self.io.poll_io(Direction::Read, cx, attempt)
    }
}

impl<S: Socket> AsyncWrite for &ByteStream<S>
where
    for<'a> &'a S: Write,
{
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.io
            .poll_io(Direction::Write, cx, |socket| socket::send(socket, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.io.poll_io(Direction::Write, cx, |socket| {
            socket::send_vectored(socket, bufs)
        })
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Nothing is buffered here.
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = rustix::net::shutdown(self.socket().as_fd(), Shutdown::Write);
        Poll::Ready(socket::tolerate_closed(closed.map_err(io::Error::from)))
    }
}

impl<S: Socket + fmt::Debug> fmt::Debug for ByteStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.io.fmt(f)
    }
}
