//! Taking TCP connections.

use std::io;
use std::net::{self, SocketAddr};
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};

use rustix::net::SocketType;

use super::super::accept::accept;
use super::super::socket;
use super::stream::TcpStream;
use crate::registry::Registered;

/// A socket that takes TCP connections.
#[derive(Debug)]
pub struct TcpListener {
    io: Registered<net::TcpListener>,
}

/// Settings of a [`TcpListener`] to be made.
#[derive(Clone, Debug)]
#[must_use = "settings do nothing by themselves"]
pub struct Listen {
    backlog: u32,
    reuse_address: bool,
    reuse_port: bool,
}

impl Listen {
    /// How many connections may wait to be taken, unless another number is set.
    pub const BACKLOG: u32 = 1024;

    /// Returns the default settings, to be changed.
    pub const fn new() -> Self {
        Self {
            backlog: Self::BACKLOG,
            // On Windows it would let others take the address over.
            reuse_address: cfg!(unix),
            reuse_port: false,
        }
    }

    /// Sets how many connections may wait to be taken; the system has a limit of its own.
    pub const fn backlog(mut self, connections: u32) -> Self {
        self.backlog = connections;
        self
    }

    /// Refuses an address that connections of a socket before still have, for minutes after they
    /// were closed. Otherwise, on Unix, it is taken, as by Twisted.
    pub const fn no_reuse_address(mut self) -> Self {
        self.reuse_address = false;
        self
    }

    /// Shares the address with other sockets of this user that do the same; the system gives each
    /// connection to one of them.
    #[cfg(all(unix, not(any(target_os = "illumos", target_os = "solaris"))))]
    pub const fn reuse_port(mut self) -> Self {
        self.reuse_port = true;
        self
    }

    /// Listens on `addr`; port 0 lets the system choose one.
    ///
    /// # Errors
    ///
    /// Whatever the system reports: in use, no permission; not being on a reactor.
    pub fn bind(&self, addr: SocketAddr) -> io::Result<TcpListener> {
        let socket = socket::open_for(addr, SocketType::STREAM)?;
        if self.reuse_address {
            rustix::net::sockopt::set_socket_reuseaddr(&socket, true)?;
        }
        if self.reuse_port {
            socket::set_reuse_port(&socket)?;
        }
        rustix::net::bind(&socket, &addr)?;
        rustix::net::listen(&socket, self.backlog.try_into().unwrap_or(i32::MAX))?;
        TcpListener::from_nonblocking(socket.into())
    }
}

impl Default for Listen {
    fn default() -> Self {
        Self::new()
    }
}

impl TcpListener {
    /// Listens on `addr`, as [`Listen`] does by default; port 0 lets the system choose one.
    ///
    /// # Errors
    ///
    /// Whatever the system reports: in use, no permission; not being on a reactor.
    pub fn bind(addr: SocketAddr) -> io::Result<Self> {
        Listen::new().bind(addr)
    }

    /// Takes over a listener of the standard library.
    ///
    /// # Errors
    ///
    /// Whatever the system reports; not being on a reactor.
    pub fn from_std(listener: net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Self::from_nonblocking(listener)
    }

    fn from_nonblocking(listener: net::TcpListener) -> io::Result<Self> {
        let io = Registered::new(listener)?;
        io.reserve().fill(socket::open_spare);
        Ok(Self { io })
    }

    /// Takes the next connection.
    ///
    /// When the process or the system has no more file descriptors, connections that come are
    /// closed at once, by means of one that is kept for this, so that their other ends do not wait
    /// in vain; that is logged once in a second. The future stays pending, and goes on when
    /// there are file descriptors again. So it does when there is no memory for a connection, or
    /// when none can be taken for other reasons that may pass: that is logged in the same way, and
    /// tried again ten times in a second. As Twisted's ports do.
    ///
    /// # Errors
    ///
    /// Whatever the system reports of the listener. A connection that was aborted before it could
    /// be taken is passed over.
    ///
    /// # Cancellation
    ///
    /// Dropping the future takes no connection away.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (socket, peer) = accept(&self.io).await?;
        let peer = peer.ok_or(io::ErrorKind::NotConnected)?.try_into()?;
        Ok((TcpStream::from_nonblocking(socket.into())?, peer))
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

#[cfg(unix)]
impl AsFd for TcpListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.source().as_fd()
    }
}
