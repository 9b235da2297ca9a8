//! The system's sockets: made such that they neither block nor are inherited by other programs.

use std::io;
use std::net::SocketAddr;

use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::sockopt::socket_error;
use rustix::net::{AddressFamily, SocketType, getpeername};

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly",
    target_os = "illumos"
))]
#[path = "socket/with_flags.rs"]
mod system;
#[cfg(target_vendor = "apple")]
#[path = "socket/apple.rs"]
mod system;
#[cfg(windows)]
#[path = "socket/windows.rs"]
mod system;

#[cfg(unix)]
pub(super) use system::send_to;
pub(super) use system::{accept, open, recv, send, send_vectored, set_reuse_port, share_address};

/// Opens a socket for addresses like this one.
pub(super) fn open_for(addr: SocketAddr, kind: SocketType) -> io::Result<OwnedFd> {
    let family = match addr {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    open(family, kind)
}

/// Opens a socket that serves nothing, of a family that the process may use: some are kept to those of
/// Unix.
pub(super) fn open_spare() -> io::Result<OwnedFd> {
    let spare = open(AddressFamily::INET, SocketType::DGRAM);
    #[cfg(unix)]
    let spare = spare.or_else(|_| open(AddressFamily::UNIX, SocketType::DGRAM));
    spare
}

/// Tells whether a connection that was begun has been made; would block while it has not.
pub(super) fn is_connected<S: AsFd>(socket: &S) -> io::Result<()> {
    socket_error(socket.as_fd())??;
    match getpeername(socket.as_fd()) {
        Ok(_) => Ok(()),
        Err(Errno::NOTCONN) => Err(io::ErrorKind::WouldBlock.into()),
        Err(error) => Err(error.into()),
    }
}

/// Takes it well when a connection whose direction is to be closed has been closed already: the
/// other end was faster, which leaves nothing to do.
pub(super) fn tolerate_closed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
        result => result,
    }
}

/// Tells whether an error of accepting is one of the connection that would have been next, and not
/// of the listener. Linux reports here what has come over the network meanwhile.
pub(super) fn is_of_the_connection(error: Errno) -> bool {
    const OF_THE_CONNECTION: &[Errno] = &[
        Errno::CONNABORTED,
        Errno::CONNRESET,
        Errno::TIMEDOUT,
        Errno::NETDOWN,
        Errno::NETUNREACH,
        Errno::HOSTDOWN,
        Errno::HOSTUNREACH,
        Errno::NOPROTOOPT,
    ];
    OF_THE_CONNECTION.contains(&error) || system::is_of_the_connection(error)
}
