//! Sockets on systems where they are changed after they have been made.

use std::io::{self, IoSlice};

use rustix::fd::{AsFd, OwnedFd};
use rustix::io::{Errno, FdFlags, fcntl_setfd, ioctl_fionbio};
use rustix::net::sockopt::set_socket_nosigpipe;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketAddrAny, SocketAddrUnix, SocketType};

/// Opens a socket.
pub(in crate::net) fn open(family: AddressFamily, kind: SocketType) -> io::Result<OwnedFd> {
    prepared(rustix::net::socket(family, kind, None)?)
}

/// Takes a connection from a listener.
pub(in crate::net) fn accept(listener: impl AsFd) -> io::Result<(OwnedFd, Option<SocketAddrAny>)> {
    let (socket, peer) = rustix::net::acceptfrom(listener)?;
    Ok((prepared(socket)?, peer))
}

/// Reads into one buffer.
pub(in crate::net) fn recv(stream: impl AsFd, buf: &mut [u8]) -> io::Result<usize> {
    let (read, _) = rustix::net::recv(stream, buf, RecvFlags::empty())?;
    Ok(read)
}

/// Writes from one buffer.
pub(in crate::net) fn send(stream: impl AsFd, buf: &[u8]) -> io::Result<usize> {
    Ok(rustix::net::send(stream, buf, SendFlags::empty())?)
}

/// Writes from several buffers.
pub(in crate::net) fn send_vectored(stream: impl AsFd, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
    // More buffers than this are an error in one call.
    Ok(rustix::io::writev(
        stream,
        &bufs[..bufs.len().min(MAX_BUFS)],
    )?)
}

/// The system's `IOV_MAX`.
const MAX_BUFS: usize = 1024;

/// Sends a datagram to a Unix socket.
pub(in crate::net) fn send_to(
    socket: impl AsFd,
    bytes: &[u8],
    addr: &SocketAddrUnix,
) -> Result<usize, Errno> {
    rustix::net::sendto(socket, bytes, SendFlags::empty(), addr)
}

fn prepared(socket: OwnedFd) -> io::Result<OwnedFd> {
    fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    ioctl_fionbio(&socket, true)?;
    set_socket_nosigpipe(&socket, true)?;
    Ok(socket)
}

/// Lets others of the same user bind the same address.
pub(in crate::net) fn set_reuse_port(socket: impl AsFd) -> io::Result<()> {
    Ok(rustix::net::sockopt::set_socket_reuseport(socket, true)?)
}

pub(super) fn is_of_the_connection(error: Errno) -> bool {
    // A firewall's refusal is the last one. `OPNOTSUPP` is not among them, although Linux names it:
    // it is the lasting answer of a socket that takes no connections.
    matches!(error, Errno::PROTO | Errno::PERM)
}

/// Lets other sockets that do the same bind the same address, for multicast.
pub(in crate::net) fn share_address(socket: impl AsFd) -> io::Result<()> {
    set_reuse_port(socket)
}
