//! Sockets on Windows.

use std::io::{self, IoSlice, Read, Write};
use std::sync::OnceLock;

use rustix::fd::{AsFd, OwnedFd};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::net::{AddressFamily, SocketAddrAny, SocketType};

/// Opens a socket.
pub(in crate::net) fn open(family: AddressFamily, kind: SocketType) -> io::Result<OwnedFd> {
    static STARTED: OnceLock<Result<(), Errno>> = OnceLock::new();
    (*STARTED.get_or_init(|| rustix::net::wsa_startup().map(drop)))?;
    prepared(rustix::net::socket(family, kind, None)?)
}

/// Takes a connection from a listener.
pub(in crate::net) fn accept(listener: impl AsFd) -> io::Result<(OwnedFd, Option<SocketAddrAny>)> {
    let (socket, peer) = rustix::net::acceptfrom(listener)?;
    Ok((prepared(socket)?, peer))
}

/// Reads into one buffer.
pub(in crate::net) fn recv(mut stream: impl Read, buf: &mut [u8]) -> io::Result<usize> {
    stream.read(buf)
}

/// Writes from one buffer.
pub(in crate::net) fn send(mut stream: impl Write, buf: &[u8]) -> io::Result<usize> {
    stream.write(buf)
}

/// Writes from several buffers.
pub(in crate::net) fn send_vectored(
    mut stream: impl Write,
    bufs: &[IoSlice<'_>],
) -> io::Result<usize> {
    stream.write_vectored(bufs)
}

fn prepared(socket: OwnedFd) -> io::Result<OwnedFd> {
    ioctl_fionbio(&socket, true)?;
    Ok(socket)
}

/// Is never called: the setting is one of Unix.
pub(in crate::net) fn set_reuse_port(_socket: impl AsFd) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn is_of_the_connection(_error: Errno) -> bool {
    false
}

/// Lets other sockets that do the same bind the same address, for multicast.
pub(in crate::net) fn share_address(socket: impl AsFd) -> io::Result<()> {
    Ok(rustix::net::sockopt::set_socket_reuseaddr(socket, true)?)
}
