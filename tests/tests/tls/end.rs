//! Streams that are closed, and streams that are cut.

use std::io;

use crochet_tests::backends::on_every_backend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::connected;

#[test]
fn a_stream_that_is_closed_ends_for_its_reader_who_can_still_answer() {
    on_every_backend(|| async {
        let (mut client, mut server) = connected().await;
        client.write_all(b"goodbye").await.unwrap();
        client.shutdown().await.unwrap();
        let mut received = Vec::new();
        server.read_to_end(&mut received).await.unwrap();
        assert_eq!(received, b"goodbye");
        server.write_all(b"farewell").await.unwrap();
        server.shutdown().await.unwrap();
        let mut received = Vec::new();
        client.read_to_end(&mut received).await.unwrap();
        assert_eq!(received, b"farewell");
    });
}

#[test]
fn a_stream_that_is_cut_is_an_error_for_its_reader() {
    on_every_backend(|| async {
        let (client, mut server) = connected().await;
        let mut client = client;
        client.write_all(b"to be continu").await.unwrap();
        client.flush().await.unwrap();
        // The connection is ended as whoever is in between could do it.
        let (stream, _) = client.get_ref().get_ref();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut received = Vec::new();
        let cut = server.read_to_end(&mut received).await.unwrap_err();
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(received, b"to be continu");
    });
}
