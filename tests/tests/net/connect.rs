//! Making connections.

use std::io::{Error, ErrorKind};
use std::net::{self, IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use crochet::net::{Connect, ConnectError, KeepAlive, Listen, TcpListener, TcpStream};
use crochet_tests::backends::{for_every_backend, on_every_backend};
use crochet_tests::executor;
use crochet_tests::tidy::Tidy;

use crate::io::{LOOPBACK, LOOPBACK_V6, assert_pending};

/// An address on which nobody listens: of a port that was free a moment ago.
fn nobody(like: SocketAddr) -> SocketAddr {
    let listener = net::TcpListener::bind(like).unwrap();
    listener.local_addr().unwrap()
}

/// An address that does not answer, for as long as what else is returned lives.
#[cfg(target_os = "linux")]
pub(crate) fn silent() -> (SocketAddr, impl Sized) {
    let listener = Listen::new().backlog(0).bind(LOOPBACK).unwrap();
    let addr = listener.local_addr().unwrap();
    // It has room for one connection that has not been taken; the next one's are not answered.
    let first = net::TcpStream::connect(addr).unwrap();
    (addr, (listener, first))
}

/// Does not end.
const NEVER: Duration = Duration::MAX;

#[test]
fn settings_are_there_when_the_connection_is() {
    on_every_backend(|| async {
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let addr = listener.local_addr().unwrap();
        let connect = Connect::new()
            .local_addr(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0))
            .nodelay()
            .keep_alive(KeepAlive::after(Duration::from_millis(59_100)));
        let stream = connect.to(addr).await.unwrap();
        assert!(stream.nodelay().unwrap());
        let keep_alive = stream.keep_alive().unwrap().expect("it is on");
        assert_eq!(keep_alive.idle(), Duration::from_secs(60), "rounded up");
        let (far, peer) = listener.accept().await.unwrap();
        assert_eq!(peer, stream.local_addr().unwrap());
        assert!(!far.nodelay().unwrap());
        assert_eq!(far.keep_alive().unwrap(), None);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn the_local_address_is_the_one_that_was_set() {
    on_every_backend(|| async {
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let local = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), 0);
        let connect = Connect::new().local_addr(local);
        let stream = connect.to(listener.local_addr().unwrap()).await.unwrap();
        let (_far, peer) = listener.accept().await.unwrap();
        assert_eq!(peer.ip(), local.ip());
        assert_eq!(stream.local_addr().unwrap(), peer);
        // No address of the other family is tried from there.
        let refused = connect.to_any(&[LOOPBACK_V6]).await.unwrap_err();
        assert!(matches!(refused, ConnectError::NoAddress), "{refused}");
    });
}

#[cfg(target_os = "linux")]
#[test]
fn an_address_that_does_not_answer_is_given_up_when_the_time_is_up() {
    on_every_backend(|| async {
        let (addr, _held) = silent();
        let connect = Connect::new().timeout(Duration::from_millis(1));
        let error = connect.to(addr).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        let error = connect.to_any(&[addr]).await.unwrap_err();
        assert!(
            matches!(&error, ConnectError::TimedOut(attempts) if attempts[0].addr() == addr),
            "{error}"
        );
        assert_eq!(Error::from(error).kind(), ErrorKind::TimedOut);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn an_address_that_does_not_answer_delays_the_next_one_only() {
    on_every_backend(|| async {
        let (dead, _held) = silent();
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let addr = listener.local_addr().unwrap();
        let files = crochet_tests::threads::open_files();
        let connect = Connect::new()
            .no_timeout()
            .attempt_delay(Duration::from_millis(1));
        let stream = connect.to_any(&[dead, addr]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), addr);
        // The attempt that lost has been closed.
        assert_eq!(crochet_tests::threads::open_files(), files + 1);
    });
}

#[test]
fn an_address_that_refuses_does_not_delay_the_next_one() {
    on_every_backend(|| async {
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let addr = listener.local_addr().unwrap();
        let connect = Connect::new().attempt_delay(NEVER);
        let addrs = [nobody(LOOPBACK), nobody(LOOPBACK), addr];
        let stream = connect.to_any(&addrs).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), addr);
    });
}

#[test]
fn the_families_are_tried_in_turn_and_the_error_says_what_each_address_answered() {
    on_every_backend(|| async {
        let four = [nobody(LOOPBACK), nobody(LOOPBACK)];
        let six = [nobody(LOOPBACK_V6), nobody(LOOPBACK_V6)];
        let connect = Connect::new().attempt_delay(NEVER);
        let error = connect
            .to_any(&[six[0], six[1], four[0], four[1]])
            .await
            .unwrap_err();
        let ConnectError::Failed(attempts) = &error else {
            panic!("{error}");
        };
        let tried: Vec<_> = attempts.iter().map(|attempt| attempt.addr()).collect();
        assert_eq!(tried, [six[0], four[0], six[1], four[1]]);
        for (attempt, addr) in attempts.iter().zip(&tried) {
            assert_eq!(attempt.error().kind(), ErrorKind::ConnectionRefused);
            assert!(error.to_string().contains(&addr.to_string()), "{error}");
        }
        assert_eq!(Error::from(error).kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn a_host_is_connected_to_by_its_name_or_its_address() {
    on_every_backend(|| async {
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let addr = listener.local_addr().unwrap();
        for name in ["127.0.0.1", "localhost"] {
            let stream = TcpStream::connect_host(name, addr.port()).await.unwrap();
            assert_eq!(stream.peer_addr().unwrap(), addr);
        }
        let listener = TcpListener::bind(LOOPBACK_V6).unwrap();
        let addr = listener.local_addr().unwrap();
        let stream = TcpStream::connect_host("::1", addr.port()).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap().ip(), Ipv6Addr::LOCALHOST);
        let stream = Connect::new().no_timeout();
        let stream = stream.to_host("::1", addr.port()).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), addr);
    });
}

#[test]
fn a_name_that_cannot_be_looked_up_is_an_error() {
    on_every_backend(|| async {
        let error = TcpStream::connect_host("no\0name", 80).await.unwrap_err();
        assert!(matches!(error, ConnectError::Resolve(_)), "{error}");
        let error = Connect::new().to_any(&[]).await.unwrap_err();
        assert!(matches!(error, ConnectError::NoAddress), "{error}");
    });
}

#[test]
fn a_look_up_that_does_not_begin_is_given_up_with_the_time_or_with_the_connection() {
    for_every_backend(|settings| {
        // There is no thread for it.
        let mut reactor = Tidy::with(settings.pool_size(0));
        let pool = reactor.remote().thread_pool();
        let case = async move {
            let connect = Connect::new().timeout(Duration::from_millis(1));
            let error = connect.to_host("localhost", 80).await.unwrap_err();
            assert!(matches!(error, ConnectError::TimedOut(_)), "{error}");
            assert_eq!(error.to_string(), "the name was not looked up in time");
            assert_eq!(pool.stats().queued, 0);
            for connect in [Connect::new(), Connect::new().no_timeout()] {
                let mut connecting = Box::pin(connect.to_host("localhost", 80));
                assert_pending(&mut connecting).await;
                assert_eq!(pool.stats().queued, 1);
                drop(connecting);
                assert_eq!(pool.stats().queued, 0);
            }
        };
        reactor.complete(case);
    });
}

#[test]
fn connecting_needs_a_reactor() {
    for_every_backend(|_settings| {
        let error = executor::block_on(TcpStream::connect_host("localhost", 80)).unwrap_err();
        assert!(matches!(error, ConnectError::NotOnReactor(_)), "{error}");
        let error = executor::block_on(TcpStream::connect(LOOPBACK)).unwrap_err();
        assert!(
            error.to_string().contains("not running a reactor"),
            "{error}"
        );
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_connection_that_is_given_up_is_closed() {
    on_every_backend(|| async {
        let (addr, _held) = silent();
        let files = crochet_tests::threads::open_files();
        let connect = Connect::new();
        {
            let mut connecting = Box::pin(connect.to(addr));
            assert_pending(&mut connecting).await;
            let addrs = [addr];
            let mut racing = Box::pin(connect.to_any(&addrs));
            assert_pending(&mut racing).await;
            assert_eq!(crochet_tests::threads::open_files(), files + 2);
        }
        assert_eq!(crochet_tests::threads::open_files(), files);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn from_a_port_of_its_own_addresses_are_tried_one_after_the_other() {
    on_every_backend(|| async {
        let (dead, _held) = silent();
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let addr = listener.local_addr().unwrap();
        let within = |millis| {
            Connect::new()
                .local_addr(nobody(LOOPBACK))
                .attempt_delay(Duration::from_millis(1))
                .timeout(Duration::from_millis(millis))
        };
        let addrs = [nobody(LOOPBACK), dead, addr];
        let stream = within(2_000).to_any(&addrs).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), addr);
        // The last one has the rest of the time.
        let error = within(300).to_any(&[dead, dead]).await.unwrap_err();
        let ConnectError::TimedOut(attempts) = &error else {
            panic!("{error}");
        };
        assert_eq!(attempts.len(), 2, "{error}");
        let is_late = |error: &Error| error.kind() == ErrorKind::TimedOut;
        assert!(attempts.iter().all(|attempt| is_late(attempt.error())));
    });
}
