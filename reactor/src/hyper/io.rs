//! Streams for hyper.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use ::hyper::rt::{Read, ReadBufCursor, Write};
use futures_io::{AsyncRead, AsyncWrite};

use crate::adapter::{self, Writing};

/// A stream with the traits of `futures-io`, such as a [`TcpStream`](crate::net::TcpStream), as
/// hyper wants it.
#[derive(Debug)]
pub struct HyperIo<T> {
    inner: T,
    writing: Writing,
}

impl<T> HyperIo<T> {
    /// Wraps any stream. hyper collects what it writes in one buffer.
    #[must_use]
    pub fn new(inner: T) -> Self {
        let writing = Writing::Flat;
        Self { inner, writing }
    }

    /// Wraps a stream that writes several buffers at once as cheaply as one, as sockets do. hyper
    /// then copies no body.
    ///
    /// With a stream that passes on only the first buffer, every piece would be a write of its own.
    #[must_use]
    pub fn vectored(inner: T) -> Self {
        let writing = Writing::Vectored;
        Self { inner, writing }
    }

    /// Returns the stream.
    #[must_use]
    pub fn get_ref(&self) -> &T {
        &self.inner
    }

    /// Returns the stream, for use.
    #[must_use]
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    /// Gives the stream back.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl<T: AsyncRead + Unpin> Read for HyperIo<T> {
    /// # Panics
    ///
    /// When the stream says that it has read more than there was room for.
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let room = cursor.remaining();
        let stream = Pin::new(&mut self.inner);
        adapter::poll_read(stream, cx, room, |read| cursor.put_slice(read))
    }
}

impl<T: AsyncWrite + Unpin> Write for HyperIo<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }

    fn is_write_vectored(&self) -> bool {
        matches!(self.writing, Writing::Vectored)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }
}
