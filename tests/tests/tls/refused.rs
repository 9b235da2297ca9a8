//! Handshakes that fail, each with the reason.

use std::io;
use std::sync::Arc;

use crochet::net::TcpStream;
use crochet::spawn;
use crochet::tls::rustls::{AlertDescription, CertificateError, Error};
use crochet::tls::{TlsClient, TlsError, TlsServer};
use crochet_tests::backends::on_every_backend;

use crate::support::{Authority, NAME, listen, name, shake_hands};

#[test]
fn a_certificate_for_another_name_is_refused() {
    on_every_backend(|| async {
        let authority = Authority::new();
        let server = authority.issue().server();
        let (client, server) = shake_hands(authority.client(), "example.com", server).await;
        let Err(TlsError::Certificate(why)) = client else {
            panic!("{client:?}");
        };
        let is_the_name = matches!(
            why,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
        );
        assert!(is_the_name, "{why:?}");
        server.expect_err("the client has gone");
    });
}

#[test]
fn a_certificate_of_an_unknown_issuer_is_refused() {
    on_every_backend(|| async {
        let server = Authority::new().issue().server();
        let (client, server) = shake_hands(Authority::new().client(), NAME, server).await;
        let why = client.expect_err("it is not trusted");
        assert!(
            matches!(why, TlsError::Certificate(CertificateError::UnknownIssuer)),
            "{why:?}"
        );
        server.expect_err("the client has gone");
    });
}

#[test]
fn a_certificate_that_has_expired_is_refused() {
    on_every_backend(|| async {
        let authority = Authority::new();
        let server = authority.issue_expired().server();
        let (client, server) = shake_hands(authority.client(), NAME, server).await;
        let Err(TlsError::Certificate(why)) = client else {
            panic!("{client:?}");
        };
        let is_the_time = matches!(
            why,
            CertificateError::Expired | CertificateError::ExpiredContext { .. }
        );
        assert!(is_the_time, "{why:?}");
        server.expect_err("the client has gone");
    });
}

#[test]
fn whoever_is_refused_is_told_why() {
    on_every_backend(|| async {
        let authority = Authority::new();
        let (mut here, mut there) = (authority.client(), authority.issue().server());
        here.alpn_protocols = vec![b"one".to_vec()];
        there.alpn_protocols = vec![b"another".to_vec()];
        let (client, server) = shake_hands(here, NAME, there).await;
        assert!(
            matches!(
                client,
                Err(TlsError::Refused(AlertDescription::NoApplicationProtocol))
            ),
            "{client:?}"
        );
        assert!(
            matches!(
                server,
                Err(TlsError::Protocol(Error::NoApplicationProtocol))
            ),
            "{server:?}"
        );
    });
}

#[test]
fn a_peer_that_speaks_something_else_is_an_error_of_the_protocol() {
    on_every_backend(|| async {
        let listener = listen();
        let address = listener.local_addr().unwrap();
        let accepted = spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            let config = Authority::new().issue().server();
            TlsServer::new(Arc::new(config)).accept(stream).await
        });
        let peer = TcpStream::connect(address).await.unwrap();
        peer.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let accepted = accepted.await.expect("no panic");
        assert!(
            matches!(accepted, Err(TlsError::Protocol(Error::InvalidMessage(_)))),
            "{accepted:?}"
        );
    });
}

#[test]
fn a_peer_that_closes_before_it_has_answered_is_an_early_end() {
    on_every_backend(|| async {
        let listener = listen();
        let address = listener.local_addr().unwrap();
        let closed = spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            // All of it is read, so that closing is no reset.
            let read = stream.read(&mut [0; 1 << 16]).await.expect("a hello");
            assert!(read > 0);
        });
        let stream = TcpStream::connect(address).await.unwrap();
        let client = TlsClient::new(Arc::new(Authority::new().client()));
        let connected = client.connect(name(NAME), stream).await;
        let Err(TlsError::Stream(why)) = connected else {
            panic!("{connected:?}");
        };
        assert_eq!(why.kind(), io::ErrorKind::UnexpectedEof);
        closed.await.expect("no panic");
    });
}
