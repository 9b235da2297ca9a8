//! Unix datagrams.

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{self, SocketAddr};
use std::path::Path;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};

use super::super::socket;
use super::PAUSE;
use super::address::to_system;
use super::bind::Bind;
use super::credentials::{self, Credentials};
use super::fds::{self, PassError};
use super::named::Named;
use crate::registry::{Direction, Registered};
use crate::sleep::timeout;

/// A socket for Unix datagrams. Several tasks may receive from it and send to it.
///
/// Datagrams are neither lost nor reordered: when the receiver's queue is full, sending waits.
#[derive(Debug)]
pub struct UnixDatagram {
    // Removed before the socket is closed, so that nobody finds a socket that does not answer.
    _named: Option<Named>,
    io: Registered<net::UnixDatagram>,
}

impl UnixDatagram {
    /// Makes a socket for datagrams to a path, as [`Bind`] does by default.
    ///
    /// # Errors
    ///
    /// As [`Bind::datagram`].
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Bind::new().datagram(path)
    }

    /// Makes a socket without a name, which others cannot send to unless it is connected.
    ///
    /// # Errors
    ///
    /// Whatever the system reports; not being on a reactor.
    pub fn unbound() -> io::Result<Self> {
        let socket = socket::open(AddressFamily::UNIX, SocketType::DGRAM)?;
        Self::from_nonblocking(socket.into(), None)
    }

    /// Makes two sockets that are connected to each other.
    ///
    /// # Errors
    ///
    /// Whatever the system reports; not being on a reactor.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = net::UnixDatagram::pair()?;
        Ok((Self::from_std(one)?, Self::from_std(other)?))
    }

    /// Takes over a socket of the standard library. Its path is not removed.
    ///
    /// # Errors
    ///
    /// Whatever the system reports; not being on a reactor.
    pub fn from_std(socket: net::UnixDatagram) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Self::from_nonblocking(socket, None)
    }

    pub(super) fn from_nonblocking(
        socket: net::UnixDatagram,
        named: Option<Named>,
    ) -> io::Result<Self> {
        let io = Registered::new(socket)?;
        Ok(Self { _named: named, io })
    }

    /// Sets the one peer that [`send`](Self::send) and [`recv`](Self::recv) talk to.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn connect(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.io.source().connect(path)
    }

    /// Sets the one peer, as [`connect`](Self::connect), by its name.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn connect_addr(&self, addr: &SocketAddr) -> io::Result<()> {
        Ok(rustix::net::connect(self.io.source(), &to_system(addr)?)?)
    }

    /// Sends a datagram to the peer that was set by [`connect`](Self::connect).
    ///
    /// # Errors
    ///
    /// Whatever the system reports, such as that the peer has been closed.
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready sends nothing.
    pub async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.io
            .io(Direction::Write, |socket| socket::send(socket, buf))
            .await
    }

    /// Receives a datagram; what does not fit into `buf` is lost, and so are file descriptors that
    /// were passed with it.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready takes no datagram away.
    pub async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.io(Direction::Read, |socket| socket.recv(buf)).await
    }

    /// Sends a datagram to the socket of a path.
    ///
    /// # Errors
    ///
    /// Whatever the system reports: no such file, refused, no permission.
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready sends nothing.
    pub async fn send_to(&self, buf: &[u8], path: impl AsRef<Path>) -> io::Result<usize> {
        self.send_to_system(buf, &SocketAddrUnix::new(path.as_ref())?)
            .await
    }

    /// Sends a datagram to the socket of a name.
    ///
    /// # Errors
    ///
    /// As [`send_to`](Self::send_to).
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready sends nothing.
    pub async fn send_to_addr(&self, buf: &[u8], addr: &SocketAddr) -> io::Result<usize> {
        self.send_to_system(buf, &to_system(addr)?).await
    }

    async fn send_to_system(&self, buf: &[u8], addr: &SocketAddrUnix) -> io::Result<usize> {
        let attempt = |socket: &net::UnixDatagram| Ok(socket::send_to(socket, buf, addr)?);
        loop {
            // An event comes when a datagram of this very socket has been received. When the
            // receiver's queue is full of others', nothing tells of room in it.
            match timeout(PAUSE, self.io.io(Direction::Write, attempt)).await {
                Ok(sent) => return sent,
                Err(_elapsed) => {}
            }
            match attempt(self.io.source()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                sent => return sent,
            }
        }
    }

    /// Receives a datagram from anybody, and tells who has sent it, if that socket has a name; what
    /// does not fit into `buf` is lost.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready takes no datagram away.
    pub async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io
            .io(Direction::Read, |socket| socket.recv_from(buf))
            .await
    }

    /// Sends a datagram, which may be empty, with duplicates of file descriptors to the peer that
    /// was set by [`connect`](Self::connect).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for more file descriptors than
    /// [`MAX_FDS`](super::MAX_FDS); otherwise whatever the system reports, such as that too many
    /// are under way.
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready sends nothing and passes nothing.
    pub async fn send_with_fds(&self, buf: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        fds::check(fds)?;
        self.io
            .io(Direction::Write, |socket| fds::send(socket, buf, fds))
            .await
    }

    /// Receives a datagram with up to `limit` file descriptors, which are closed in programs that
    /// are started; what does not fit into `buf` is lost. [`MAX_FDS`](super::MAX_FDS) is the
    /// highest limit.
    ///
    /// # Errors
    ///
    /// [`PassError::Truncated`] when there were more file descriptors: then those that came have
    /// been closed, and the bytes are in `buf`. Otherwise whatever the system reports.
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready takes no datagram away.
    pub async fn recv_with_fds(
        &self,
        buf: &mut [u8],
        limit: usize,
    ) -> Result<(usize, Vec<OwnedFd>), PassError> {
        let received = self
            .io
            .io(Direction::Read, |socket| fds::recv(socket, buf, limit))
            .await?;
        received.into_result()
    }

    /// Returns who has made the [`pair`](Self::pair) that this is one of.
    ///
    /// # Errors
    ///
    /// Whatever the system reports; [`Unsupported`](io::ErrorKind::Unsupported) on systems other
    /// than Linux, Android, Apple's and the BSDs.
    pub fn peer_credentials(&self) -> io::Result<Credentials> {
        credentials::of_peer(self.as_fd())
    }

    /// Returns the name of the socket, which may have none.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.source().local_addr()
    }

    /// Returns the name of the peer that was set by [`connect`](Self::connect).
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.source().peer_addr()
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

impl AsFd for UnixDatagram {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.source().as_fd()
    }
}
