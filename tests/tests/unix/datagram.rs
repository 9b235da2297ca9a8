//! Datagrams.

use std::io::ErrorKind;

use crochet::net::unix::UnixDatagram;
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
