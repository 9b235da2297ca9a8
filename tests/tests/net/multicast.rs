//! UDP to several at once.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crochet::net::UdpSocket;
use crochet_tests::backends::on_every_backend;

use crate::io::LOOPBACK;

const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;

#[test]
fn every_member_of_a_group_hears_a_datagram_until_it_leaves() {
    const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 77, 1);
    on_every_backend(|| async {
        let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
        let one = UdpSocket::bind_shared(any).unwrap();
        let addr = one.local_addr().unwrap();
        let other = UdpSocket::bind_shared(addr).unwrap();
        for member in [&one, &other] {
            member.join_multicast_v4(GROUP, HERE).unwrap();
        }
        let sender = UdpSocket::bind(LOOPBACK).unwrap();
        sender.set_multicast_if_v4(HERE).unwrap();
        let group = SocketAddr::new(IpAddr::V4(GROUP), addr.port());
        sender.send_to(b"to all", group).await.unwrap();
        let mut buf = [0; 10];
        for member in [&one, &other] {
            let (count, from) = member.recv_from(&mut buf).await.unwrap();
            assert_eq!(&buf[..count], b"to all");
            assert_eq!(from, sender.local_addr().unwrap());
        }
        one.leave_multicast_v4(GROUP, HERE).unwrap();
        let again = one.leave_multicast_v4(GROUP, HERE).unwrap_err();
        assert_eq!(again.kind(), ErrorKind::AddrNotAvailable);
    });
}

#[test]
fn groups_of_ipv6_are_joined_and_left_once() {
    const GROUP: Ipv6Addr = Ipv6Addr::new(0xff01, 0, 0, 0, 0, 0, 0, 0x7777);
    // The loopback interface is the first one. Nothing is sent: no group is routed there.
    const INTERFACE: u32 = 1;
    on_every_backend(|| async {
        let any = SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0);
        let member = UdpSocket::bind_shared(any).unwrap();
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
