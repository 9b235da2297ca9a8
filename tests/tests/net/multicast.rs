//! UDP to several at once.

#[cfg(target_os = "linux")]
use std::fs;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crochet::net::UdpSocket;
use crochet_tests::backends::on_every_backend;

use crate::io::LOOPBACK;

const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;

fn any(addr: impl Into<IpAddr>) -> UdpSocket {
    UdpSocket::bind_shared(SocketAddr::new(addr.into(), 0)).expect("a free port")
}

async fn next(socket: &UdpSocket) -> String {
    let mut buf = [0; 20];
    let (count, _) = socket.recv_from(&mut buf).await.unwrap();
    String::from_utf8(buf[..count].to_vec()).unwrap()
}

/// Sends to a group until its two members have left it. A second group, which both stay in, shows what has not come
/// before: the system keeps the order, and two sockets that share a port cannot be told apart otherwise.
async fn assert_heard_until_left(
    sender: &UdpSocket,
    [one, other]: [&UdpSocket; 2],
    [group, both]: [SocketAddr; 2],
    leave: impl Fn(&UdpSocket) -> io::Result<()>,
) {
    sender.send_to(b"1", group).await.unwrap();
    for member in [one, other] {
        assert_eq!(next(member).await, "1");
    }

    leave(one).unwrap();
    sender.send_to(b"2", group).await.unwrap();
    sender.send_to(b"to both", both).await.unwrap();
    assert_eq!(next(one).await, "to both", "it is no member any more");
    assert_eq!(next(other).await, "2");
    assert_eq!(next(other).await, "to both");

    leave(other).unwrap();
    sender.send_to(b"3", group).await.unwrap();
    sender.send_to(b"to both again", both).await.unwrap();
    for former in [one, other] {
        assert_eq!(next(former).await, "to both again");
        let refused = leave(former).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::AddrNotAvailable);
    }
}

#[test]
fn every_member_of_a_group_hears_a_datagram_until_it_leaves() {
    const GROUPS: [Ipv4Addr; 2] = [
        Ipv4Addr::new(239, 255, 77, 1),
        Ipv4Addr::new(239, 255, 77, 2),
    ];
    on_every_backend(|| async {
        let one = any(Ipv4Addr::UNSPECIFIED);
        let addr = one.local_addr().unwrap();
        let other = UdpSocket::bind_shared(addr).unwrap();
        for member in [&one, &other] {
            for group in GROUPS {
                member.join_multicast_v4(group, HERE).unwrap();
            }
        }
        let sender = UdpSocket::bind(LOOPBACK).unwrap();
        sender.set_multicast_if_v4(HERE).unwrap();
        let groups = GROUPS.map(|group| SocketAddr::new(group.into(), addr.port()));
        let leave = |member: &UdpSocket| member.leave_multicast_v4(GROUPS[0], HERE);
        assert_heard_until_left(&sender, [&one, &other], groups, leave).await;
    });
}

/// Finds an interface that groups of IPv6 are routed over, and that has an address to send from. The loopback interface
/// seldom is one.
#[cfg(target_os = "linux")]
fn routed_interface() -> Option<u32> {
    // Tentative, or found to be another's.
    const UNUSABLE: u32 = 0x48;
    let routes = fs::read_to_string("/proc/net/ipv6_route").ok()?;
    let addrs = fs::read_to_string("/proc/net/if_inet6").ok()?;
    let is_routed = |name: &str| {
        let mut for_groups = routes
            .lines()
            .filter(|line| line.starts_with("ff000000000000000000000000000000 08"));
        for_groups.any(|line| line.split_whitespace().last() == Some(name))
    };
    let number = |column: &str| u32::from_str_radix(column, 16).expect("a number");
    let mut found = addrs.lines().filter_map(|line| {
        let columns: Vec<_> = line.split_whitespace().collect();
        let [_addr, index, _prefix, _scope, flags, name] = columns[..] else {
            return None;
        };
        let is_usable = number(flags) & UNUSABLE == 0;
        (is_usable && is_routed(name)).then(|| number(index))
    });
    found.next()
}

