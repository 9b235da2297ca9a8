//! Other people's file descriptors, on every back end.
#![cfg(unix)]

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use crochet::{Source, SourceError, sleep, spawn};
use crochet_tests::backends::{for_every_backend, on_every_backend};

fn pair() -> (UnixStream, UnixStream) {
    let (near, far) = UnixStream::pair().unwrap();
    far.set_nonblocking(true).unwrap();
    (near, far)
}

#[derive(Default)]
struct Count(AtomicU32);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Lets the reactor look for events several times.
async fn turns() {
    for _ in 0..5 {
        sleep(Duration::ZERO).await;
    }
}

#[test]
fn readable_waits_for_bytes_and_says_so_as_long_as_they_are_there() {
    on_every_backend(|| async {
        let (mut near, far) = pair();
        // One that blocks will do.
        far.set_nonblocking(false).unwrap();
        let source = Rc::new(Source::new(far).unwrap());
        for _ in 0..3 {
            let waiting = spawn({
                let source = Rc::clone(&source);
                async move { source.readable().await.unwrap() }
            });
            turns().await;
            assert!(!waiting.is_finished());
            near.write_all(b"x").unwrap();
            waiting.await.unwrap();
            source.readable().await.unwrap();
            // Past the source's back.
            assert_eq!(source.get_ref().read(&mut [0; 4]).unwrap(), 1);
        }
        drop(near);
        source.readable().await.unwrap();
        assert_eq!(source.get_ref().read(&mut [0; 4]).unwrap(), 0);
    });
}

#[test]
fn writable_waits_for_room() {
    on_every_backend(|| async {
        let (mut near, far) = pair();
        let source = Rc::new(Source::new(far).unwrap());
        source.writable().await.unwrap();
        let mut filled = 0;
        while let Ok(length) = source.get_ref().write(&[0; 4096]) {
            filled += length;
        }
        let waiting = spawn({
            let source = Rc::clone(&source);
            async move { source.writable().await.unwrap() }
        });
        turns().await;
        assert!(!waiting.is_finished());
        near.read_exact(&mut vec![0; filled]).unwrap();
        waiting.await.unwrap();
        assert!(source.get_ref().write(&[0]).is_ok());
    });
}

#[test]
fn attempts_are_repeated_until_they_do_not_block() {
    on_every_backend(|| async {
        let (near, far) = pair();
        near.set_nonblocking(true).unwrap();
        let sent: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 253) as u8).collect();
        let expected = sent.clone();
        let near = Source::new(near).unwrap();
        let writer = spawn(async move {
            let mut rest = &sent[..];
            while !rest.is_empty() {
                let length = near.write_with(|mut stream| stream.write(rest)).await;
                rest = &rest[length.unwrap()..];
            }
        });
        let far = Source::new(far).unwrap();
        let mut came = Vec::new();
        let mut buf = [0; 9999];
        loop {
            match far
                .read_with(|mut stream| stream.read(&mut buf))
                .await
                .unwrap()
            {
                0 => break,
                length => came.extend_from_slice(&buf[..length]),
            }
        }
        writer.await.unwrap();
        assert!(came == expected);
    });
}

#[test]
fn after_the_drop_nobody_is_woken_and_a_reused_descriptor_hears_its_own_events() {
    on_every_backend(|| async {
        let mut rounds = 0;
        for _ in 0..50 {
            let (mut near, far) = pair();
            let number = far.as_raw_fd();
            let source = Source::new(far).unwrap();
            let woken = Arc::new(Count::default());
            let waker = Waker::from(Arc::clone(&woken));
            let polled = source.poll_read_with(&mut Context::from_waker(&waker), |mut stream| {
                stream.read(&mut [0; 1])
            });
            assert!(polled.is_pending());
            near.write_all(b"x").unwrap();
            drop(source);

            // The lowest number is given out again, unless another thread was faster.
            let (reused, mut other) = UnixStream::pair().unwrap();
            reused.set_nonblocking(true).unwrap();
            rounds += u32::from(reused.as_raw_fd() == number);
            let reused = Source::new(reused).unwrap();
            let heard = Arc::new(Count::default());
            let waker = Waker::from(Arc::clone(&heard));
            let mut cx = Context::from_waker(&waker);
            let read = |cx: &mut Context<'_>| {
                reused.poll_read_with(cx, |mut stream| stream.read(&mut [0; 1]))
            };
            assert!(read(&mut cx).is_pending());
            turns().await;
            assert!(read(&mut cx).is_pending());
            assert_eq!(woken.0.load(Ordering::Relaxed), 0);

            other.write_all(b"y").unwrap();
            while heard.0.load(Ordering::Relaxed) == 0 {
                sleep(Duration::ZERO).await;
            }
            assert!(matches!(read(&mut cx), Poll::Ready(Ok(1))));
        }
        assert!(rounds > 0);
    });
}

#[test]
fn what_is_taken_out_can_be_registered_again() {
    on_every_backend(|| async {
        let (mut near, far) = pair();
        let source = Source::new(far).unwrap();
        let again = Source::new(source.into_inner()).unwrap();
        near.write_all(b"x").unwrap();
        again.readable().await.unwrap();
        drop(again.into_inner());
        assert_eq!(near.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn one_descriptor_is_registered_once_and_its_duplicate_beside_it() {
    on_every_backend(|| async {
        let (mut near, far) = pair();
        let far = Rc::new(far);
        let source = Source::new(Rc::clone(&far)).unwrap();
        let refused = Source::new(Rc::clone(&far)).unwrap_err();
        assert!(
            matches!(refused, SourceError::AlreadyRegistered),
            "{refused:?}"
        );
        let duplicate = Source::new(far.try_clone().unwrap()).unwrap();
        near.write_all(b"x").unwrap();
        source.readable().await.unwrap();
        duplicate.readable().await.unwrap();
        drop(source);
        Source::new(far).unwrap().readable().await.unwrap();
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_on_a_disk_is_refused() {
    on_every_backend(|| async {
        let file = File::open("/proc/self/exe").unwrap();
        let refused = Source::new(file.as_fd()).unwrap_err();
        assert!(matches!(refused, SourceError::NotPollable), "{refused:?}");
    });
}

#[test]
fn outside_of_a_reactor_that_is_the_error() {
    for_every_backend(|_settings| {
        let (_near, far) = pair();
        let refused = Source::new(far).unwrap_err();
        assert!(
            matches!(refused, SourceError::NotOnReactor(_)),
            "{refused:?}"
        );
    });
}

#[test]
fn an_attempt_that_is_always_interrupted_does_not_keep_the_loop_to_itself() {
    on_every_backend(|| async {
        let (_near, far) = pair();
        let far = Source::new(far).unwrap();
        let over = Rc::new(std::cell::Cell::new(false));
        let theirs = Rc::clone(&over);
        let other = spawn(async move {
            sleep(Duration::from_millis(1)).await;
            theirs.set(true);
        });
        let interrupted = far.read_with(|_| match over.get() {
            true => Ok(()),
            false => Err(ErrorKind::Interrupted.into()),
        });
        interrupted.await.unwrap();
        other.await.unwrap();
    });
}
