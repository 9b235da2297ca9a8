//! Streams for libraries that read and write through tokio's traits.
//!
//! [`TokioIo`] gives a stream with the traits of `futures-io`, such as a
//! [`TcpStream`](crate::net::TcpStream), those of [`tokio::io`]. A library that leaves it
//! to its user where streams come from, and who runs its futures, then works on the reactor: there is
//! no runtime of tokio's, and none is needed. With tokio-postgres, for example:
//!
//! ```text
//! let stream = TokioIo::new(TcpStream::connect(address).await?);
//! let (client, connection) = config.connect_raw(stream, NoTls).await?;
//! spawn(connection);
//! ```
//!
//! Only the traits are there. What a library starts, waits for or times by tokio itself needs tokio's
//! runtime, and panics without one.
//!
//! ```
//! use crochet_reactor::Reactor;
//! use crochet_reactor::net::{TcpListener, TcpStream};
//! use crochet_reactor::tokio_io::TokioIo;
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//!
//! let mut reactor = Reactor::new()?;
//! let read = reactor.block_on(async {
//!     let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
//!     let mut here = TokioIo::vectored(TcpStream::connect(listener.local_addr()?).await?);
//!     let (there, _) = listener.accept().await?;
//!     here.write_all(b"hello").await?;
//!     here.shutdown().await?;
//!     let mut read = Vec::new();
//!     TokioIo::vectored(there).read_to_end(&mut read).await?;
//!     Ok::<_, std::io::Error>(read)
//! })??;
//! assert_eq!(read, b"hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::tokio::io::ReadBuf;

use crate::adapter::{self, Writing};

/// A stream with the traits of `futures-io`, for those who want tokio's.
#[derive(Debug)]
pub struct TokioIo<T> {
    inner: T,
    writing: Writing,
}

impl<T> TokioIo<T> {
    /// Wraps any stream. Whoever writes to it is told to collect pieces in one buffer.
    #[must_use]
    pub fn new(inner: T) -> Self {
        let writing = Writing::Flat;
        Self { inner, writing }
    }

    /// Wraps a stream that writes several buffers at once as cheaply as one, as sockets do, and tells
    /// so to whoever writes.
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

impl<T: futures_io::AsyncRead + Unpin> ::tokio::io::AsyncRead for TokioIo<T> {
    /// # Panics
    ///
    /// When the stream says that it has read more than there was room for.
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = Pin::new(&mut self.inner);
        // A slice of the caller's is initialised as a whole; the room in a vector is not.
        if buf.initialized().len() < buf.capacity() {
            return adapter::poll_read(stream, cx, buf.remaining(), |read| buf.put_slice(read));
        }
        let room = buf.initialize_unfilled();
        let length = ready!(stream.poll_read(cx, room))?;
        assert!(
            length <= room.len(),
            "a stream read more than it had room for"
        );
        buf.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<T: futures_io::AsyncWrite + Unpin> ::tokio::io::AsyncWrite for TokioIo<T> {
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

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        matches!(self.writing, Writing::Vectored)
    }
}
