//! TCP.

use std::io::{ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::net::{self, Shutdown};
use std::pin::Pin;
use std::thread;
use std::time::Duration;

use crochet::net::{TcpListener, TcpStream};
use crochet::{sleep, spawn, timeout};
use crochet_tests::backends::{for_every_backend, on_every_backend};
use futures_io::{AsyncRead, AsyncWrite};

use crate::io::{
    LOOPBACK, assert_pending, close, pair, read, read_exact, read_to_end, write, write_all,
};

/// Bytes that look different in every place.
fn pattern(length: usize) -> Vec<u8> {
    let mut x = 1_u32;
    let next = || {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        x.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[test]
fn a_client_talks_to_a_server_of_the_standard_library() {
    on_every_backend(|| async {
        let listener = net::TcpListener::bind(LOOPBACK).unwrap();
        let addr = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut all = Vec::new();
            stream.read_to_end(&mut all).unwrap();
            stream.write_all(&all).unwrap();
        });
        let stream = TcpStream::connect(addr).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), addr);
        write_all(&stream, b"hello").await.unwrap();
        close(&stream).await.unwrap();
        assert_eq!(read_to_end(&stream).await.unwrap(), b"hello");
        server.join().unwrap();
    });
}

#[test]
fn a_server_talks_to_clients_of_the_standard_library() {
    on_every_backend(|| async {
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let addr = listener.local_addr().unwrap();
        let clients: Vec<_> = (0..20_u8)
            .map(|x| {
                thread::spawn(move || {
                    let mut stream = net::TcpStream::connect(addr).unwrap();
                    stream.write_all(&[x; 3]).unwrap();
                    stream.shutdown(Shutdown::Write).unwrap();
                    let mut all = Vec::new();
                    stream.read_to_end(&mut all).unwrap();
                    assert_eq!(all, [x; 3]);
                })
            })
            .collect();
        let mut tasks = Vec::new();
        for _ in 0..clients.len() {
            let (stream, _) = listener.accept().await.unwrap();
            tasks.push(spawn(async move {
                let all = read_to_end(&stream).await.unwrap();
                write_all(&stream, &all).await.unwrap();
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        for client in clients {
            client.join().unwrap();
        }
    });
}

#[test]
fn a_large_payload_arrives_whole_both_ways_at_once() {
    const SIZE: usize = 8 << 20;
    on_every_backend(|| async {
        let (near, far) = pair().await.unwrap();
        let echo = spawn(async move {
            let mut chunk = vec![0; 100_000];
            loop {
                match read(&far, &mut chunk).await.unwrap() {
                    0 => break,
                    count => write_all(&far, &chunk[..count]).await.unwrap(),
                }
            }
            close(&far).await.unwrap();
        });
        let near = std::rc::Rc::new(near);
        let writing = std::rc::Rc::clone(&near);
        let writer = spawn(async move {
            let payload = pattern(SIZE);
            let mut rest = &payload[..];
            let mut partial = 0;
            while !rest.is_empty() {
                let written = write(&writing, rest).await.unwrap();
                partial += u32::from(written < rest.len());
                rest = &rest[written..];
            }
            close(&writing).await.unwrap();
            partial
        });
        let back = read_to_end(&near).await.unwrap();
        assert!(back == pattern(SIZE), "{} bytes came back", back.len());
        assert!(
            writer.await.unwrap() > 0,
            "the system took the payload in parts"
        );
        echo.await.unwrap();
    });
}

#[test]
fn a_small_buffer_reads_in_parts() {
    on_every_backend(|| async {
        let (near, far) = pair().await.unwrap();
        write_all(&near, b"0123456789").await.unwrap();
        let mut buf = [0; 4];
        for part in [&b"0123"[..], b"4567", b"89"] {
            let count = read(&far, &mut buf).await.unwrap();
            assert_eq!(&buf[..count], part);
        }
    });
}

#[test]
fn buffers_are_scattered_and_gathered() {
    on_every_backend(|| async {
        let (mut near, mut far) = pair().await.unwrap();
        let written = std::future::poll_fn(|cx| {
            let parts = [IoSlice::new(b"head"), IoSlice::new(b"body")];
            Pin::new(&mut near).poll_write_vectored(cx, &parts)
        });
        assert_eq!(written.await.unwrap(), 8);
        let (mut head, mut body) = ([0; 3], [0; 5]);
        let count = std::future::poll_fn(|cx| {
            let mut parts = [IoSliceMut::new(&mut head), IoSliceMut::new(&mut body)];
            Pin::new(&mut far).poll_read_vectored(cx, &mut parts)
        });
        assert_eq!(count.await.unwrap(), 8);
        assert_eq!((&head, &body), (b"hea", b"dbody"));
    });
}

#[test]
fn of_many_bytes_in_several_buffers_none_is_lost_or_moved() {
    on_every_backend(|| async {
        let (mut near, far) = pair().await.unwrap();
        for length in [1, 255, 256, 257, 10_000] {
            let (head, body) = (vec![b'h'; length], vec![b'b'; length]);
            let written = std::future::poll_fn(|cx| {
                let parts = [IoSlice::new(&head), IoSlice::new(&body)];
                Pin::new(&mut near).poll_write_vectored(cx, &parts)
            });
            assert_eq!(written.await.unwrap(), 2 * length);
            let mut read = vec![0; 2 * length];
            far.read_exact(&mut read).await.unwrap();
            assert_eq!(read, [head, body].concat());
        }
    });
}

#[test]
fn a_closed_direction_leaves_the_other_open() {
    on_every_backend(|| async {
        let (near, far) = pair().await.unwrap();
        close(&near).await.unwrap();
        assert_eq!(read(&far, &mut [0; 1]).await.unwrap(), 0);
        assert_eq!(
            read(&far, &mut [0; 1]).await.unwrap(),
            0,
            "the end stays the end"
        );
        write_all(&far, b"still open").await.unwrap();
        let mut buf = [0; 10];
        read_exact(&near, &mut buf).await.unwrap();
        assert_eq!(&buf, b"still open");
        assert_eq!(
            write(&near, b"x").await.unwrap_err().kind(),
            ErrorKind::BrokenPipe
        );
        drop(far);
        assert_eq!(read(&near, &mut buf).await.unwrap(), 0);
        close(&near).await.unwrap();
    });
}

#[test]
fn a_close_ends_a_read_that_waits() {
    on_every_backend(|| async {
        let (near, far) = pair().await.unwrap();
        let reader = spawn(async move { read(&far, &mut [0; 1]).await });
        sleep(Duration::from_millis(1)).await;
        assert!(!reader.is_finished());
        drop(near);
        assert_eq!(reader.await.unwrap().unwrap(), 0);
    });
}

#[test]
fn a_refused_connection_is_an_error() {
    // A port that was free a moment ago.
    let addr = net::TcpListener::bind(LOOPBACK)
        .unwrap()
        .local_addr()
        .unwrap();
    on_every_backend(move || async move {
        let refused = TcpStream::connect(addr).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn a_reset_by_the_peer_ends_reads_and_writes_with_an_error() {
    on_every_backend(|| async {
        let (near, far) = pair().await.unwrap();
        write_all(&far, b"not read").await.unwrap();
        let reader = spawn(async move {
            let first = read(&far, &mut [0; 1]).await;
            (first, write(&far, b"x").await)
        });
        let mut byte = [0; 1];
        read_exact(&near, &mut byte).await.unwrap();
        // A close with bytes that were not read is a reset.
        drop(near);
        let (first, second) = reader.await.unwrap();
        assert_eq!(first.unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(second.unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn a_read_that_is_given_up_takes_nothing_away() {
    on_every_backend(|| async {
        let (near, far) = pair().await.unwrap();
        let mut buf = [0; 5];
        for round in 0..50_u8 {
            let waited = timeout(Duration::from_micros(10), read(&far, &mut buf)).await;
            assert!(waited.is_err());
            let mut dropped = Box::pin(read(&far, &mut buf));
            assert_pending(&mut dropped).await;
            drop(dropped);
            write_all(&near, &[round; 5]).await.unwrap();
            read_exact(&far, &mut buf).await.unwrap();
            assert_eq!(buf, [round; 5]);
        }
    });
}

#[test]
fn a_task_that_is_cancelled_leaves_the_socket_to_others() {
    on_every_backend(|| async {
        let (near, far) = pair().await.unwrap();
        let far = std::rc::Rc::new(far);
        for _ in 0..10 {
            let theirs = std::rc::Rc::clone(&far);
            let reader = spawn(async move { read(&theirs, &mut [0; 9]).await });
            sleep(Duration::ZERO).await;
            reader.cancel();
            assert!(reader.await.is_err());
        }
        write_all(&near, b"for later").await.unwrap();
        let mut buf = [0; 9];
        read_exact(&far, &mut buf).await.unwrap();
        assert_eq!(&buf, b"for later");
    });
}

#[test]
fn an_accept_that_is_given_up_takes_no_connection_away() {
    on_every_backend(|| async {
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let addr = listener.local_addr().unwrap();
        let waited = timeout(Duration::from_micros(10), listener.accept()).await;
        assert!(waited.is_err());
        let near = TcpStream::connect(addr).await.unwrap();
        let (far, peer) = listener.accept().await.unwrap();
        assert_eq!(peer, near.local_addr().unwrap());
        assert_eq!(far.peer_addr().unwrap(), peer);
    });
}

#[test]
fn small_segments_are_sent_at_once_when_that_is_set_and_no_more_when_it_is_not() {
    on_every_backend(|| async {
        let (near, far) = pair().await.unwrap();
        assert!(!near.nodelay().unwrap());
        near.set_nodelay(true).unwrap();
        assert!(near.nodelay().unwrap());
        assert!(!far.nodelay().unwrap(), "each end has its own");
        near.set_nodelay(false).unwrap();
        assert!(!near.nodelay().unwrap());
    });
}

#[test]
fn connections_that_wait_are_all_accepted() {
    const MANY: usize = 100;
    on_every_backend(|| async {
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let addr = listener.local_addr().unwrap();
        let mut near = Vec::new();
        for _ in 0..MANY {
            near.push(TcpStream::connect(addr).await.unwrap());
        }
        let mut far = Vec::new();
        for stream in &near {
            let (accepted, peer) = listener.accept().await.unwrap();
            assert_eq!(peer, stream.local_addr().unwrap());
            far.push(accepted);
        }
        let mut none = Box::pin(listener.accept());
        assert_pending(&mut none).await;
        for (index, (near, far)) in near.iter().zip(&far).enumerate() {
            let text = index.to_string();
            write_all(near, text.as_bytes()).await.unwrap();
            let mut buf = vec![0; text.len()];
            read_exact(far, &mut buf).await.unwrap();
            assert_eq!(buf, text.as_bytes());
        }
    });
}

#[test]
fn sockets_are_made_on_a_reactor_only() {
    for_every_backend(|_settings| {
        let refused = TcpListener::bind(LOOPBACK).unwrap_err();
        assert!(
            refused.to_string().contains("not running a reactor"),
            "{refused}"
        );
        let mut harness = crochet::testing::Harness::new();
        let refused = harness.block_on(async { TcpListener::bind(LOOPBACK).map(drop) });
        let refused = refused.expect("it ends").unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unsupported);
    });
}

#[test]
fn a_stream_reads_and_writes_without_the_traits() {
    on_every_backend(|| async {
        let (near, far) = pair().await.unwrap();
        let sent = pattern(1 << 20);
        let (theirs, length) = (sent.clone(), sent.len());
        let writer = spawn(async move {
            near.write_all(&theirs).await.unwrap();
            near.shutdown(Shutdown::Write).unwrap();
            near
        });
        let mut received = vec![0; length];
        far.read_exact(&mut received).await.unwrap();
        assert_eq!(received, sent);
        assert_eq!(far.read(&mut [0; 8]).await.unwrap(), 0, "closed");
        let ended = far.read_exact(&mut [0; 8]).await.unwrap_err();
        assert_eq!(ended.kind(), ErrorKind::UnexpectedEof);
        let near = writer.await.unwrap();
        assert_eq!(far.write(b"back").await.unwrap(), 4);
        let mut back = [0; 4];
        near.read_exact(&mut back).await.unwrap();
        assert_eq!(&back, b"back");
    });
}

#[test]
fn idle_sockets_do_not_keep_a_task_from_a_ready_one() {
    // More than a task may use in one poll: those that have nothing must not count.
    const IDLE: usize = 200;
    on_every_backend(|| async {
        let mut idle = Vec::new();
        for _ in 0..IDLE {
            idle.push(pair().await.unwrap());
        }
        let (near, far) = pair().await.unwrap();
        near.write_all(b"x").await.unwrap();
        let mut byte = [0];
        let read = std::future::poll_fn(|cx| {
            for (stream, _) in &idle {
                let mut stream = stream;
                assert!(Pin::new(&mut stream).poll_read(cx, &mut [0]).is_pending());
            }
            Pin::new(&mut &far).poll_read(cx, &mut byte)
        });
        assert_eq!(
            timeout(Duration::from_secs(60), read)
                .await
                .unwrap()
                .unwrap(),
            1
        );
    });
}

#[test]
fn reads_that_were_given_up_leave_nothing_behind() {
    on_every_backend(|| async {
        let (near, far) = pair().await.unwrap();
        for _ in 0..1000 {
            let mut byte = [0];
            let read = far.read(&mut byte);
            assert!(timeout(Duration::ZERO, read).await.is_err());
        }
        near.write_all(b"x").await.unwrap();
        let mut byte = [0];
        far.read_exact(&mut byte).await.unwrap();
        assert_eq!(&byte, b"x");
    });
}
