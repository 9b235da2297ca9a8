//! Taking Unix connections.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{self, SocketAddr};
use std::path::Path;

use super::super::accept::accept;
use super::super::socket;
use super::bind::Bind;
use super::named::Named;
use super::stream::UnixStream;
use crate::registry::Registered;

/// A socket that takes Unix connections.
#[derive(Debug)]
pub struct UnixListener {
    // Removed before the socket is closed, so that nobody finds a socket that does not answer.
    _named: Option<Named>,
    io: Registered<net::UnixListener>,
}

impl UnixListener {
    /// Listens on a path, as [`Bind`] does by default.
    ///
    /// # Errors
    ///
    /// As [`Bind::listen`].
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Bind::new().listen(path)
    }

    /// Takes over a listener of the standard library. Its path is not removed.
    ///
    /// # Errors
    ///
    /// Whatever the system reports; not being on a reactor.
    pub fn from_std(listener: net::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Self::from_nonblocking(listener, None)
    }

    pub(super) fn from_nonblocking(
        listener: net::UnixListener,
        named: Option<Named>,
    ) -> io::Result<Self> {
        let io = Registered::new(listener)?;
        io.reserve().fill(socket::open_spare);
        Ok(Self { _named: named, io })
    }

    /// Takes the next connection. Its other end's name, which it seldom has, is
    /// [`UnixStream::peer_addr`].
    ///
    /// Without file descriptors it does as
    /// [`TcpListener::accept`](super::super::TcpListener::accept).
    ///
    /// # Errors
    ///
    /// Whatever the system reports of the listener. A connection that was aborted before it could
    /// be taken is passed over.
    ///
    /// # Cancellation
    ///
    /// Dropping the future takes no connection away.
    pub async fn accept(&self) -> io::Result<UnixStream> {
        let (socket, _) = accept(&self.io).await?;
        UnixStream::from_nonblocking(socket.into())
    }

    /// Returns the name that it listens on.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.source().local_addr()
    }
}

impl AsFd for UnixListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.source().as_fd()
    }
}
