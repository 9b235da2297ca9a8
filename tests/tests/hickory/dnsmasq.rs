//! The resolver against dnsmasq.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crochet_tests::backends::for_every_backend;

use crate::support::{LOOPBACK, resolver};

/// How many mail servers the big domain has: too many for a datagram.
const MANY: u16 = 90;

/// How often another port is tried when something else took the one that was free.
const PORT_ATTEMPTS: usize = 5;

/// A server that knows the domain `test`, and ends with this value.
struct Dnsmasq {
    child: Child,
    address: SocketAddr,
}

impl Dnsmasq {
    fn start(program: &Path) -> Self {
        for _ in 0..PORT_ATTEMPTS {
            let free = TcpListener::bind(LOOPBACK).and_then(|listener| listener.local_addr());
            let address = free.expect("a port is free");
            let child = Command::new(program)
                .args(["--no-daemon", "--conf-file=/dev/null", "--pid-file="])
                .args(["--no-resolv", "--no-hosts", "--local=/test/"])
                .args(["--listen-address=127.0.0.1", "--bind-interfaces"])
                .arg(format!("--port={}", address.port()))
                .arg("--host-record=host.test,192.0.2.40,2001:db8::40")
                .args(["--cname=alias.test,host.test", "--mx-host=test,a.test,5"])
                .args((0..MANY).map(|at| format!("--mx-host=big.test,mail-{at:04}.test,{at}")))
                .stdin(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("it starts");
            let mut server = Self { child, address };
            if server.is_up() {
                return server;
            }
        }
        panic!("dnsmasq did not start on any of {PORT_ATTEMPTS} free ports");
    }

    /// Waits until it has started; tells whether it has.
    fn is_up(&mut self) -> bool {
        let log = self.child.stderr.as_mut().expect("a pipe");
        BufReader::new(log)
            .lines()
            .any(|line| line.expect("text").contains("started, version"))
    }
}

impl Drop for Dnsmasq {
    fn drop(&mut self) {
        self.child.kill().expect("it can be ended");
        self.child.wait().expect("it ends");
    }
}

#[test]
fn dnsmasq_is_asked_over_datagrams_and_connections() {
    let Some(program) = dnsmasq() else { return };
    for_every_backend(move |settings| {
        let server = Dnsmasq::start(&program);
        let resolver = resolver(&[server.address]);
        let mut reactor = settings.build().expect("a reactor can be made");
        let asked = reactor.block_on(async move {
            for name in ["host.test.", "alias.test."] {
                let found = resolver.ipv4_lookup(name).await.expect("it is there");
                let found: Vec<_> = found.iter().map(|a| IpAddr::V4(a.0)).collect();
                assert_eq!(found, ["192.0.2.40".parse::<IpAddr>().unwrap()]);
                let found = resolver.ipv6_lookup(name).await.expect("it is there");
                let found: Vec<_> = found.iter().map(|a| IpAddr::V6(a.0)).collect();
                assert_eq!(found, ["2001:db8::40".parse::<IpAddr>().unwrap()]);
            }
            let missing = resolver.lookup_ip("missing.test.").await;
            assert!(missing.expect_err("there is none").is_nx_domain());
            let found = resolver.mx_lookup("big.test.").await;
            let found = found.expect("it comes whole over a connection");
            let mut found: Vec<u16> = found.iter().map(|server| server.preference()).collect();
            found.sort_unstable();
            assert_eq!(found, (0..MANY).collect::<Vec<_>>());
        });
        asked.expect("it ends");
    });
}

/// Finds the program. Without it the test is skipped, or fails where CROCHET_REQUIRE_PEERS is 1.
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
fn dnsmasq() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // Servers live where only root's search path leads.
    let found = env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join("dnsmasq"))
        .find(|program| program.is_file());
    if found.is_none() {
        let required = env::var_os("CROCHET_REQUIRE_PEERS");
        assert!(
            required.is_none_or(|value| value != "1"),
            "dnsmasq is not installed, and is required"
        );
        eprintln!("skipped: dnsmasq is not installed");
    }
    found
}
