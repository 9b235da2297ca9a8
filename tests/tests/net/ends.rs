//! How TCP connections end: by halves, in order, by a reset.

use std::io::ErrorKind;
use std::net::Shutdown;
use std::pin::Pin;
use std::time::Duration;

use crochet::net::{KeepAlive, TcpReader};
use crochet::{sleep, spawn};
use crochet_tests::backends::on_every_backend;
use futures_io::AsyncRead;

use crate::io::{pair, read_to_end};

async fn read_half(reader: &mut TcpReader, buf: &mut [u8]) -> std::io::Result<usize> {
    std::future::poll_fn(|cx| Pin::new(&mut *reader).poll_read(cx, buf)).await
}

#[test]
fn an_aborted_connection_is_reset() {
    on_every_backend(|| async {
        let (near, far) = pair().await.unwrap();
        near.write_all(b"lost").await.unwrap();
        let reader = spawn(async move {
            let mut buf = [0; 4];
            far.read_exact(&mut buf).await.unwrap();
            far.read(&mut buf).await
        });
        sleep(Duration::ZERO).await;
        near.abort().unwrap();
        let error = reader.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn how_long_a_closed_connection_lingers_can_be_set() {
    on_every_backend(|| async {
        let (near, far) = pair().await.unwrap();
        assert_eq!(near.linger().unwrap(), None);
        near.set_linger(Some(Duration::from_secs(3))).unwrap();
        assert_eq!(near.linger().unwrap(), Some(Duration::from_secs(3)));
        near.set_linger(None).unwrap();
        near.write_all(b"sent in the background").await.unwrap();
        drop(near);
        assert_eq!(read_to_end(&far).await.unwrap(), b"sent in the background");
    });
}

#[test]
fn keep_alive_questions_have_their_times() {
    on_every_backend(|| async {
        let (near, _far) = pair().await.unwrap();
        let times = KeepAlive::after(Duration::from_secs(90))
            .interval(Duration::from_secs(7))
            .probes(4);
        near.set_keep_alive(Some(times)).unwrap();
        assert_eq!(near.keep_alive().unwrap(), Some(times));
        near.set_keep_alive(None).unwrap();
        assert_eq!(near.keep_alive().unwrap(), None);
    });
}

#[test]
fn dropping_the_half_that_writes_ends_its_direction_only() {
    on_every_backend(|| async {
        let (near, far) = pair().await.unwrap();
        let (mut reader, writer) = near.into_split();
        drop(writer);
        assert_eq!(far.read(&mut [0]).await.unwrap(), 0);
        far.write_all(b"x").await.unwrap();
        let mut byte = [0];
        assert_eq!(read_half(&mut reader, &mut byte).await.unwrap(), 1);
        assert_eq!(&byte, b"x");
        drop(far);
        assert_eq!(read_half(&mut reader, &mut byte).await.unwrap(), 0);
    });
}

#[test]
fn dropping_the_half_that_reads_leaves_the_other() {
    on_every_backend(|| async {
        let (near, far) = pair().await.unwrap();
        let (reader, writer) = near.into_split();
        drop(reader);
        writer.stream().write_all(b"still there").await.unwrap();
        drop(writer);
        assert_eq!(read_to_end(&far).await.unwrap(), b"still there");
    });
}

#[test]
fn aborting_a_half_ends_the_other_and_resets_the_connection() {
    on_every_backend(|| async {
        let (near, far) = pair().await.unwrap();
        let (mut reader, writer) = near.into_split();
        let reading = spawn(async move { read_half(&mut reader, &mut [0]).await });
        sleep(Duration::ZERO).await;
        writer.abort().unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), 0);
        let error = far.read(&mut [0]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn closing_a_direction_is_seen_by_the_other_end_only_there() {
    on_every_backend(|| async {
        let (near, far) = pair().await.unwrap();
        near.shutdown(Shutdown::Write).unwrap();
        assert_eq!(far.read(&mut [0]).await.unwrap(), 0);
        far.write_all(b"answer").await.unwrap();
        far.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read_to_end(&near).await.unwrap(), b"answer");
    });
}

#[test]
fn a_direction_may_be_closed_twice_and_takes_no_more_bytes() {
    on_every_backend(|| async {
        let (near, far) = pair().await.unwrap();
        near.write_all(b"all").await.unwrap();
        near.shutdown(Shutdown::Write).unwrap();
        near.shutdown(Shutdown::Write).unwrap();
        let error = near.write(b"more").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        assert_eq!(read_to_end(&far).await.unwrap(), b"all");
    });
}

#[test]
fn dropping_the_half_that_writes_ends_its_direction_whatever_was_set_for_the_close() {
    on_every_backend(|| async {
        let (near, far) = pair().await.unwrap();
        near.set_linger(Some(Duration::ZERO)).unwrap();
        let (reader, writer) = near.into_split();
        writer.stream().write_all(b"all").await.unwrap();
        drop(writer);
        assert_eq!(read_to_end(&far).await.unwrap(), b"all");
        drop(reader);
    });
}
