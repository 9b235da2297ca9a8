//! The caller's time limit, measured inside the process.

use std::net::UdpSocket;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crochet_examples::dns::config::Config;
use crochet_examples::dns::{DnsError, Resolver};

use crate::support::{LOOPBACK, gethostbyname};

const LIMIT: Duration = Duration::from_millis(300);

/// How much later than the limit a call may return.
const SLACK: Duration = Duration::from_millis(50);

/// How many calls are measured; a machine with other work to do may hold some of them up.
const CALLS: usize = 4;

/// Says when it is dropped.
struct DropFlag(mpsc::Sender<()>);

impl Drop for DropFlag {
    fn drop(&mut self) {
        self.0.send(()).expect("the test waits for this");
    }
}

/// Keeps the socket, so that the port is open and silent.
fn silent_server() -> (UdpSocket, Resolver) {
    let socket = UdpSocket::bind(LOOPBACK).expect("a free port");
    let address = socket.local_addr().expect("a bound socket has an address");
    let config = Config::default().with_servers(vec![address]);
    (socket, Resolver::new(config).with_time_limit(LIMIT))
}

#[test]
fn a_lookup_ends_at_the_limit() {
    crochet::setup().expect("the loop starts");
    let (_silent, resolver) = silent_server();
    let lookup = || {
        let start = Instant::now();
        let outcome = gethostbyname(&resolver, "example.com");
        assert!(matches!(outcome, Err(DnsError::Timeout)), "{outcome:?}");
        start.elapsed()
    };
    let took: Vec<_> = (0..CALLS).map(|_| lookup()).collect();
    assert!(took.iter().all(|&took| took >= LIMIT), "{took:?}");
    assert!(took.iter().any(|&took| took < LIMIT + SLACK), "{took:?}");
}

#[test]
fn a_lookup_that_timed_out_is_cancelled() {
    crochet::setup().expect("the loop starts");
    let (_silent, resolver) = silent_server();
    let (sender, dropped) = mpsc::channel();
    let outcome = crochet::wait_for(LIMIT, move || async move {
        let _flag = DropFlag(sender);
        resolver.addresses("example.com").await
    });
    assert!(
        matches!(outcome, Err(crochet::WaitError::Timeout)),
        "{outcome:?}"
    );
    // Owned arguments: the call does not wait for the loop to drop the operation.
    dropped
        .recv_timeout(Duration::from_secs(5))
        .expect("the loop drops the lookup");
}

#[test]
fn a_lookup_that_was_cancelled_leaves_the_loop_to_others() {
    crochet::setup().expect("the loop starts");
    let (_silent, resolver) = silent_server();
    let outcome = gethostbyname(&resolver, "example.com");
    assert!(matches!(outcome, Err(DnsError::Timeout)), "{outcome:?}");
    let addresses = gethostbyname(&resolver, "192.0.2.1").expect("an address stands for itself");
    assert_eq!(addresses.len(), 1);
}
