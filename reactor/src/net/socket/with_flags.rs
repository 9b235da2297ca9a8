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
    if are_few(bufs) {
        return send_joined(stream, bufs);
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

/// Tells whether several buffers have few bytes in all.
fn are_few(bufs: &[IoSlice<'_>]) -> bool {
    let mut left = FEW_BYTES;
    bufs.iter().all(|buf| {
        let rest = left.checked_sub(buf.len());
        left = rest.unwrap_or(0);
        rest.is_some()
    })
}

/// Writes what several buffers have, of which all together are few bytes.
fn send_joined(stream: impl AsFd, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
    let mut joined = [0; FEW_BYTES];
    let mut length = 0;
    for buf in bufs {
        joined[length..length + buf.len()].copy_from_slice(buf);
        length += buf.len();
    }
    send(stream, &joined[..length])
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
    fn few_bytes_are_counted_through_all_buffers() {
        let half = &[0; FEW_BYTES / 2][..];
        assert!(are_few(&[]));
        assert!(are_few(&[half, &[], half].map(IoSlice::new)));
        assert!(!are_few(&[half, half, &[0]].map(IoSlice::new)));
        assert!(!are_few(&[&[0; FEW_BYTES + 1][..], &[]].map(IoSlice::new)));
    }

    #[test]
    fn buffers_are_joined_in_their_order() {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().expect("a pair of sockets");
        let bufs = [&b"head"[..], b"", b"body"].map(IoSlice::new);
        assert_eq!(send_vectored(&ours, &bufs).expect("there is room"), 8);
        let mut received = [0; 16];
        assert_eq!(recv(&theirs, &mut received).expect("it was sent"), 8);
        assert_eq!(&received[..8], b"headbody");
    }
}
