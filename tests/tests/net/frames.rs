//! Messages with their length in front, from peers that go away in the middle of one.

use std::io::{self, ErrorKind, Write};
use std::net;

use crochet::net::{TcpListener, TcpStream};
use crochet::spawn;
use crochet_tests::backends::on_every_backend;

use crate::io::LOOPBACK;

/// Reads one message.
async fn message(stream: &TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).await?;
    let length = usize::try_from(u32::from_be_bytes(length)).expect("it is short");
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// How a peer goes away.
#[derive(Clone, Copy, Debug)]
enum End {
    Orderly,
    Reset,
}

/// Sends a whole message and the beginning of another to a task that reads messages, goes away, and returns what the
/// task got last.
async fn cut_off(sent: &[u8], end: End) -> io::Error {
    let listener = TcpListener::bind(LOOPBACK).unwrap();
    let mut peer = net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let reader = spawn(async move {
        assert_eq!(message(&stream).await.unwrap(), b"whole");
        let failure = message(&stream).await.unwrap_err();
        // It stays so.
        assert!(
            matches!(message(&stream).await, Err(error) if error.kind() == ErrorKind::UnexpectedEof)
        );
        failure
    });
    peer.write_all(b"\0\0\0\x05whole").unwrap();
    peer.write_all(sent).unwrap();
    if let End::Reset = end {
        let now = libc::linger {
            l_onoff: 1,
            l_linger: 0,
        };
        set_linger(&peer, now);
    }
    drop(peer);
    reader.await.unwrap()
}

fn set_linger(socket: &net::TcpStream, linger: libc::linger) {
    use std::os::fd::AsRawFd;

    let length = size_of::<libc::linger>().try_into().expect("it is short");
    // SAFETY: the option's value is read from a variable of its type, whose length is given.
    let refused = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_LINGER,
            (&raw const linger).cast(),
            length,
        )
    };
    assert_eq!(refused, 0);
}

const PARTS: &[&[u8]] = &[b"\0\0", b"\0\0\0\x09", b"\0\0\0\x09half"];

#[test]
fn a_reset_in_the_middle_of_a_message_is_told_and_leaves_nothing() {
    on_every_backend(|| async {
        for sent in PARTS {
            let error = cut_off(sent, End::Reset).await;
            assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{sent:?}");
        }
    });
}

#[test]
fn an_end_in_the_middle_of_a_message_is_told_and_leaves_nothing() {
    on_every_backend(|| async {
        for sent in PARTS {
            let error = cut_off(sent, End::Orderly).await;
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{sent:?}");
        }
    });
}
