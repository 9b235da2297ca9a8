//! The settings of a UDP socket.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use rustix::net::sockopt;

use super::UdpSocket;

#[cfg(any(target_os = "linux", target_os = "android"))]
#[path = "members/linux.rs"]
mod members;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[path = "members/elsewhere.rs"]
mod members;

impl UdpSocket {
    /// Allows sending to broadcast addresses (`true`), or refuses it, which is the default.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn set_broadcast(&self, broadcast: bool) -> io::Result<()> {
        self.io.source().set_broadcast(broadcast)
    }

    /// Tells whether sending to broadcast addresses is allowed.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn broadcast(&self) -> io::Result<bool> {
        self.io.source().broadcast()
    }

    /// Sets how many routers a datagram passes, of 1 to 255.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.io.source().set_ttl(ttl)
    }

    /// Returns how many routers a datagram passes.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn ttl(&self) -> io::Result<u32> {
        self.io.source().ttl()
    }

    /// Joins a multicast group on the interface that has this address;
    /// [`UNSPECIFIED`](Ipv4Addr::UNSPECIFIED) leaves the choice to the system.
    ///
    /// From then on the socket hears of multicast groups those only that it has joined and not left,
    /// whatever others on this machine have joined.
    ///
    /// # Errors
    ///
    /// Whatever the system reports: not a group's address, no such interface, joined already.
    pub fn join_multicast_v4(&self, group: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        members::only_v4(self.io.source())?;
        self.io.source().join_multicast_v4(&group, &interface)
    }

    /// Leaves a multicast group.
    ///
    /// # Errors
    ///
    /// Whatever the system reports, such as that it was not joined.
    pub fn leave_multicast_v4(&self, group: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.io.source().leave_multicast_v4(&group, &interface)
    }

    /// Joins a multicast group on the interface with this index; 0 leaves the choice to the system.
    /// What the socket hears then is as with [`join_multicast_v4`](Self::join_multicast_v4), but for
    /// Linux before 4.20.
    ///
    /// # Errors
    ///
    /// Whatever the system reports: not a group's address, no such interface, joined already.
    pub fn join_multicast_v6(&self, group: Ipv6Addr, interface: u32) -> io::Result<()> {
        members::only_v6(self.io.source())?;
        self.io.source().join_multicast_v6(&group, interface)
    }

    /// Leaves a multicast group.
    ///
    /// # Errors
    ///
    /// Whatever the system reports, such as that it was not joined.
    pub fn leave_multicast_v6(&self, group: Ipv6Addr, interface: u32) -> io::Result<()> {
        self.io.source().leave_multicast_v6(&group, interface)
    }

    /// Sends datagrams for multicast groups by the interface that has this address.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn set_multicast_if_v4(&self, interface: Ipv4Addr) -> io::Result<()> {
        Ok(sockopt::set_ip_multicast_if(self.io.source(), &interface)?)
    }

    /// Sends datagrams for multicast groups by the interface with this index.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn set_multicast_if_v6(&self, interface: u32) -> io::Result<()> {
        Ok(sockopt::set_ipv6_multicast_if(self.io.source(), interface)?)
    }

    /// Has this machine's members of a group hear what is sent (`true`, the default), or not.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn set_multicast_loop_v4(&self, looped: bool) -> io::Result<()> {
        self.io.source().set_multicast_loop_v4(looped)
    }

    /// Tells whether this machine's members of a group hear what is sent.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn multicast_loop_v4(&self) -> io::Result<bool> {
        self.io.source().multicast_loop_v4()
    }

    /// Has this machine's members of a group hear what is sent (`true`, the default), or not.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn set_multicast_loop_v6(&self, looped: bool) -> io::Result<()> {
        self.io.source().set_multicast_loop_v6(looped)
    }

    /// Tells whether this machine's members of a group hear what is sent.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn multicast_loop_v6(&self) -> io::Result<bool> {
        self.io.source().multicast_loop_v6()
    }

    /// Sets how many routers a datagram for a multicast group passes, of 0 to 255; 1 is the
    /// default.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn set_multicast_ttl_v4(&self, ttl: u32) -> io::Result<()> {
        self.io.source().set_multicast_ttl_v4(ttl)
    }

    /// Returns how many routers a datagram for a multicast group passes.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn multicast_ttl_v4(&self) -> io::Result<u32> {
        self.io.source().multicast_ttl_v4()
    }

    /// Sets how many routers a datagram for a multicast group passes, of 0 to 255; 1 is the
    /// default.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn set_multicast_hops_v6(&self, hops: u32) -> io::Result<()> {
        Ok(sockopt::set_ipv6_multicast_hops(self.io.source(), hops)?)
    }

    /// Returns how many routers a datagram for a multicast group passes.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    pub fn multicast_hops_v6(&self) -> io::Result<u32> {
        Ok(sockopt::ipv6_multicast_hops(self.io.source())?)
    }
}
