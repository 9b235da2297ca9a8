//! Unix connections.

use std::future::Future;
use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{self, SocketAddr};
use std::path::Path;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};

use super::super::byte_stream::ByteStream;
use super::super::{Connect, socket};
use super::PAUSE;
use super::address::to_system;
use super::credentials::{self, Credentials};
use super::fds::{self, PassError};
use crate::registry::Direction;
use crate::sleep::{sleep, timeout};
use crate::stream::{forward_read, forward_write};

/// A Unix connection.
///
/// Reads and writes go through [`futures_io::AsyncRead`] and [`futures_io::AsyncWrite`], which are
/// also implemented for `&UnixStream`: one task may read while another writes. In each direction
/// the task that polled last is the one that is woken.
#[derive(Debug)]
pub struct UnixStream {
    io: ByteStream<net::UnixStream>,
}

impl UnixStream {
    /// Connects to the socket of this path.
    ///
    /// Takes as long as [`Connect::TIMEOUT`] at most, while the listener's queue is full.
    ///
    /// # Errors
    ///
    /// Whatever the system reports: no such file, refused, no permission;
    /// [`TimedOut`](io::ErrorKind::TimedOut); not being on a reactor.
    ///
    /// # Cancellation
    ///
    /// Dropping the future closes the socket.
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::connect_to(SocketAddrUnix::new(path.as_ref())?).await
    }

    /// Connects to the socket of this name, as [`connect`](Self::connect) to that of a path.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    ///
    /// # Cancellation
    ///
    /// Dropping the future closes the socket.
    pub async fn connect_addr(addr: &SocketAddr) -> io::Result<Self> {
        Self::connect_to(to_system(addr)?).await
    }

    async fn connect_to(addr: SocketAddrUnix) -> io::Result<Self> {
        let socket = socket::open(AddressFamily::UNIX, SocketType::STREAM)?;
        let stream = Self::from_nonblocking(socket.into())?;
        timeout(Connect::TIMEOUT, stream.make(&addr)).await??;
        Ok(stream)
    }

    /// Makes the connection.
    async fn make(&self, addr: &SocketAddrUnix) -> io::Result<()> {
        loop {
            match rustix::net::connect(self.io.socket(), addr) {
                Ok(()) | Err(Errno::ISCONN) => return Ok(()),
                // The listener's queue is full. Linux does not tell when there is room: it only
                // lets threads wait for that.
                Err(Errno::AGAIN) => sleep(PAUSE).await,
                Err(Errno::INTR) => {}
                Err(Errno::INPROGRESS | Errno::ALREADY) => {
                    return self.io.made().await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Makes a connection with both ends here.
    ///
    /// # Errors
    ///
    /// Whatever the system reports; not being on a reactor.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = net::UnixStream::pair()?;
        Ok((Self::from_std(one)?, Self::from_std(other)?))
    }

    /// Takes over a connection of the standard library.
    ///
    /// # Errors
    ///
    /// Whatever the system reports; not being on a reactor.
    pub fn from_std(stream: net::UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Self::from_nonblocking(stream)
    }

    pub(super) fn from_nonblocking(stream: net::UnixStream) -> io::Result<Self> {
        Ok(Self {
            io: ByteStream::new(stream)?,
        })
    }

    /// Reads what there is, at least one byte unless the other end has closed; zero tells that it
    /// has, or that `buf` is empty.
    ///
    /// File descriptors that were passed with the bytes are closed.
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

    /// Writes as much of `buf` as the system takes, at least one byte, with duplicates of file
    /// descriptors, and returns how much that was. The file descriptors go with the first byte: what
    /// is left is to be written without them. As Twisted's `sendFileDescriptor`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) when `buf` is empty, or for more file
    /// descriptors than [`MAX_FDS`](super::MAX_FDS); otherwise whatever the system reports, such as
    /// that too many are under way.
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready writes nothing and passes nothing.
    pub async fn send_with_fds(&self, buf: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        fds::check(fds)?;
        if buf.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "file descriptors are passed with a byte at least",
            ));
        }
        self.io
            .registered()
            .io(Direction::Write, |stream| fds::send(stream, buf, fds))
            .await
    }

    /// Reads what there is, at least one byte unless the other end has closed, and takes up to
    /// `limit` file descriptors that come with it. [`MAX_FDS`](super::MAX_FDS) is the highest limit.
    ///
    /// File descriptors come with the first of the bytes that they were sent with, or with bytes
    /// before those, never later. They are closed in programs that are started.
    ///
    /// # Errors
    ///
    /// [`PassError::Truncated`] when there were more file descriptors: then those that came have
    /// been closed, and the bytes are in `buf`. Otherwise whatever the system reports.
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready takes nothing from the stream.
    pub async fn recv_with_fds(
        &self,
        buf: &mut [u8],
        limit: usize,
    ) -> Result<(usize, Vec<OwnedFd>), PassError> {
        let received = self
            .io
            .registered()
            .io(Direction::Read, |stream| fds::recv(stream, buf, limit))
            .await?;
        received.into_result()
    }

    /// Returns who is at the other end.
    ///
    /// # Errors
    ///
    /// Whatever the system reports; [`Unsupported`](io::ErrorKind::Unsupported) on systems other
    /// than Linux, Android, Apple's and the BSDs.
    pub fn peer_credentials(&self) -> io::Result<Credentials> {
        credentials::of_peer(self.as_fd())
    }

    /// Returns the name of the other end. Ends that have connected are unnamed.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.socket().peer_addr()
    }

    /// Returns the name of this end.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.socket().local_addr()
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

    /// Closes both directions at once, for all duplicates of this end in this or other processes.
    /// What has been written is with the other end already, which reads it, then the end. As
    /// Twisted's `abortConnection`.
    ///
    /// # Errors
    ///
    /// Whatever the system reports; this end is closed all the same.
    pub fn abort(self) -> io::Result<()> {
        self.shutdown(Shutdown::Both)
    }
}

forward_read!(UnixStream, &UnixStream; |stream| &stream.io);
forward_write!(UnixStream, &UnixStream; |stream| &stream.io);

impl AsFd for UnixStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.socket().as_fd()
    }
}
