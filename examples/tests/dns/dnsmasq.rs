//! The programs against dnsmasq.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crochet_examples::dns::DnsError;
use crochet_examples::dns::message::{Extension, Question};
use crochet_examples::dns::transport::ask_over_udp;
use hickory_proto::rr::{Name, RecordType};

use crate::support::{LOOPBACK, ServerProcess, blockingdns, mxquery, peer};

/// How many mail servers the big domain has: too many for a datagram.
const MANY: usize = 90;

/// How often another port is tried when something else took the one that was free.
const PORT_ATTEMPTS: usize = 5;

/// Starts dnsmasq on a free port of this machine, with names in the domain `test` only.
fn start(program: &Path) -> (ServerProcess, SocketAddr) {
    for _ in 0..PORT_ATTEMPTS {
        let free = TcpListener::bind(LOOPBACK)
            .and_then(|listener| listener.local_addr())
            .expect("a free port");
        let mut command = Command::new(program);
        command.args([
            "--no-daemon",
            "--conf-file=/dev/null",
            "--pid-file=",
            "--no-resolv",
            "--no-hosts",
        ]);
        command.args([
            "--listen-address=127.0.0.1",
            "--bind-interfaces",
            "--local=/test/",
            "--local-ttl=60",
        ]);
        command.arg(format!("--port={}", free.port()));
        command.args([
            "--host-record=host.test,192.0.2.40,2001:db8::40",
            "--host-record=v4.test,192.0.2.41",
        ]);
        command.args([
            "--cname=alias.test,host.test",
            "--txt-record=text.test,no address here",
        ]);
        command.args([
            "--mx-host=test,second.test,20",
            "--mx-host=test,first.test,5",
        ]);
        command.args(
            (0..MANY).map(|index| format!("--mx-host=big.test,mail-{index:04}.big.test,{index}")),
        );
        let mut process = ServerProcess::start(&mut command);
        if process
            .err_lines()
            .any(|line| line.contains("started, version"))
        {
            return (process, free);
        }
    }
    panic!("dnsmasq did not start on any of {PORT_ATTEMPTS} free ports");
}

#[test]
fn dnsmasq_is_understood() {
    let Some(program) = peer("dnsmasq") else {
        return;
    };
    let (_process, address) = start(&program);
    let server = address.to_string();
    let args = |name| [name, "--server", server.as_str()];

    let both = |name| format!("{name} -> 192.0.2.40\n{name} -> 2001:db8::40\n");
    blockingdns(&args("host.test")).assert_printed(&both("host.test"));
    blockingdns(&args("alias.test")).assert_printed(&both("alias.test"));
    blockingdns(&args("v4.test")).assert_printed("v4.test -> 192.0.2.41\n");
    blockingdns(&["host.test", "--tcp", "--server", &server]).assert_printed(&both("host.test"));
    mxquery(&args("test")).assert_printed("Mail servers for test:\n5 first.test\n20 second.test\n");

    blockingdns(&args("nosuch.test")).assert_failed_saying(&[
        "nosuch.test",
        "unknown name",
        &server,
    ]);
    mxquery(&args("nosuch.test")).assert_failed_saying(&["nosuch.test", "unknown name", &server]);
    blockingdns(&args("text.test")).assert_failed_saying(&[
        "text.test",
        "no address records",
        &server,
    ]);
    blockingdns(&args("example.com")).assert_failed_saying(&[
        "example.com",
        "refused to answer",
        &server,
    ]);
}

#[test]
fn a_long_answer_of_dnsmasq_comes_whole_over_tcp() {
    let Some(program) = peer("dnsmasq") else {
        return;
    };
    let (_process, address) = start(&program);
    assert!(
        is_truncated(address, "big.test.").expect("dnsmasq answers"),
        "or the test tests nothing"
    );
    let servers: String = (0..MANY)
        .map(|index| format!("{index} mail-{index:04}.big.test\n"))
        .collect();
    let expected = format!("Mail servers for big.test:\n{servers}");
    mxquery(&["big.test", "--server", &address.to_string()]).assert_printed(&expected);
}

/// Tells whether the mail servers of `name` do not fit a datagram.
fn is_truncated(server: SocketAddr, name: &'static str) -> Result<bool, DnsError> {
    crochet::setup().expect("the loop starts");
    crochet::wait_for(Duration::from_secs(5), move || async move {
        let name = Name::from_ascii(name).expect("a valid name");
        let question = Question::new(name, RecordType::MX, Extension::Edns).expect("randomness");
        Ok(ask_over_udp(server, &question).await?.is_none())
    })?
}
