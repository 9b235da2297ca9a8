//! Sockets on systems that make them as they are to be in one call.

use std::io::{self, IoSlice};

use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendAncillaryBuffer, SendFlags, SocketAddrAny, SocketAddrUnix,
    SocketFlags, SocketType,
};

const FLAGS: SocketFlags = SocketFlags::NONBLOCK.union(SocketFlags::CLOEXEC);

/// Opens a socket.
pub(in crate::net) fn open(family: AddressFamily, kind: SocketType) -> io::Result<OwnedFd> {
    Ok(rustix::net::socket_with(family, kind, FLAGS, None)?)
}

/// Takes a connection from a listener.
pub(in crate::net) fn accept(listener: impl AsFd) -> io::Result<(OwnedFd, Option<SocketAddrAny>)> {
    Ok(rustix::net::acceptfrom_with(listener, FLAGS)?)
}

/// Reads into one buffer.
pub(in crate::net) fn recv(stream: impl AsFd, buf: &mut [u8]) -> io::Result<usize> {
    let (read, _) = rustix::net::recv(stream, buf, RecvFlags::empty())?;
    Ok(read)
}

/// Writes from one buffer. Never a signal, whatever the program does with `SIGPIPE`.
pub(in crate::net) fn send(stream: impl AsFd, buf: &[u8]) -> io::Result<usize> {
    Ok(rustix::net::send(stream, buf, SendFlags::NOSIGNAL)?)
}

/// Writes from several buffers. Never a signal, whatever the program does with `SIGPIPE`.
pub(in crate::net) fn send_vectored(stream: impl AsFd, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
    let mut joined = [0; FEW_BYTES];
    if let Some(length) = join(bufs, &mut joined) {
        return send(stream, &joined[..length]);
    }
    let mut nothing = SendAncillaryBuffer::default();
    // More buffers than this are an error in one call.
    let bufs = &bufs[..bufs.len().min(MAX_BUFS)];
    Ok(rustix::net::sendmsg(
        stream,
        bufs,
        &mut nothing,
        SendFlags::NOSIGNAL,
    )?)
}

/// So few bytes are copied into one buffer in less time than it takes the system to hear of several.
const FEW_BYTES: usize = 512;

/// Copies all of several buffers into one, and returns their length; `None` if there is no room for them.
fn join(bufs: &[IoSlice<'_>], joined: &mut [u8]) -> Option<usize> {
    let mut length = 0;
    for buf in bufs {
        let end = length + buf.len();
        joined.get_mut(length..end)?.copy_from_slice(buf);
        length = end;
    }
    Some(length)
}

/// Sends a datagram to a Unix socket. Never a signal.
pub(in crate::net) fn send_to(
    socket: impl AsFd,
    bytes: &[u8],
    addr: &SocketAddrUnix,
) -> Result<usize, Errno> {
    rustix::net::sendto(socket, bytes, SendFlags::NOSIGNAL, addr)
}

/// The least `IOV_MAX` of these systems.
const MAX_BUFS: usize = 1024;

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
    Ok(rustix::net::sockopt::set_socket_reuseaddr(socket, true)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_joined_if_there_is_room_for_all() {
        let bufs = [&b"head"[..], b"", b"body"].map(IoSlice::new);
        let mut joined = [0; 8];
        assert_eq!(join(&bufs, &mut joined), Some(8));
        assert_eq!(&joined, b"headbody");
        assert_eq!(join(&bufs, &mut joined[..7]), None);
        assert_eq!(join(&[], &mut []), Some(0));
    }
}
