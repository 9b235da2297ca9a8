//! Who hears a multicast group, on systems where that is nobody but its members.

use std::io;
use std::net::UdpSocket;

/// Does nothing.
pub(super) fn only_v4(_socket: &UdpSocket) -> io::Result<()> {
    Ok(())
}

/// Does nothing.
pub(super) fn only_v6(_socket: &UdpSocket) -> io::Result<()> {
    Ok(())
}
