//! What the resolver does when the first question does not bring the answer.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crochet_examples::dns::config::Config;
use crochet_examples::dns::message::decode;
use crochet_examples::dns::{DnsError, Resolver};
use hickory_proto::op::{Message, MessageType};
use hickory_proto::rr::rdata::CNAME;
use hickory_proto::rr::{Name, RData, Record, RecordType};

use crate::support::{LOOPBACK, UdpServer, closed_port, gethostbyname, right_answer};

/// Asks `servers` for `name` with the settings of `resolv_conf`, and gives each 50 ms for an
/// attempt.
fn lookup(
    servers: Vec<SocketAddr>,
    resolv_conf: &str,
    name: &str,
) -> Result<Vec<IpAddr>, DnsError> {
    crochet::setup().expect("the loop starts");
    let config = Config::parse(resolv_conf)
        .with_servers(servers)
        .with_timeout(Duration::from_millis(200));
    gethostbyname(&Resolver::new(config), name)
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts
        .iter()
        .map(|text| text.parse().expect("an address"))
        .collect()
}

fn with_code(query: &[u8], code: u8) -> Vec<u8> {
    let mut answer = query.to_vec();
    answer[2] |= 0x80;
    answer[3] = code;
    answer
}

fn question(query: &[u8]) -> (Message, Name, RecordType) {
    let mut message = decode(query).expect("the resolver asks well");
    message.set_message_type(MessageType::Response);
    let question = message
        .query()
        .expect("the resolver asks one question")
        .clone();
    (message, question.name().clone(), question.query_type())
}

#[test]
fn the_next_server_is_asked_when_one_fails() {
    let silent = UdpSocket::bind(LOOPBACK).expect("a free port");
    let failing = UdpServer::start(|query| vec![with_code(query, 2)]);
    let garbled = UdpServer::start(|query| vec![query[..5].to_vec()]);
    let working = UdpServer::start(|query| vec![right_answer(query)]);
    let silent = silent.local_addr().expect("a bound socket has an address");
    for bad in [closed_port(), silent, failing.address(), garbled.address()] {
        let found = lookup(vec![bad, working.address()], "", "example.com");
        assert_eq!(
            found.expect("the second server knows"),
            addresses(&["192.0.2.10", "2001:db8::10"])
        );
    }
}

#[test]
fn a_silent_server_is_asked_as_often_as_the_settings_say() {
    let asked = Arc::new(AtomicUsize::new(0));
    let server = UdpServer::start({
        let asked = Arc::clone(&asked);
        move |_| {
            asked.fetch_add(1, Ordering::Relaxed);
            vec![]
        }
    });
    let address = server.address();
    let outcome = lookup(vec![address], "options attempts:3", "example.com");
    assert!(
        matches!(outcome, Err(DnsError::NoAnswer { server, attempts: 3 }) if server == address),
        "{outcome:?}"
    );
    drop(server);
    assert_eq!(
        asked.load(Ordering::Relaxed),
        6,
        "three times for each of A and AAAA"
    );
}

#[test]
fn an_attempt_that_is_answered_ends_the_retries() {
    let asked = AtomicUsize::new(0);
    let server = UdpServer::start(move |query| match asked.fetch_add(1, Ordering::Relaxed) {
        0 | 1 => vec![],
        _ => vec![right_answer(query)],
    });
    let found = lookup(vec![server.address()], "", "example.com");
    assert_eq!(
        found.expect("the second attempt is answered"),
        addresses(&["192.0.2.10", "2001:db8::10"])
    );
}

#[test]
fn an_error_is_preferred_to_silence() {
    let silent = UdpSocket::bind(LOOPBACK).expect("a free port");
    let silent = silent.local_addr().expect("a bound socket has an address");
    let failing = UdpServer::start(|query| vec![with_code(query, 2)]);
    let outcome = lookup(
        vec![failing.address(), silent],
        "options attempts:1",
        "example.com",
    );
    assert!(
        matches!(outcome, Err(DnsError::ServerFailure { .. })),
        "{outcome:?}"
    );
}

#[test]
fn without_servers_nothing_is_asked() {
    let outcome = lookup(vec![], "", "example.com");
    assert!(matches!(outcome, Err(DnsError::NoServer)), "{outcome:?}");
}

