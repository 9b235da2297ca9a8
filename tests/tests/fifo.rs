//! Pipes that have a path, and such as were made elsewhere, on every back end.
#![cfg(unix)]

use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::future::poll_fn;
use std::io::{ErrorKind, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::pin::Pin;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use crochet::pipe::{PipeReader, PipeWriter};
use crochet::{sleep, spawn};
use crochet_tests::backends::on_every_backend;
use crochet_tests::copy::copy;
use crochet_tests::folder::Folder;
use futures_io::AsyncRead;

fn make(path: &Path) {
    let path = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: the pointer is to a string with a zero at its end.
    let refused = unsafe { libc::mkfifo(path.as_ptr(), 0o600) };
    assert_eq!(refused, 0);
}

/// Makes a pipe without the help of a reactor: the reading end, and the writing one.
fn made_elsewhere() -> (OwnedFd, OwnedFd) {
    let mut ends = [0; 2];
    // SAFETY: the pointer is to two integers.
    let refused = unsafe { libc::pipe(ends.as_mut_ptr()) };
    assert_eq!(refused, 0);
    // SAFETY: it has just been made, and is nobody else's.
    ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) }).into()
}

fn is_blocking(end: &impl AsFd) -> bool {
    // SAFETY: asking for flags touches no memory.
    let flags = unsafe { libc::fcntl(end.as_fd().as_raw_fd(), libc::F_GETFL) };
    flags & libc::O_NONBLOCK == 0
}

#[test]
fn a_reader_waits_for_the_first_writer_and_sees_the_last_one_go() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let path = folder.path("pipe");
        make(&path);
        let reader = PipeReader::open(&path).unwrap();
        let copy = spawn(async move {
            let mut all = Vec::new();
            let mut buf = [0; 8];
            loop {
                match reader.read(&mut buf).await.unwrap() {
                    0 => return all,
                    length => all.extend_from_slice(&buf[..length]),
                }
            }
        });
        for _ in 0..5 {
            sleep(Duration::ZERO).await;
        }
        assert!(!copy.is_finished(), "there was no writer");
        let mut one = OpenOptions::new().write(true).open(&path).unwrap();
        let mut other = one.try_clone().unwrap();
        one.write_all(b"from one, ").unwrap();
        drop(one);
        for _ in 0..5 {
            sleep(Duration::ZERO).await;
        }
        other.write_all(b"from another").unwrap();
        drop(other);
        assert_eq!(copy.await.unwrap(), b"from one, from another");
    });
}

#[test]
fn through_the_traits_a_reader_waits_for_the_first_writer_too() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let path = folder.path("pipe");
        make(&path);
        let mut reader = PipeReader::open(&path).unwrap();
        let copying = spawn(async move {
            let mut all = Vec::new();
            copy(&mut reader, &mut all).await.unwrap();
            all
        });
        for _ in 0..5 {
            sleep(Duration::ZERO).await;
        }
        assert!(!copying.is_finished(), "there was no writer");
        let mut writer = PipeWriter::open(&path).unwrap();
        let sent = copy(&mut &b"by traits alone"[..], &mut writer).await;
        assert_eq!(sent.unwrap(), 15);
        // It was closed, though it is there.
        assert_eq!(copying.await.unwrap(), b"by traits alone");
        drop(writer);
    });
}

#[test]
fn the_traits_read_into_several_buffers() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let path = folder.path("pipe");
        make(&path);
        let mut reader = PipeReader::open(&path).unwrap();
        let (mut first, mut second) = ([0; 3], [0; 9]);
        {
            let mut parts = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
            let early =
                poll_fn(|cx| Poll::Ready(Pin::new(&mut reader).poll_read_vectored(cx, &mut parts)));
            assert!(early.await.is_pending(), "there was no writer");
            let writer = PipeWriter::open(&path).unwrap();
            writer.write_all(b"one, two").await.unwrap();
            let read = poll_fn(|cx| Pin::new(&mut reader).poll_read_vectored(cx, &mut parts));
            assert_eq!(read.await.unwrap(), 8);
        }
        assert_eq!((&first, &second[..5]), (b"one", &b", two"[..]));
    });
}

#[test]
fn a_reading_end_that_was_made_elsewhere_is_taken_over_and_the_other_still_blocks() {
    on_every_backend(|| async {
        let (reader, writer) = made_elsewhere();
        let mut writer = File::from(writer);
        let reader = PipeReader::from_fd(reader).unwrap();
        assert!(!is_blocking(&reader) && is_blocking(&writer));
        let reading = spawn(async move {
            let mut buf = [0; 8];
            let length = reader.read(&mut buf).await.unwrap();
            let end = reader.read(&mut [0]).await.unwrap();
            (buf[..length].to_vec(), end)
        });
        sleep(Duration::ZERO).await;
        assert!(!reading.is_finished());
        writer.write_all(b"text").unwrap();
        drop(writer);
        assert_eq!(reading.await.unwrap(), (b"text".to_vec(), 0));
    });
}

#[test]
fn a_writing_end_that_was_made_elsewhere_is_taken_over_and_the_other_still_blocks() {
    on_every_backend(|| async {
        let (reader, writer) = made_elsewhere();
        let mut reader = File::from(reader);
        let writer = PipeWriter::from_fd(writer).unwrap();
        assert!(!is_blocking(&writer) && is_blocking(&reader));
        let reading = thread::spawn(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).unwrap();
            all
        });
        let text: Vec<u8> = (0..500_000_u32).map(|at| (at % 249) as u8).collect();
        writer.write_all(&text).await.unwrap();
        drop(writer);
        assert!(reading.join().unwrap() == text);
    });
}

#[test]
fn a_file_on_a_disk_is_no_end_of_a_pipe() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let file = || OwnedFd::from(File::create(folder.path("file")).unwrap());
        PipeReader::from_fd(file()).unwrap_err();
        PipeWriter::from_fd(file()).unwrap_err();
    });
}

#[test]
fn a_writer_that_goes_without_a_word_is_an_end() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let path = folder.path("pipe");
        make(&path);
        let reader = PipeReader::open(&path).unwrap();
        let read = spawn(async move { reader.read(&mut [0; 8]).await.unwrap() });
        sleep(Duration::ZERO).await;
        drop(OpenOptions::new().write(true).open(&path).unwrap());
        assert_eq!(read.await.unwrap(), 0);
    });
}

#[test]
fn a_writer_needs_a_reader_and_waits_for_room() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let path = folder.path("pipe");
        make(&path);
        let refused = PipeWriter::open(&path).unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::ENXIO));
        let theirs = path.clone();
        let keep = PipeReader::open(&path).unwrap();
        let writer = PipeWriter::open(&path).unwrap();
        let reader = thread::spawn(move || {
            let mut all = Vec::new();
            let mut pipe = File::open(theirs).unwrap();
            pipe.read_to_end(&mut all).unwrap();
            all
        });
        let text: Vec<u8> = (0..500_000_u32).map(|at| (at % 249) as u8).collect();
        writer.write_all(&text).await.unwrap();
        drop((writer, keep));
        assert!(reader.join().unwrap() == text);
    });
}

#[test]
fn what_is_no_pipe_is_refused() {
    on_every_backend(|| async {
        let folder = Folder::new();
        fs::write(folder.path("file"), "text").unwrap();
        let refused = PipeReader::open(folder.path("file")).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput);
        let missing = PipeReader::open(folder.path("none")).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
    });
}
