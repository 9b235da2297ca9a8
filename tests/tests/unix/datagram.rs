//! Datagrams.

use std::io::ErrorKind;
use std::os::unix::net;
use std::process;

use crochet::net::unix::{Bind, SocketAddr, UnixDatagram};
use crochet::spawn;
use crochet_tests::backends::on_every_backend;
use crochet_tests::folder::Folder;

#[test]
fn datagrams_carry_their_senders_name() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let server = UnixDatagram::bind(folder.path("server")).unwrap();
        let client = UnixDatagram::bind(folder.path("client")).unwrap();
        client
            .send_to(b"ping", folder.path("server"))
            .await
            .unwrap();
        let mut buf = [0; 16];
        let (length, from) = server.recv_from(&mut buf).await.unwrap();
        assert_eq!(&buf[..length], b"ping");
        assert_eq!(from.as_pathname(), Some(&*folder.path("client")));
        server.send_to_addr(b"pong", &from).await.unwrap();
        assert_eq!(client.recv(&mut buf).await.unwrap(), 4);

        let nobody = UnixDatagram::unbound().unwrap();
        nobody.connect(folder.path("server")).unwrap();
        nobody.send(b"").await.unwrap();
        let (length, from) = server.recv_from(&mut buf).await.unwrap();
        assert_eq!(length, 0);
        assert!(from.is_unnamed());
    });
}

#[test]
fn a_receiver_that_is_gone_is_told_of() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let (near, far) = UnixDatagram::pair().unwrap();
        drop(far);
        let refused = near.send(b"x").await.unwrap_err();
        let kinds = [ErrorKind::ConnectionRefused, ErrorKind::ConnectionReset];
        assert!(kinds.contains(&refused.kind()), "{refused:?}");
        let missing = near.send_to(b"x", folder.path("none")).await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
    });
}

#[test]
fn sending_waits_while_the_receivers_queue_is_full() {
    const COUNT: u32 = 500;
    on_every_backend(|| async {
        let (near, far) = UnixDatagram::pair().unwrap();
        let sender = spawn(async move {
            for number in 0..COUNT {
                near.send(&number.to_be_bytes()).await.unwrap();
            }
        });
        for number in 0..COUNT {
            let mut buf = [0; 8];
            assert_eq!(far.recv(&mut buf).await.unwrap(), 4);
            assert_eq!(buf[..4], number.to_be_bytes());
        }
        sender.await.unwrap();
    });
}

#[cfg(target_os = "linux")]
#[test]
fn sending_goes_on_after_others_had_filled_the_receivers_queue() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let path = folder.path("s");
        let receiver = UnixDatagram::bind(&path).unwrap();
        let filler = std::os::unix::net::UnixDatagram::unbound().unwrap();
        filler.set_nonblocking(true).unwrap();
        let mut filled = 0;
        while filler.send_to(b"filler", &path).is_ok() {
            filled += 1;
        }
        let sender = spawn(async move {
            let own = UnixDatagram::unbound().unwrap();
            own.send_to(b"own", path).await.unwrap();
        });
        // The sender finds the queue full before there is room in it.
        crochet::sleep(std::time::Duration::ZERO).await;
        assert!(!sender.is_finished());
        let mut buf = [0; 8];
        for _ in 0..filled {
            assert_eq!(receiver.recv(&mut buf).await.unwrap(), 6);
        }
        assert_eq!(receiver.recv(&mut buf).await.unwrap(), 3);
        sender.await.unwrap();
    });
}

#[cfg(target_os = "linux")]
#[test]
fn an_abstract_name_is_sent_to_connected_to_and_answered() {
    use std::os::linux::net::SocketAddrExt;

    on_every_backend(|| async {
        let names = ["server\0 with a zero", "client"].map(|name| {
            let name = format!("crochet test {} {name}", process::id());
            SocketAddr::from_abstract_name(name).unwrap()
        });
        let server = Bind::new().datagram_addr(&names[0]).unwrap();
        let client = Bind::new().datagram_addr(&names[1]).unwrap();
        let refused = Bind::new().datagram_addr(&names[0]).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::AddrInUse);
        let names = names.map(|name| name.as_abstract_name().unwrap().to_vec());
        let told = server.local_addr().unwrap();
        assert_eq!(told.as_abstract_name(), Some(&*names[0]));

        client.connect_addr(&told).unwrap();
        let peer = client.peer_addr().unwrap();
        assert_eq!(peer.as_abstract_name(), Some(&*names[0]));
        client.send(b"ping").await.unwrap();
        let mut buf = [0; 16];
        let (length, from) = server.recv_from(&mut buf).await.unwrap();
        assert_eq!(&buf[..length], b"ping");
        assert_eq!(from.as_abstract_name(), Some(&*names[1]));
        server.send_to_addr(b"pong", &from).await.unwrap();
        assert_eq!(client.recv(&mut buf).await.unwrap(), 4);

        // A name goes with its socket.
        drop(server);
        let refused = client.send(b"x").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let refused = client.connect_addr(&told).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn a_name_may_be_a_path_as_well() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let name = SocketAddr::from_pathname(folder.path("s")).unwrap();
        let server = Bind::new().datagram_addr(&name).unwrap();
        assert_eq!(folder.files(), ["s"]);
        let client = UnixDatagram::unbound().unwrap();
        client.connect_addr(&name).unwrap();
        client.send(b"ping").await.unwrap();
        assert_eq!(server.recv(&mut [0; 8]).await.unwrap(), 4);
        drop(server);
        assert!(folder.files().is_empty(), "the path goes with its socket");
    });
}

#[test]
fn whoever_has_made_a_pair_is_known_by_process_and_user() {
    on_every_backend(|| async {
        // SAFETY: asking for ids touches no memory.
        let user = unsafe { libc::geteuid() };
        // SAFETY: as above.
        let group = unsafe { libc::getegid() };
        let (near, far) = UnixDatagram::pair().unwrap();
        for end in [&near, &far] {
            let told = end.peer_credentials().unwrap();
            assert_eq!((told.uid(), told.gid()), (user, group));
            if cfg!(target_os = "linux") {
                assert_eq!(told.pid(), Some(process::id()));
            }
        }
    });
}

#[test]
fn a_socket_of_the_standard_library_is_taken_over_and_keeps_its_path() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let socket = net::UnixDatagram::bind(folder.path("s")).unwrap();
        let socket = UnixDatagram::from_std(socket).unwrap();
        let received = spawn(async move {
            let mut buf = [0; 8];
            let length = socket.recv(&mut buf).await.unwrap();
            buf[..length].to_vec()
        });
        crochet::sleep(std::time::Duration::ZERO).await;
        assert!(!received.is_finished(), "it waits, and blocks nobody");
        let sender = net::UnixDatagram::unbound().unwrap();
        sender.send_to(b"x", folder.path("s")).unwrap();
        assert_eq!(received.await.unwrap(), b"x");
        assert_eq!(folder.files(), ["s"]);
    });
}