#[test]
fn a_server_that_does_not_know_edns_is_asked_without() {
    for code in [1, 4] {
        let server = UdpServer::start(move |query| {
            let (message, ..) = question(query);
            match message.extensions() {
                Some(_) => vec![header_alone(&with_code(query, code))],
                None => vec![right_answer(query)],
            }
        });
        let found = lookup(vec![server.address()], "", "example.com");
        assert_eq!(
            found.expect("the plain question is answered"),
            addresses(&["192.0.2.10", "2001:db8::10"])
        );
    }
}

/// Returns the header of `message`, which then announces nothing more.
fn header_alone(message: &[u8]) -> Vec<u8> {
    [&message[..4], &[0; 8]].concat()
}

#[test]
fn one_family_is_enough() {
    for broken in [RecordType::A, RecordType::AAAA] {
        let server = UdpServer::start(move |query| match question(query) {
            (_, _, kind) if kind == broken => vec![with_code(query, 2)],
            _ => vec![right_answer(query)],
        });
        let found =
            lookup(vec![server.address()], "", "example.com").expect("the other family is found");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].is_ipv6(), broken == RecordType::A);
    }
}

#[test]
fn the_search_list_completes_short_names() {
    let server = UdpServer::start(|query| vec![right_answer(query)]);
    let servers = vec![server.address()];
    let found = lookup(
        servers.clone(),
        "search nosuch.example.com example.com",
        "mail",
    );
    assert_eq!(
        found.expect("mail.example.com is known"),
        addresses(&["192.0.2.25", "2001:db8::25"])
    );
    // Left as it is, the name is outside of what the server answers for.
    let outcome = lookup(servers, "search example.com", "mail.");
    assert!(
        matches!(outcome, Err(DnsError::Refused { .. })),
        "{outcome:?}"
    );
}

#[test]
fn of_names_that_lead_nowhere_the_one_that_exists_says_more() {
    let server = UdpServer::start(|query| {
        let right = right_answer(query);
        match right[3] & 0xf {
            5 => vec![with_code(query, 3)],
            _ => vec![right],
        }
    });
    for search in [
        "search example.com example.org",
        "search example.org example.com",
    ] {
        let outcome = lookup(vec![server.address()], search, "text");
        assert!(
            matches!(outcome, Err(DnsError::NoRecords { .. })),
            "{outcome:?}"
        );
        let outcome = lookup(vec![server.address()], search, "nosuch");
        assert!(
            matches!(outcome, Err(DnsError::UnknownName { .. })),
            "{outcome:?}"
        );
    }
}

#[test]
fn an_alias_whose_target_is_not_in_the_answer_is_asked_for() {
    let alias = |name: Name| Record::from_rdata(name, 60, RData::CNAME(CNAME(full("example.com"))));
    let server = UdpServer::start(move |query| {
        let (mut message, name, _) = question(query);
        if name != full("alias.test") {
            return vec![right_answer(query)];
        }
        message.add_answer(alias(name));
        vec![message.to_vec().expect("a small message")]
    });
    let found =
        lookup(vec![server.address()], "", "alias.test").expect("the alias leads to addresses");
    assert_eq!(found, addresses(&["192.0.2.10", "2001:db8::10"]));
}

#[test]
fn aliases_without_end_are_given_up() {
    let asked = Arc::new(AtomicUsize::new(0));
    let server = UdpServer::start({
        let asked = Arc::clone(&asked);
        move |query| {
            let next = full(&format!("n{}.test", asked.fetch_add(1, Ordering::Relaxed)));
            let (mut message, name, _) = question(query);
            message.add_answer(Record::from_rdata(name, 60, RData::CNAME(CNAME(next))));
            vec![message.to_vec().expect("a small message")]
        }
    });
    let outcome = lookup(vec![server.address()], "", "start.test");
    assert!(
        matches!(outcome, Err(DnsError::AliasLoop { .. })),
        "{outcome:?}"
    );
    drop(server);
    assert_eq!(
        asked.load(Ordering::Relaxed),
        34,
        "17 questions for each of A and AAAA"
    );
}

fn full(name: &str) -> Name {
    let mut name = Name::from_ascii(name).expect("a valid name");
    name.set_fqdn(true);
    name
}
