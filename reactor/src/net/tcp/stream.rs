//! TCP connections.

use std::future::Future;
use std::io;
use std::net::{self, Shutdown, SocketAddr};
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::net::sockopt::{set_socket_linger, socket_linger};

use super::super::byte_stream::ByteStream;
use super::connect::{Connect, ConnectError};
use super::keep_alive::{self, KeepAlive};
use super::split::{TcpReader, TcpWriter};
use crate::stream::{forward_read, forward_write};

/// A TCP connection.
///
/// Reads and writes go through [`futures_io::AsyncRead`] and [`futures_io::AsyncWrite`], which are
/// also implemented for `&TcpStream`: one task may read while another writes. In each direction the
/// task that polled last is the one that is woken.
#[derive(Debug)]
pub struct TcpStream {
    io: ByteStream<net::TcpStream>,
}

impl TcpStream {
    /// Connects to `addr`, as [`Connect`] does by default.
    ///
    /// # Errors
    ///
    /// Whatever the system reports: refused, unreachable, reset; no answer within
    /// [`Connect::TIMEOUT`]; not being on a reactor.
    ///
    /// # Cancellation
    ///
    /// Dropping the future closes the socket.
    pub async fn connect(addr: SocketAddr) -> io::Result<Self> {
        Connect::new().to(addr).await
    }

    /// Connects to the host of this name, or whose address this is, as [`Connect`] does by default.
    ///
    /// # Errors
    ///
    /// [`ConnectError`], which says what each address answered.
    ///
    /// # Cancellation
    ///
    /// Dropping the future closes whatever sockets there are.
    pub async fn connect_host(name: &str, port: u16) -> Result<Self, ConnectError> {
        Connect::new().to_host(name, port).await
    }

    /// Takes over a connection of the standard library.
    ///
    /// # Errors
    ///
    /// Whatever the system reports; not being on a reactor.
    pub fn from_std(stream: net::TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        let stream = Self::from_nonblocking(stream)?;
        // Who had it before may have read urgent data, or have made it of something else than TCP.
        stream.io.registered().expect_more();
        Ok(stream)
    }

    pub(super) fn from_nonblocking(stream: net::TcpStream) -> io::Result<Self> {
        Ok(Self {
            io: ByteStream::new(stream)?,
        })
    }

    /// Waits until the connection, which was begun, has been made.
    pub(super) async fn made(self) -> io::Result<Self> {
        self.io.made().await?;
        Ok(self)
    }

    /// Tells whether it is a copy of the one that a process has which this one was forked from.
    pub(super) fn is_forked(&self) -> bool {
        self.io.registered().is_forked()
    }

    /// Makes two halves of it, for two owners.
    #[must_use]
    pub fn into_split(self) -> (TcpReader, TcpWriter) {
        super::split::split(self)
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
    pub fn read(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.io.read(buf)
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
    pub fn read_exact(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<()>> {
        self.io.read_exact(buf)
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
    pub fn write(&self, buf: &[u8]) -> impl Future<Output = io::Result<usize>> {
        self.io.write(buf)
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
    pub fn write_all(&self, buf: &[u8]) -> impl Future<Output = io::Result<()>> {
        self.io.write_all(buf)
    }

    /// Returns the address of the other end.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.socket().peer_addr()
    }

    /// Returns the address of this end.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.socket().local_addr()
    }

    /// Sends small segments at once (`true`) or lets the system collect them (`false`).
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.io.socket().set_nodelay(nodelay)
    }

    /// Tells whether small segments are sent at once.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn nodelay(&self) -> io::Result<bool> {
        self.io.socket().nodelay()
    }

    /// Has the system ask the other end from time to time whether it is still there, or not.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn set_keep_alive(&self, keep_alive: Option<KeepAlive>) -> io::Result<()> {
        keep_alive::set(self.io.socket(), keep_alive)
    }

    /// Tells how the system asks the other end whether it is still there, if it does.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn keep_alive(&self) -> io::Result<Option<KeepAlive>> {
        keep_alive::get(self.io.socket())
    }

    /// Sets what becomes of bytes that have not been sent when the stream is dropped: with `None`,
    /// the system's default, they are sent in the background. With a time, which is rounded up to
    /// seconds, they are given up after that, and dropping the stream may block for so long; with
    /// none at all they are given up at once, and the connection is reset.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        // Rounding up is rustix's.
        Ok(set_socket_linger(self.io.socket(), linger)?)
    }

    /// Returns what [`set_linger`](Self::set_linger) has set.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        Ok(socket_linger(self.io.socket())?)
    }

    /// Closes one direction, or both.
    ///
    /// After closing [`Shutdown::Write`] the other end reads an end, and may still write: a
    /// half-closed connection.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.io.socket().shutdown(how)
    }

    /// Resets the connection at once: what has not been sent is given up, and the other end sees
    /// an error. As Twisted's `abortConnection`.
    ///
    /// # Errors
    ///
    /// Whatever the system reports; the connection is closed all the same.
    pub fn abort(self) -> io::Result<()> {
        self.set_linger(Some(Duration::ZERO))
    }
}

#[cfg(unix)]
impl AsFd for TcpStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.socket().as_fd()
    }
}

forward_read!(TcpStream, &TcpStream; |stream| &stream.io);
forward_write!(TcpStream, &TcpStream; |stream| &stream.io);
