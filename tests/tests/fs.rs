//! Files on a disk, through the thread pool.

use std::fs::OpenOptions;
use std::future::poll_fn;
use std::io::{ErrorKind, Write};
use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;

use crochet::fs::{self, File};
use crochet::{JoinError, PoolError, ThreadPool, spawn};
use crochet_tests::backends::{for_every_backend, on_every_backend};
use crochet_tests::folder::Folder;

#[test]
fn whole_files_are_written_read_renamed_and_removed() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let (one, other) = (folder.path("one"), folder.path("other"));
        fs::write(&one, "longer than the next").await.unwrap();
        fs::write(&one, "text").await.unwrap();
        assert_eq!(fs::read(&one, 4).await.unwrap(), b"text");
        assert_eq!(fs::metadata(&one).await.unwrap().len(), 4);
        fs::rename(&one, &other).await.unwrap();
        assert_eq!(folder.files(), ["other"]);
        fs::remove_file(&other).await.unwrap();
        let missing = fs::read(&other, 4).await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
    });
}

#[test]
fn a_file_above_the_limit_is_refused() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let path = folder.path("f");
        fs::write(&path, vec![7; 1001]).await.unwrap();
        let refused = fs::read(&path, 1000).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::FileTooLarge);
        assert_eq!(fs::read(&path, 1001).await.unwrap().len(), 1001);
        if cfg!(target_os = "linux") {
            // One that never ends.
            let refused = fs::read("/dev/zero", 1000).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::FileTooLarge);
        }
    });
}

#[test]
fn many_places_of_a_file_are_written_and_read_at_the_same_time() {
    const PIECES: u64 = 50;
    const PIECE: usize = 10_000;
    on_every_backend(|| async {
        let folder = Folder::new();
        let file = File::create(folder.path("f")).await.unwrap();
        let writers: Vec<_> = (0..PIECES)
            .map(|piece| {
                let file = file.clone();
                spawn(async move {
                    let buf = vec![piece as u8; PIECE];
                    let (written, buf) = file.write_at(buf, piece * PIECE as u64).await;
                    written.unwrap();
                    assert_eq!(buf, vec![piece as u8; PIECE], "the buffer comes back");
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        file.sync_all().await.unwrap();
        file.sync_data().await.unwrap();
        let mut buf = vec![0; PIECE];
        for piece in (0..PIECES).rev() {
            let length;
            (length, buf) = file.read_at(buf, piece * PIECE as u64).await;
            assert_eq!(length.unwrap(), PIECE);
            assert!(buf.iter().all(|byte| u64::from(*byte) == piece));
        }
        let whole = PIECES * PIECE as u64;
        let (length, _) = file.read_at(buf, whole - 3).await;
        assert_eq!(length.unwrap(), 3);
        assert_eq!(file.metadata().await.unwrap().len(), whole);
        file.set_len(5).await.unwrap();
        assert_eq!(file.metadata().await.unwrap().len(), 5);
    });
}

#[test]
fn what_is_appended_comes_after_what_others_have_written() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let path = folder.path("f");
        let one = File::open_to_append(&path).await.unwrap();
        let other = File::open_to_append(&path).await.unwrap();
        for (file, text) in [(&one, "a"), (&other, "b"), (&one, "c")] {
            file.append(text.into()).await.0.unwrap();
        }
        assert_eq!(fs::read(&path, 10).await.unwrap(), b"abc");
    });
}

#[test]
fn a_file_of_the_standard_library_is_taken_over() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let mut options = OpenOptions::new();
        let theirs = options.read(true).write(true).create_new(true);
        let mut theirs = theirs.open(folder.path("f")).unwrap();
        theirs.write_all(b"by both").unwrap();
        let file = File::from_std(theirs.try_clone().unwrap());
        file.write_at(b"all".to_vec(), 3).await.0.unwrap();
        let (length, buf) = file.read_at(vec![0; 10], 0).await;
        assert_eq!(&buf[..length.unwrap()], b"by allh");
        // The cursor, which both have, has not been moved.
        theirs.write_all(b"!").unwrap();
        assert_eq!(fs::read(folder.path("f"), 10).await.unwrap(), b"by allh!");
    });
}

#[test]
fn errors_bring_the_buffer_back() {
    on_every_backend(|| async {
        let folder = Folder::new();
        fs::write(folder.path("f"), "x").await.unwrap();
        let file = File::open(folder.path("f")).await.unwrap();
        let (refused, buf) = file.write_at(b"precious".to_vec(), 0).await;
        refused.unwrap_err();
        assert_eq!(buf, b"precious");
        let mut options = OpenOptions::new();
        let new = File::open_with(folder.path("f"), options.write(true).create_new(true));
        assert_eq!(new.await.unwrap_err().kind(), ErrorKind::AlreadyExists);
    });
}

#[test]
fn a_write_that_is_given_up_is_not_made_before_it_has_begun_and_is_made_after() {
    for_every_backend(|settings| {
        let mut reactor = settings.pool_size(1).build().unwrap();
        let folder = Folder::new();
        let (revoked, begun) = (folder.path("revoked"), folder.path("begun"));
        let ran = reactor.block_on(async move {
            let pool = ThreadPool::current().expect("it is on a reactor");
            let (go_on, wait) = mpsc::channel::<()>();
            pool.call(move || assert!(wait.recv().is_err(), "nothing is sent"))
                .unwrap();
            {
                let mut write = pin!(fs::write(&revoked, "text"));
                assert!(
                    poll_fn(|cx| Poll::Ready(write.as_mut().poll(cx)))
                        .await
                        .is_pending()
                );
            }
            {
                let mut write = pin!(fs::write(&begun, "text"));
                assert!(
                    poll_fn(|cx| Poll::Ready(write.as_mut().poll(cx)))
                        .await
                        .is_pending()
                );
                drop(go_on);
                // The pool's one thread has begun the write when nothing is left in the queue.
                while pool.stats().queued > 0 {
                    crochet::yield_now().await;
                }
            }
            // It comes after those.
            fs::read(&begun, 10).await.unwrap()
        });
        assert_eq!(ran.unwrap(), b"text");
        assert_eq!(folder.files(), ["begun"]);
    });
}

#[test]
fn what_the_pool_refuses_is_an_error_that_says_why() {
    for_every_backend(|settings| {
        let mut reactor = settings.pool_size(1).pool_queue_limit(0).build().unwrap();
        let ran = reactor.block_on(async {
            let (go_on, wait) = mpsc::channel::<()>();
            let pool = ThreadPool::current().expect("it is on a reactor");
            pool.call(move || assert!(wait.recv().is_err(), "nothing is sent"))
                .unwrap();
            let refused = fs::metadata("/").await.unwrap_err();
            drop(go_on);
            refused.downcast::<JoinError>().unwrap()
        });
        assert!(matches!(ran.unwrap(), JoinError::Refused(PoolError::Full)));
    });
}
