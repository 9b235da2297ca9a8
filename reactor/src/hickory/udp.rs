//! UDP sockets for hickory.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::task::{Context, Poll};

use hickory_proto::udp::DnsUdpSocket;

use super::HickoryTime;
use crate::context;
use crate::kept::Kept;
use crate::registry::{Direction, Registered};

/// A UDP socket to ask name servers from: the name of one that the reactor has.
///
/// Once the reactor has stopped, sending and receiving are the error
/// [`NotConnected`](io::ErrorKind::NotConnected).
///
/// # Panics
///
/// Sending and receiving do, when the calling thread is not running the reactor that it was made on.
#[derive(Debug)]
pub struct HickoryUdpSocket {
    kept: Kept<Registered<UdpSocket>>,
}

impl HickoryUdpSocket {
    pub(super) fn bind(local: SocketAddr) -> io::Result<Self> {
        // Asked first, so that elsewhere no socket is made at all.
        context::current()?;
        let socket = UdpSocket::bind(local)?;
        socket.set_nonblocking(true)?;
        let kept = Kept::new(Registered::new(socket)?)?;
        Ok(Self { kept })
    }
}

impl DnsUdpSocket for HickoryUdpSocket {
    type Time = HickoryTime;

    fn poll_recv_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<(usize, SocketAddr)>> {
        let socket = self.kept.get()?;
        socket.poll_io(Direction::Read, cx, |socket| socket.recv_from(buf))
    }

    fn poll_send_to(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
        target: SocketAddr,
    ) -> Poll<io::Result<usize>> {
        let socket = self.kept.get()?;
        socket.poll_io(Direction::Write, cx, |socket| socket.send_to(buf, target))
    }
}
