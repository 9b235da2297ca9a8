//! The settings of listeners.

use std::io::ErrorKind;
use std::net;

use crochet::net::{Listen, TcpListener, TcpStream};
use crochet_tests::backends::on_every_backend;

use crate::io::LOOPBACK;

/// Returns how often the system had no room to remember a connection that was closed.
#[cfg(target_os = "linux")]
fn forgotten() -> Option<u64> {
    let netstat = std::fs::read_to_string("/proc/net/netstat").unwrap();
    let mut of_tcp = netstat.lines().filter(|line| line.starts_with("TcpExt:"));
    let (names, values) = (of_tcp.next()?, of_tcp.next()?);
    let mut counters = names.split(' ').zip(values.split(' '));
    let (_, value) = counters.find(|(name, _)| *name == "TCPTimeWaitOverflow")?;
    value.parse().ok()
}

#[cfg(all(unix, not(target_os = "linux")))]
fn forgotten() -> Option<u64> {
    None
}

#[cfg(unix)]
#[test]
fn an_address_whose_connections_are_hardly_closed_is_taken_unless_that_is_refused() {
    on_every_backend(|| async {
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let addr = listener.local_addr().unwrap();
        let near = TcpStream::connect(addr).await.unwrap();
        let (far, _) = listener.accept().await.unwrap();
        let forgotten_before = forgotten();
        // Whoever closes first keeps the address.
        drop(far);
        assert_eq!(near.read(&mut [0]).await.unwrap(), 0);
        drop((near, listener));
        match Listen::new().no_reuse_address().bind(addr) {
            Err(refused) => assert_eq!(refused.kind(), ErrorKind::AddrInUse),
            // Other programs have closed so many that it forgets them at once.
            Ok(_) => assert_ne!(forgotten(), forgotten_before, "it was not refused"),
        }
        TcpListener::bind(addr).unwrap();
    });
}

#[test]
fn an_address_that_another_listens_on_is_refused() {
    on_every_backend(|| async {
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let refused = TcpListener::bind(listener.local_addr().unwrap()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::AddrInUse);
    });
}

#[cfg(unix)]
#[test]
fn several_listeners_share_an_address_if_all_say_so() {
    on_every_backend(|| async {
        let sharing = Listen::new().reuse_port();
        let listeners = [sharing.bind(LOOPBACK).unwrap()];
        let addr = listeners[0].local_addr().unwrap();
        let other = sharing.bind(addr).unwrap();
        assert_eq!(other.local_addr().unwrap(), addr);
        let refused = TcpListener::bind(addr).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::AddrInUse);
    });
}

#[test]
fn sockets_of_the_standard_library_are_taken_over() {
    on_every_backend(|| async {
        let listener = net::TcpListener::bind(LOOPBACK).unwrap();
        let addr = listener.local_addr().unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let near = net::TcpStream::connect(addr).unwrap();
        let near = TcpStream::from_std(near).unwrap();
        let (far, _) = listener.accept().await.unwrap();
        far.write_all(b"x").await.unwrap();
        let mut byte = [0];
        near.read_exact(&mut byte).await.unwrap();
        assert_eq!(&byte, b"x");
    });
}

#[cfg(unix)]
#[test]
fn a_socket_that_takes_no_connections_is_an_error_for_whoever_accepts() {
    use std::os::fd::OwnedFd;

    on_every_backend(|| async {
        let socket = OwnedFd::from(net::UdpSocket::bind(LOOPBACK).unwrap());
        let listener = TcpListener::from_std(net::TcpListener::from(socket)).unwrap();
        let error = listener.accept().await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EOPNOTSUPP), "{error}");
    });
}

#[cfg(unix)]
#[test]
fn sockets_lend_their_file_descriptors() {
    use std::os::fd::{AsFd, OwnedFd};

    use crochet::net::UdpSocket;

    fn copy(socket: &impl AsFd) -> OwnedFd {
        socket.as_fd().try_clone_to_owned().unwrap()
    }

    on_every_backend(|| async {
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let addr = listener.local_addr().unwrap();
        let near = TcpStream::connect(addr).await.unwrap();
        let socket = UdpSocket::bind(LOOPBACK).unwrap();
        let copied = net::TcpListener::from(copy(&listener));
        assert_eq!(copied.local_addr().unwrap(), addr);
        let copied = net::TcpStream::from(copy(&near));
        assert_eq!(copied.peer_addr().unwrap(), addr);
        let copied = net::UdpSocket::from(copy(&socket));
        assert_eq!(copied.local_addr().unwrap(), socket.local_addr().unwrap());
    });
}
