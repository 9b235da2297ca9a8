//! A client that verifies its server.

use crochet::spawn;
use crochet::tls::rustls::ProtocolVersion;
use crochet_tests::backends::on_every_backend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Authority, NAME, connected, shake_hands};

#[test]
fn what_is_sent_comes_back() {
    on_every_backend(|| async {
        let (mut client, mut server) = connected().await;
        let echo = spawn(async move {
            let mut received = Vec::new();
            server.read_to_end(&mut received).await.unwrap();
            server.write_all(&received).await.unwrap();
            server.shutdown().await.unwrap();
            received.len()
        });
        // More than the sockets hold.
        let sent: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
        client.write_all(&sent).await.unwrap();
        client.shutdown().await.unwrap();
        let mut received = Vec::new();
        client.read_to_end(&mut received).await.unwrap();
        assert!(received == sent, "{} bytes came back", received.len());
        assert_eq!(echo.await.expect("no panic"), sent.len());
    });
}

#[test]
fn both_ends_know_what_was_agreed_on() {
    on_every_backend(|| async {
        let authority = Authority::new();
        let (mut here, mut there) = (authority.client(), authority.issue().server());
        here.alpn_protocols = [&b"h2"[..], b"http/1.1"].map(<[u8]>::to_vec).to_vec();
        there.alpn_protocols = vec![b"http/1.1".to_vec()];
        let (client, server) = shake_hands(here, NAME, there).await;
        let (client, server) = (client.unwrap(), server.unwrap());
        let (_, client) = client.get_ref();
        let (_, server) = server.get_ref();
        for (version, protocol) in [
            (client.protocol_version(), client.alpn_protocol()),
            (server.protocol_version(), server.alpn_protocol()),
        ] {
            assert_eq!(version, Some(ProtocolVersion::TLSv1_3));
            assert_eq!(protocol, Some(&b"http/1.1"[..]));
        }
        assert_eq!(server.server_name(), Some(NAME));
    });
}
