//! Runs programs and servers for the tests, and ends them.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::{self, JoinHandle};

use crochet_examples::dns::respond::respond;
use crochet_examples::dns::transport::Transport;
use crochet_examples::dns::zone::Zone;
use crochet_examples::dns::{DnsError, Resolver};

pub(crate) use crate::process::{ServerProcess, peer};

pub(crate) const LOOPBACK: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// What a program left behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).expect("programs write UTF-8"),
            err: String::from_utf8(output.stderr).expect("programs write UTF-8"),
        }
    }
}

impl Ran {
    /// Asserts that the program failed with status 1 and one line that holds every one of `parts`.
    #[track_caller]
    pub(crate) fn assert_failed_saying(&self, parts: &[&str]) {
        assert_eq!((self.status, self.out.as_str()), (Some(1), ""), "{self:?}");
        assert_eq!(self.err.matches('\n').count(), 1, "one line: {self:?}");
        for part in parts {
            assert!(self.err.contains(part), "{part:?} is missing: {self:?}");
        }
    }

    /// Asserts that the program succeeded, said nothing else, and printed `out`.
    #[track_caller]
    pub(crate) fn assert_printed(&self, out: &str) {
        let expected = Ran {
            status: Some(0),
            out: out.to_owned(),
            err: String::new(),
        };
        assert_eq!(*self, expected);
    }
}

pub(crate) fn blockingdns(args: &[&str]) -> Ran {
    run(Command::new(env!("CARGO_BIN_EXE_blockingdns")).args(args))
}

pub(crate) fn mxquery(args: &[&str]) -> Ran {
    run(Command::new(env!("CARGO_BIN_EXE_mxquery")).args(args))
}

pub(crate) fn run(command: &mut Command) -> Ran {
    command
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
        .into()
}

/// Starts `blockingdns --serve` on a free port and returns its address as well.
pub(crate) fn embedded_server() -> (ServerProcess, SocketAddr) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_blockingdns"));
    let mut process = ServerProcess::start(command.args(["--serve", "127.0.0.1:0"]));
    let first = process
        .out_lines()
        .next()
        .expect("the server writes its address");
    let address = first.parse().expect("the first line is the address");
    (process, address)
}

/// A UDP server in a thread, which sends what `reply` makes of each datagram, and ends with this
/// value.
#[derive(Debug)]
pub(crate) struct UdpServer {
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl UdpServer {
    pub(crate) fn start(mut reply: impl FnMut(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> Self {
        let socket = UdpSocket::bind(LOOPBACK).expect("a free port");
        let address = socket.local_addr().expect("a bound socket has an address");
        let thread = thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                let (length, client) = socket
                    .recv_from(&mut buffer)
                    .expect("the socket stays open");
                if length == 0 {
                    return;
                }
                for answer in reply(&buffer[..length]) {
                    socket
                        .send_to(&answer, client)
                        .expect("loopback takes the answer");
                }
            }
        });
        Self {
            address,
            thread: Some(thread),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for UdpServer {
    fn drop(&mut self) {
        let socket = UdpSocket::bind(LOOPBACK).expect("a free port");
        socket
            .send_to(&[], self.address)
            .expect("loopback takes an empty datagram");
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(
            thread::panicking() || matches!(ended, Some(Ok(()))),
            "the server's thread panicked"
        );
    }
}

/// Returns what the embedded server answers to `query`.
pub(crate) fn right_answer(query: &[u8]) -> Vec<u8> {
    respond(&Zone::example(), query, Transport::Udp).expect("the query has a header")
}

/// Returns an address where nothing listens.
pub(crate) fn closed_port() -> SocketAddr {
    let socket = UdpSocket::bind(LOOPBACK).expect("a free port");
    socket.local_addr().expect("a bound socket has an address")
}

/// Returns the addresses of `name` as a blocking program gets them.
#[crochet::wait_for(timeout = resolver.time_limit())]
pub(crate) async fn gethostbyname(
    resolver: &Resolver,
    name: &str,
) -> Result<Vec<std::net::IpAddr>, DnsError> {
    resolver.addresses(name).await
}

/// Writes `content` to a file of this name, which no other test may use.
pub(crate) fn file(name: &str, content: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).expect("the directory for temporary files can be written");
    path.into_os_string()
        .into_string()
        .expect("the target directory has a UTF-8 name")
}
