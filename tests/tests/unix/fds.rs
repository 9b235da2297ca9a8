//! Passing file descriptors.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use crochet::net::unix::{MAX_FDS, PassError, UnixDatagram, UnixStream};
use crochet_tests::backends::on_every_backend;

/// A pipe's ends: what goes through it shows that an end is the same.
fn pipe() -> (File, File) {
    let mut ends = [0; 2];
    // SAFETY: the pointer is to two integers.
    let refused = unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) };
    assert_eq!(refused, 0);
    ends.map(|end| {
        use std::os::fd::FromRawFd;
        // SAFETY: it has just been made, and is nobody else's.
        unsafe { File::from_raw_fd(end) }
    })
    .into()
}

fn is_closed_in_other_programs(fd: BorrowedFd<'_>) -> bool {
    // SAFETY: asking for flags touches no memory.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFD) };
    flags & libc::FD_CLOEXEC != 0
}

#[test]
fn a_passed_file_is_the_same_file() {
    on_every_backend(|| async {
        let (near, far) = UnixStream::pair().unwrap();
        let (mut reader, writer) = pipe();
        let fds = [writer.as_fd()];
        assert_eq!(near.send_with_fds(b"take this", &fds).await.unwrap(), 9);
        drop(writer);
        let mut buf = [0; 16];
        let (length, mut fds) = far.recv_with_fds(&mut buf, 4).await.unwrap();
        assert_eq!(&buf[..length], b"take this");
        let fd = fds.pop().expect("one came");
        assert!(fds.is_empty());
        assert!(is_closed_in_other_programs(fd.as_fd()));
        File::from(fd).write_all(b"through it").unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "through it");
    });
}

#[test]
fn files_come_no_later_than_their_bytes() {
    on_every_backend(|| async {
        let (near, far) = UnixStream::pair().unwrap();
        let (end, _other) = pipe();
        near.write_all(b"before ").await.unwrap();
        near.send_with_fds(b"one ", &[end.as_fd()]).await.unwrap();
        near.send_with_fds(b"two", &[end.as_fd(), end.as_fd()])
            .await
            .unwrap();
        drop(near);
        let mut text = Vec::new();
        let mut came: Vec<OwnedFd> = Vec::new();
        loop {
            let mut byte = [0];
            let (length, fds) = far.recv_with_fds(&mut byte, 2).await.unwrap();
            if length == 0 {
                break;
            }
            came.extend(fds);
            text.push(byte[0]);
            match text.as_slice() {
                b"before o" => assert_eq!(came.len(), 1),
                b"before one t" => assert_eq!(came.len(), 3),
                _ => {}
            }
        }
        assert_eq!(text, b"before one two");
        assert_eq!(came.len(), 3);
    });
}

#[test]
fn too_many_files_are_an_error_that_keeps_the_bytes_and_closes_the_files() {
    on_every_backend(|| async {
        let (near, far) = UnixStream::pair().unwrap();
        let (mut reader, writer) = pipe();
        for limit in [0, 1, 2, 7] {
            let fds = vec![writer.as_fd(); limit + 1];
            near.send_with_fds(b"text", &fds).await.unwrap();
            let mut buf = [0; 8];
            let truncated = far.recv_with_fds(&mut buf, limit).await.unwrap_err();
            assert!(
                matches!(truncated, PassError::Truncated { length: 4 }),
                "{truncated:?}"
            );
            assert_eq!(&buf[..4], b"text");
        }
        // An end is read when nobody has the writer any more, whoever it was passed to.
        drop(writer);
        assert_eq!(reader.read(&mut [0]).unwrap(), 0);
    });
}

#[test]
fn files_that_nobody_asks_for_are_closed() {
    on_every_backend(|| async {
        let (near, far) = UnixStream::pair().unwrap();
        let (mut reader, writer) = pipe();
        near.send_with_fds(b"read", &[writer.as_fd()])
            .await
            .unwrap();
        far.read_exact(&mut [0; 4]).await.unwrap();
        near.send_with_fds(b"unread", &[writer.as_fd()])
            .await
            .unwrap();
        drop((near, far, writer));
        assert_eq!(reader.read(&mut [0]).unwrap(), 0);
    });
}

#[test]
fn as_many_files_as_a_message_carries_come_whole_and_one_more_is_refused() {
    on_every_backend(|| async {
        let (near, far) = UnixStream::pair().unwrap();
        let (end, _other) = pipe();
        let fds = vec![end.as_fd(); MAX_FDS + 1];
        let refused = near.send_with_fds(b"x", &fds).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput);
        let refused = near.send_with_fds(b"", &fds[..1]).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput);
        near.send_with_fds(b"x", &fds[..MAX_FDS]).await.unwrap();
        let (_, came) = far.recv_with_fds(&mut [0], usize::MAX).await.unwrap();
        assert_eq!(came.len(), MAX_FDS);
    });
}

#[test]
fn datagrams_carry_files_too_even_when_they_are_empty() {
    on_every_backend(|| async {
        let (near, far) = UnixDatagram::pair().unwrap();
        let (mut reader, writer) = pipe();
        near.send_with_fds(b"", &[writer.as_fd(), reader.as_fd()])
            .await
            .unwrap();
        near.send_with_fds(b"plain", &[]).await.unwrap();
        drop(writer);
        let mut buf = [0; 8];
        let (length, fds) = far.recv_with_fds(&mut buf, 2).await.unwrap();
        assert_eq!((length, fds.len()), (0, 2));
        let (length, none) = far.recv_with_fds(&mut buf, 2).await.unwrap();
        assert_eq!((&buf[..length], none.len()), (&b"plain"[..], 0));
        drop(fds);
        assert_eq!(reader.read(&mut [0]).unwrap(), 0);
    });
}