#[cfg(target_os = "linux")]
#[test]
fn every_member_of_a_group_of_ipv6_hears_a_datagram_until_it_leaves() {
    // Groups of the interface: nothing of this leaves the machine.
    const GROUPS: [Ipv6Addr; 2] = [
        Ipv6Addr::new(0xff01, 0, 0, 0, 0, 0, 0, 0x7778),
        Ipv6Addr::new(0xff01, 0, 0, 0, 0, 0, 0, 0x7779),
    ];
    let Some(interface) = routed_interface() else {
        eprintln!("skipped: no interface has a route for groups of IPv6");
        return;
    };
    on_every_backend(move || async move {
        let one = any(Ipv6Addr::UNSPECIFIED);
        let addr = one.local_addr().unwrap();
        let other = UdpSocket::bind_shared(addr).unwrap();
        for member in [&one, &other] {
            for group in GROUPS {
                member.join_multicast_v6(group, interface).unwrap();
            }
        }
        let sender = any(Ipv6Addr::UNSPECIFIED);
        sender.set_multicast_if_v6(interface).unwrap();
        let groups = GROUPS.map(|group| SocketAddr::new(group.into(), addr.port()));
        let leave = |member: &UdpSocket| member.leave_multicast_v6(GROUPS[0], interface);
        assert_heard_until_left(&sender, [&one, &other], groups, leave).await;
    });
}

#[test]
fn groups_of_ipv6_are_joined_and_left_once() {
    const GROUP: Ipv6Addr = Ipv6Addr::new(0xff01, 0, 0, 0, 0, 0, 0, 0x7777);
    // The loopback interface is the first one. Nothing is sent: groups are seldom routed there.
    const INTERFACE: u32 = 1;
    on_every_backend(|| async {
        let member = any(Ipv6Addr::UNSPECIFIED);
        member.set_multicast_if_v6(INTERFACE).unwrap();
        member.join_multicast_v6(GROUP, INTERFACE).unwrap();
        let again = member.join_multicast_v6(GROUP, INTERFACE).unwrap_err();
        assert_eq!(again.kind(), ErrorKind::AddrInUse);
        member.leave_multicast_v6(GROUP, INTERFACE).unwrap();
        let again = member.leave_multicast_v6(GROUP, INTERFACE).unwrap_err();
        assert_eq!(again.kind(), ErrorKind::AddrNotAvailable);
    });
}

#[test]
fn broadcasts_are_sent_only_when_that_is_allowed() {
    on_every_backend(|| async {
        let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
        let receiver = UdpSocket::bind(any).unwrap();
        let port = receiver.local_addr().unwrap().port();
        let all = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 255, 255, 255)), port);
        let sender = UdpSocket::bind(LOOPBACK).unwrap();
        assert!(!sender.broadcast().unwrap());
        let refused = sender.send_to(b"x", all).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
        sender.set_broadcast(true).unwrap();
        sender.send_to(b"x", all).await.unwrap();
        assert_eq!(receiver.recv_from(&mut [0; 2]).await.unwrap().0, 1);
    });
}

#[test]
fn how_far_datagrams_go_can_be_set() {
    on_every_backend(|| async {
        let socket = UdpSocket::bind(LOOPBACK).unwrap();
        socket.set_ttl(9).unwrap();
        assert_eq!(socket.ttl().unwrap(), 9);
        assert_eq!(socket.multicast_ttl_v4().unwrap(), 1);
        socket.set_multicast_ttl_v4(3).unwrap();
        assert_eq!(socket.multicast_ttl_v4().unwrap(), 3);
        // What this changes is not seen on the loopback interface, where everything is heard.
        assert!(socket.multicast_loop_v4().unwrap());
        socket.set_multicast_loop_v4(false).unwrap();
        assert!(!socket.multicast_loop_v4().unwrap());
        let any = SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0);
        let socket = UdpSocket::bind(any).unwrap();
        socket.set_multicast_hops_v6(5).unwrap();
        assert_eq!(socket.multicast_hops_v6().unwrap(), 5);
        assert!(socket.multicast_loop_v6().unwrap());
        socket.set_multicast_loop_v6(false).unwrap();
        assert!(!socket.multicast_loop_v6().unwrap());
    });
}
