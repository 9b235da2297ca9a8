//! Look-ups that are answered.

use std::net::{IpAddr, UdpSocket};
use std::time::{Duration, Instant};

use crochet::{join_all, spawn};
use crochet_tests::backends::on_every_backend;
use hickory_resolver::config::LookupIpStrategy;
use hickory_resolver::proto::ProtoErrorKind;

use crate::server::{MANY, Server};
use crate::support::{LOOPBACK, resolver, resolver_with};

#[test]
fn addresses_of_both_kinds_are_found() {
    on_every_backend(|| async {
        let server = Server::start();
        let resolver = resolver_with(&[server.address()], |options| {
            options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        });
        let found = resolver.lookup_ip("host.test.").await.expect("it is there");
        let mut found: Vec<IpAddr> = found.iter().collect();
        found.sort();
        let expected: [IpAddr; 2] = ["192.0.2.40", "2001:db8::40"].map(|ip| ip.parse().unwrap());
        assert_eq!(found, expected);
        assert_eq!((server.datagrams(), server.connections()), (2, 0));
    });
}

#[test]
fn mail_servers_are_found() {
    on_every_backend(|| async {
        let server = Server::start();
        let found = resolver(&[server.address()]).mx_lookup("test.").await;
        let found = found.expect("there are some");
        let mut found: Vec<_> = found
            .iter()
            .map(|server| (server.preference(), server.exchange().to_string()))
            .collect();
        found.sort();
        let expected = [(5, "first.test."), (20, "second.test.")];
        assert_eq!(found, expected.map(|(at, host)| (at, String::from(host))));
    });
}

#[test]
fn a_name_that_is_not_there_and_one_without_records_are_told_apart() {
    on_every_backend(|| async {
        let server = Server::start();
        let resolver = resolver(&[server.address()]);
        let missing = resolver.ipv4_lookup("missing.test.").await;
        let missing = missing.expect_err("there is no such name");
        assert!(missing.is_nx_domain(), "{missing}");
        let empty = resolver.mx_lookup("host.test.").await;
        let empty = empty.expect_err("it has no mail server");
        assert!(
            empty.is_no_records_found() && !empty.is_nx_domain(),
            "{empty}"
        );
    });
}

#[test]
fn an_answer_that_a_datagram_does_not_hold_comes_over_a_connection_which_is_kept() {
    on_every_backend(|| async {
        let server = Server::start();
        let resolver = resolver(&[server.address()]);
        for round in 1..=3 {
            let found = resolver.ipv4_lookup("many.test.").await;
            let found = found.expect("the answer comes whole").iter().count();
            assert_eq!(found, usize::from(MANY));
            assert_eq!((server.datagrams(), server.connections()), (round, 1));
        }
    });
}

#[test]
fn many_look_ups_go_on_at_the_same_time() {
    on_every_backend(|| async {
        let server = Server::start();
        let resolver = resolver(&[server.address()]);
        let lookups = (0..40).map(|index| {
            let resolver = resolver.clone();
            let name = ["host.test.", "many.test."][index % 2];
            spawn(async move { resolver.ipv4_lookup(name).await })
        });
        for (index, found) in join_all(lookups).await.into_iter().enumerate() {
            let found = found.expect("no panic").expect("it is there");
            let expected = [1, MANY.into()][index % 2];
            assert_eq!(found.iter().count(), expected);
        }
        // Half as many as one connection of hickory's takes.
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn a_server_that_does_not_answer_is_given_up_at_the_time_limit() {
    on_every_backend(|| async {
        let silent = UdpSocket::bind(LOOPBACK).expect("a port is free");
        let limit = Duration::from_millis(20);
        let resolver = resolver_with(&[silent.local_addr().unwrap()], |options| {
            options.timeout = limit;
            options.attempts = 1;
        });
        let begun = Instant::now();
        let why = resolver.ipv4_lookup("host.test.").await;
        let why = why.expect_err("nobody answers");
        // The first attempt, and one more.
        assert!(begun.elapsed() >= 2 * limit);
        let why = why.proto().expect("the protocol says why");
        assert!(matches!(why.kind(), ProtoErrorKind::Timeout), "{why}");
    });
}

#[test]
fn the_next_server_is_asked_when_one_does_not_answer() {
    on_every_backend(|| async {
        let silent = UdpSocket::bind(LOOPBACK).expect("a port is free");
        let server = Server::start();
        let servers = [silent.local_addr().unwrap(), server.address()];
        let resolver = resolver_with(&servers, |options| {
            options.timeout = Duration::from_millis(20);
        });
        let found = resolver.ipv4_lookup("host.test.").await;
        assert_eq!(found.expect("the other one answers").iter().count(), 1);
    });
}
