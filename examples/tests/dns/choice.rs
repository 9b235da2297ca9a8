//! Which servers are asked when the user names none.

use std::time::Duration;

use crochet_examples::dns::config::Config;
use crochet_examples::dns::{DnsError, Resolver};
use hickory_proto::op::MessageType;

use crate::support::{Ran, UdpServer, blockingdns, closed_port, file, mxquery, right_answer};

/// A loopback address where no resolver listens.
const NOBODY: &str = "127.77.77.77";

const ADDRESSES: &str = "example.com -> 192.0.2.10\nexample.com -> 2001:db8::10\n";

#[test]
fn without_a_nameserver_the_embedded_server_answers_and_says_so() {
    let conf = file("choice-empty-resolv.conf", "# no servers\n");
    let hosts = file("choice-empty-hosts", "");
    let Ran { status, out, err } =
        blockingdns(&["example.com", "--resolv-conf", &conf, "--hosts", &hosts]);
    assert_eq!((status, out.as_str()), (Some(0), ADDRESSES));
    assert_eq!(err.matches('\n').count(), 1, "one line: {err:?}");
    assert!(
        err.contains("has no DNS server") && err.contains("the embedded one answers"),
        "{err:?}"
    );
}

#[test]
fn without_a_nameserver_that_answers_the_embedded_server_does() {
    let conf = file("choice-dead-resolv.conf", &format!("nameserver {NOBODY}\n"));
    let hosts = file("choice-no-hosts", "");
    let Ran { status, out, err } =
        mxquery(&["example.com", "--resolv-conf", &conf, "--hosts", &hosts]);
    assert_eq!(status, Some(0));
    assert_eq!(
        out,
        "Mail servers for example.com:\n10 mail.example.com\n20 backup.example.com\n"
    );
    assert!(
        err.contains("no DNS server of this system knows example.com"),
        "{err:?}"
    );
}

#[test]
fn the_hosts_file_comes_first_unless_a_server_is_named() {
    let hosts = file("choice-hosts", "192.0.2.99 example.com printer\n");
    let missing = "/nonexistent/resolv.conf";
    blockingdns(&["printer", "--hosts", &hosts, "--resolv-conf", missing])
        .assert_printed("printer -> 192.0.2.99\n");
    blockingdns(&["example.com.", "--hosts", &hosts, "--embedded"])
        .assert_printed("example.com. -> 192.0.2.99\n");
    let server = UdpServer::start(|query| vec![right_answer(query)]);
    let server = server.address().to_string();
    blockingdns(&["printer", "--hosts", &hosts, "--server", &server])
        .assert_failed_saying(&["printer", "refused"]);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    blockingdns(&["example.com", "--hosts", folder]).assert_failed_saying(&["example.com", folder]);
    blockingdns(&["example.com", "--resolv-conf", folder])
        .assert_failed_saying(&["example.com", folder]);
}

#[crochet::wait_for(timeout = 5)]
async fn is_usable(resolver: &Resolver, name: &str) -> Result<bool, DnsError> {
    resolver.is_usable(name, Duration::from_millis(300)).await
}

fn usable(server: &UdpServer, name: &str) -> bool {
    crochet::setup().expect("the loop starts");
    let resolver =
        Resolver::new(Config::default().with_servers(vec![closed_port(), server.address()]));
    is_usable(&resolver, name).expect("a valid name")
}

#[test]
fn a_server_is_usable_when_it_knows_the_name() {
    let server = UdpServer::start(|query| vec![right_answer(query)]);
    assert!(usable(&server, "example.com"));
    assert!(!usable(&server, "nosuch.example.com"));
    assert!(!usable(&server, "example.net"));
}

#[test]
fn a_server_is_usable_when_it_knows_the_root() {
    let server = UdpServer::start(|query| {
        let mut message =
            crochet_examples::dns::message::decode(query).expect("the resolver asks well");
        message.set_message_type(MessageType::Response);
        match message
            .query()
            .is_some_and(|question| question.name().is_root())
        {
            true => vec![message.to_vec().expect("a small message")],
            false => vec![],
        }
    });
    assert!(usable(&server, "example.com"));
}

#[test]
fn a_silent_server_is_not_usable() {
    let server = UdpServer::start(|_| vec![]);
    assert!(!usable(&server, "example.com"));
}
