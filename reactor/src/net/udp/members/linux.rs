//! Who hears a multicast group, on Linux: unless it is told otherwise, whoever has bound the port,
//! for as long as anybody on the machine is a member.

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

/// Has a socket hear no group of IPv4 but those that it has joined.
pub(super) fn only_v4(socket: &UdpSocket) -> io::Result<()> {
    refuse_others(socket, libc::IPPROTO_IP, libc::IP_MULTICAST_ALL)
}

/// Has a socket hear no group of IPv6 but those that it has joined.
pub(super) fn only_v6(socket: &UdpSocket) -> io::Result<()> {
    refuse_others(socket, libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_ALL)
}

fn refuse_others(socket: &UdpSocket, level: libc::c_int, option: libc::c_int) -> io::Result<()> {
    let off: libc::c_int = 0;
    // The size of an integer fits into any type of lengths.
    let length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the call reads `length` bytes from the pointer, which are those of an integer that
    // outlives it, and writes none. The file is open, because `socket` is borrowed.
    let refused = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw const off).cast(),
            length,
        )
    };
    if refused == 0 {
        return Ok(());
    }
    match io::Error::last_os_error() {
        // Before Linux 4.20, for IPv6: there is no choice.
        error if error.raw_os_error() == Some(libc::ENOPROTOOPT) => Ok(()),
        error => Err(error),
    }
}
