//! The two directions of a TCP connection, with an owner each.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};

use super::stream::TcpStream;

/// The half of a [`TcpStream`] that reads.
#[derive(Debug)]
pub struct TcpReader {
    stream: Rc<TcpStream>,
}

/// The half of a [`TcpStream`] that writes. Dropping it closes its direction; the other end reads an
/// end then.
#[derive(Debug)]
pub struct TcpWriter {
    stream: Rc<TcpStream>,
}

pub(super) fn split(stream: TcpStream) -> (TcpReader, TcpWriter) {
    let stream = Rc::new(stream);
    let reader = TcpReader {
        stream: Rc::clone(&stream),
    };
    (reader, TcpWriter { stream })
}

impl TcpReader {
    /// Returns the connection, of which this half should only be used to read.
    #[must_use]
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }
}

impl TcpWriter {
    /// Returns the connection, of which this half should only be used to write.
    #[must_use]
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Ends reads of the other half, and resets the connection when that has been dropped too.
    ///
    /// # Errors
    ///
    /// Whatever the system reports; the direction is closed all the same.
    pub fn abort(self) -> io::Result<()> {
        self.stream.set_linger(Some(Duration::ZERO))?;
        tolerate_closed(self.stream.shutdown(Shutdown::Read))
    }
}

impl Drop for TcpWriter {
    fn drop(&mut self) {
        if matches!(self.stream.linger(), Ok(Some(Duration::ZERO))) {
            // A reset is to come, which an orderly end must not precede.
            return;
        }
        if let Err(error) = tolerate_closed(self.stream.shutdown(Shutdown::Write)) {
            log::debug!(target: "crochet::reactor", "closing a direction failed: {error}");
        }
    }
}

/// Takes it well when the connection, which is to be closed, has been already.
fn tolerate_closed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
        result => result,
    }
}

impl AsyncRead for TcpReader {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self.stream).poll_read(cx, buf)
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self.stream).poll_read_vectored(cx, bufs)
    }
}

impl AsyncWrite for TcpWriter {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self.stream).poll_write_vectored(cx, bufs)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut &*self.stream).poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut &*self.stream).poll_close(cx)
    }
}
