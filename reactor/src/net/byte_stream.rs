//! Connected sockets that carry bytes, whatever kind of address they have.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use rustix::fd::AsFd;
use rustix::net::Shutdown;

use super::socket;
use crate::registry::{Direction, Registered};
use crate::stream;

/// A socket of the standard library that is connected, or about to be, and does not block.
///
/// Reads and writes through a shared reference.
pub(super) struct ByteStream<S: AsFd> {
    io: Registered<S>,
}

impl<S: AsFd> ByteStream<S> {
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

impl<S: AsFd> ByteStream<S>
where
    for<'a> &'a S: Read + Write,
{
    pub(super) fn read(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.io
            .io(Direction::Read, move |mut socket: &S| socket.read(buf))
    }

    pub(super) async fn read_exact(&self, buf: &mut [u8]) -> io::Result<()> {
        let mut filled = 0;
        while filled < buf.len() {
            match self.read(&mut buf[filled..]).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                length => filled += length,
            }
        }
        Ok(())
    }

    pub(super) fn write(&self, buf: &[u8]) -> impl Future<Output = io::Result<usize>> {
        self.io
            .io(Direction::Write, move |socket| socket::send(socket, buf))
    }

    pub(super) async fn write_all(&self, buf: &[u8]) -> io::Result<()> {
        stream::write_all(buf, async |rest| self.write(rest).await).await
    }
}

impl<S: AsFd> AsyncRead for &ByteStream<S>
where
    for<'a> &'a S: Read,
{
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.io
            .poll_io(Direction::Read, cx, |mut socket: &S| socket.read(buf))
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.io.poll_io(Direction::Read, cx, |mut socket: &S| {
            socket.read_vectored(bufs)
        })
    }
}

impl<S: AsFd> AsyncWrite for &ByteStream<S>
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

impl<S: AsFd + fmt::Debug> fmt::Debug for ByteStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.io.fmt(f)
    }
}
