//! TCP streams and listeners.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};

use crate::registry::{Direction, Registered};

/// A TCP connection.
///
/// Reads and writes go through [`futures_io::AsyncRead`] and [`futures_io::AsyncWrite`], which are
/// also implemented for `&TcpStream`: one task may read while another writes. In each direction the
/// task that polled last is the one that is woken.
#[derive(Debug)]
pub struct TcpStream {
    io: Registered<mio::net::TcpStream>,
}

impl TcpStream {
    /// Connects to `addr`.
    ///
    /// # Errors
    ///
    /// Whatever the system reports: refused, unreachable, reset; not being on a reactor.
    ///
    /// # Cancellation
    ///
    /// Dropping the future closes the socket.
    pub async fn connect(addr: SocketAddr) -> io::Result<Self> {
        let io = Registered::new(mio::net::TcpStream::connect(addr)?)?;
        io.expect_event(Direction::Write);
        io.io(Direction::Write, is_connected).await?;
        Ok(Self { io })
    }

    /// Reads what there is, at least one byte unless the other end has closed; zero tells that it
    /// has, or that `buf` is empty.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready takes nothing from the stream.
    pub async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io
            .io(Direction::Read, |mut stream| stream.read(buf))
            .await
    }

    /// Reads until `buf` is full.
    ///
    /// # Errors
    ///
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) when the other end closes before; otherwise
    /// whatever the system reports.
    ///
    /// # Cancellation
    ///
    /// What has been read so far is lost when the future is dropped.
    pub async fn read_exact(&self, buf: &mut [u8]) -> io::Result<()> {
        let mut filled = 0;
        while filled < buf.len() {
            match self.read(&mut buf[filled..]).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                length => filled += length,
            }
        }
        Ok(())
    }

    /// Writes as much of `buf` as the system takes, and returns how much that was.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready writes nothing.
    pub async fn write(&self, buf: &[u8]) -> io::Result<usize> {
        self.io
            .io(Direction::Write, |mut stream| stream.write(buf))
            .await
    }

    /// Writes all of `buf`.
    ///
    /// # Errors
    ///
    /// Whatever the system reports; then a part may have been written.
    ///
    /// # Cancellation
    ///
    /// When the future is dropped, a part may have been written.
    pub async fn write_all(&self, buf: &[u8]) -> io::Result<()> {
        let mut rest = buf;
        while !rest.is_empty() {
            match self.write(rest).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                length => rest = &rest[length..],
            }
        }
        Ok(())
    }

    fn from_mio(stream: mio::net::TcpStream) -> io::Result<Self> {
        Ok(Self {
            io: Registered::new(stream)?,
        })
    }

    /// Returns the address of the other end.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.source().peer_addr()
    }

    /// Returns the address of this end.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.source().local_addr()
    }

    /// Sends small segments at once (`true`) or lets the system collect them (`false`).
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.io.source().set_nodelay(nodelay)
    }

    /// Closes one direction, or both.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.io.source().shutdown(how)
    }
}

/// Tells whether a connection that was begun has been made; would block while it has not.
fn is_connected(stream: &mio::net::TcpStream) -> io::Result<()> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    match stream.peer_addr() {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotConnected => {
            Err(io::ErrorKind::WouldBlock.into())
        }
        Err(error) => Err(error),
    }
}

impl AsyncRead for &TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.io
            .poll_io(Direction::Read, cx, |mut stream| stream.read(buf))
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.io
            .poll_io(Direction::Read, cx, |mut stream| stream.read_vectored(bufs))
    }
}

impl AsyncWrite for &TcpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.io
            .poll_io(Direction::Write, cx, |mut stream| stream.write(buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.io.poll_io(Direction::Write, cx, |mut stream| {
            stream.write_vectored(bufs)
        })
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Nothing is buffered here.
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.shutdown(Shutdown::Write) {
            // The other end was faster, which leaves nothing to close.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Poll::Ready(Ok(())),
            result => Poll::Ready(result),
        }
    }
}

impl AsyncRead for TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self).poll_read(cx, buf)
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self).poll_read_vectored(cx, bufs)
    }
}

impl AsyncWrite for TcpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self).poll_write_vectored(cx, bufs)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut &*self).poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut &*self).poll_close(cx)
    }
}

/// A socket that takes TCP connections.
#[derive(Debug)]
pub struct TcpListener {
    io: Registered<mio::net::TcpListener>,
}

impl TcpListener {
    /// Listens on `addr`; port 0 lets the system choose one.
    ///
    /// # Errors
    ///
    /// Whatever the system reports: in use, no permission; not being on a reactor.
    pub fn bind(addr: SocketAddr) -> io::Result<Self> {
        let io = Registered::new(mio::net::TcpListener::bind(addr)?)?;
        Ok(Self { io })
    }

    /// Takes the next connection.
    ///
    /// # Errors
    ///
    /// Whatever the system reports. A connection that was aborted before it could be taken is
    /// passed over.
    ///
    /// # Cancellation
    ///
    /// Dropping the future takes no connection away.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let accept = |listener: &mio::net::TcpListener| {
            loop {
                match listener.accept() {
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                    result => return result,
                }
            }
        };
        let (stream, peer) = self.io.io(Direction::Read, accept).await?;
        Ok((TcpStream::from_mio(stream)?, peer))
    }

    /// Returns the address that it listens on.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.source().local_addr()
    }
}
