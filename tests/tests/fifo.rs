//! Pipes that have a path, on every back end.
#![cfg(unix)]

use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::thread;

use crochet::pipe::{PipeReader, PipeWriter};
use crochet::{sleep, spawn};
use crochet_tests::backends::on_every_backend;
use crochet_tests::folder::Folder;
use std::time::Duration;

fn make(path: &Path) {
    let path = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: the pointer is to a string with a zero at its end.
    let refused = unsafe { libc::mkfifo(path.as_ptr(), 0o600) };
    assert_eq!(refused, 0);
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
