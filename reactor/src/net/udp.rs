//! UDP sockets.

use std::io;
use std::net::{self, SocketAddr};
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};

use rustix::net::SocketType;

use super::socket;
use crate::registry::{Direction, Registered};

mod options;

/// A UDP socket. Several tasks may receive from it and send to it.
#[derive(Debug)]
pub struct UdpSocket {
    io: Registered<net::UdpSocket>,
}

impl UdpSocket {
    /// Binds a socket to `addr`; port 0 lets the system choose one.
    ///
    /// # Errors
    ///
    /// Whatever the system reports: in use, no permission; not being on a reactor.
    pub fn bind(addr: SocketAddr) -> io::Result<Self> {
        let socket = socket::open_for(addr, SocketType::DGRAM)?;
        rustix::net::bind(&socket, &addr)?;
        Self::from_nonblocking(socket.into())
    }

    /// Binds a socket to an address that others have bound in the same way: each of them gets the
    /// datagrams of the multicast groups that it has joined.
    ///
    /// # Errors
    ///
    /// Whatever the system reports: in use by a socket that does not share it; not being on a
    /// reactor.
    pub fn bind_shared(addr: SocketAddr) -> io::Result<Self> {
        let socket = socket::open_for(addr, SocketType::DGRAM)?;
        socket::share_address(&socket)?;
        rustix::net::bind(&socket, &addr)?;
        Self::from_nonblocking(socket.into())
    }

    /// Takes over a socket of the standard library.
    ///
    /// # Errors
    ///
    /// Whatever the system reports; not being on a reactor.
    pub fn from_std(socket: net::UdpSocket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Self::from_nonblocking(socket)
    }

    fn from_nonblocking(socket: net::UdpSocket) -> io::Result<Self> {
        Ok(Self {
            io: Registered::new(socket)?,
        })
    }

    /// Sets the one peer that [`send`](Self::send) and [`recv`](Self::recv) talk to; datagrams from
    /// others are dropped by the system.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn connect(&self, addr: SocketAddr) -> io::Result<()> {
        self.io.source().connect(addr)
    }

    /// Sends a datagram to the peer that was set by [`connect`](Self::connect).
    ///
    /// # Errors
    ///
    /// Whatever the system reports; a refusal of an earlier datagram comes up here as well.
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready sends nothing.
    pub async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.io
            .io(Direction::Write, |socket| socket.send(buf))
            .await
    }

    /// Receives a datagram from the peer; what does not fit into `buf` is lost.
    ///
    /// # Errors
    ///
    /// Whatever the system reports, such as that the peer's port is closed.
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready takes no datagram away.
    pub async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.io(Direction::Read, |socket| socket.recv(buf)).await
    }

    /// Sends a datagram to `addr`.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready sends nothing.
    pub async fn send_to(&self, buf: &[u8], addr: SocketAddr) -> io::Result<usize> {
        self.io
            .io(Direction::Write, |socket| socket.send_to(buf, addr))
            .await
    }

    /// Receives a datagram from anybody; what does not fit into `buf` is lost.
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

    /// Returns the address that the socket is bound to.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.source().local_addr()
    }

    /// Returns the peer that was set by [`connect`](Self::connect).
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.source().peer_addr()
    }

    /// Receives a datagram, and leaves it for the next one who receives.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    ///
    /// # Cancellation
    ///
    /// Nothing is taken away in any case.
    pub async fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io
            .io(Direction::Read, |socket| socket.peek_from(buf))
            .await
    }
}

#[cfg(unix)]
impl AsFd for UdpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.source().as_fd()
    }
}
