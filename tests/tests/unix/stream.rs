//! Connections.

use std::future::poll_fn;
use std::io::{ErrorKind, IoSlice};
use std::net::Shutdown;
use std::pin::{Pin, pin};
use std::process;

use crochet::net::unix::{Bind, UnixListener, UnixStream};
use crochet::spawn;
use crochet_tests::backends::on_every_backend;
use crochet_tests::folder::Folder;
use futures_io::{AsyncRead, AsyncWrite};

async fn read_to_end(stream: &UnixStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buf = [0; 4096];
    loop {
        match stream.read(&mut buf).await.expect("it can be read") {
            0 => return all,
            length => all.extend_from_slice(&buf[..length]),
        }
    }
}

#[test]
fn bytes_go_both_ways_and_a_half_closed_end_still_reads() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let listener = UnixListener::bind(folder.path("s")).unwrap();
        let near = UnixStream::connect(folder.path("s")).await.unwrap();
        let far = listener.accept().await.unwrap();
        near.write_all(b"question").await.unwrap();
        near.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read_to_end(&far).await, b"question");
        far.write_all(b"answer").await.unwrap();
        drop(far);
        assert_eq!(read_to_end(&near).await, b"answer");
    });
}

#[test]
fn more_than_the_system_buffers_arrives_whole_and_in_order() {
    on_every_backend(|| async {
        let (near, far) = UnixStream::pair().unwrap();
        let sent: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
        let expected = sent.clone();
        let writer = spawn(async move { near.write_all(&sent).await.unwrap() });
        assert!(read_to_end(&far).await == expected);
        writer.await.unwrap();
    });
}

#[test]
fn the_traits_read_and_write_several_buffers_and_close() {
    on_every_backend(|| async {
        let (mut near, far) = UnixStream::pair().unwrap();
        let bufs = [IoSlice::new(b"one, "), IoSlice::new(b"two")];
        let written = poll_fn(|cx| Pin::new(&mut near).poll_write_vectored(cx, &bufs));
        assert_eq!(written.await.unwrap(), 8);
        let mut first = [0; 3];
        let mut second = [0; 9];
        let mut bufs = [
            std::io::IoSliceMut::new(&mut first),
            std::io::IoSliceMut::new(&mut second),
        ];
        let read = poll_fn(|cx| Pin::new(&mut &far).poll_read_vectored(cx, &mut bufs));
        assert_eq!(read.await.unwrap(), 8);
        assert_eq!((&first, &second[..5]), (b"one", &b", two"[..]));
        poll_fn(|cx| Pin::new(&mut near).poll_close(cx))
            .await
            .unwrap();
        assert_eq!(far.read(&mut first).await.unwrap(), 0);
        drop(far);
        poll_fn(|cx| Pin::new(&mut near).poll_close(cx))
            .await
            .unwrap();
    });
}

#[test]
fn writing_to_an_end_that_is_gone_is_an_error() {
    on_every_backend(|| async {
        let (near, far) = UnixStream::pair().unwrap();
        drop(far);
        let refused = near.write(b"x").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn aborting_ends_both_directions_for_duplicates_too() {
    on_every_backend(|| async {
        let (near, far) = std::os::unix::net::UnixStream::pair().unwrap();
        let duplicate = UnixStream::from_std(near.try_clone().unwrap()).unwrap();
        let (near, far) = (
            UnixStream::from_std(near).unwrap(),
            UnixStream::from_std(far).unwrap(),
        );
        near.write_all(b"last").await.unwrap();
        near.abort().unwrap();
        assert_eq!(read_to_end(&far).await, b"last");
        assert_eq!(read_to_end(&duplicate).await, b"");
        let refused = far.write(b"x").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn a_connection_waits_while_the_queue_is_full() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let path = folder.path("s");
        let listener = Bind::new().backlog(0).listen(&path).unwrap();
        let first = UnixStream::connect(&path).await.unwrap();
        let second = spawn({
            let path = path.clone();
            async move { UnixStream::connect(path).await }
        });
        // Where a queue of none has room for more, the second one is there at once.
        let taken = [
            listener.accept().await.unwrap(),
            listener.accept().await.unwrap(),
        ];
        let second = second.await.unwrap().unwrap();
        for (near, far) in [&first, &second].into_iter().zip(&taken) {
            near.write_all(b"x").await.unwrap();
            far.read_exact(&mut [0]).await.unwrap();
        }
    });
}

#[test]
fn a_connection_that_is_given_up_while_it_waits_leaves_nothing() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let path = folder.path("s");
        let listener = Bind::new().backlog(0).listen(&path).unwrap();
        let first = UnixStream::connect(&path).await.unwrap();
        {
            let mut second = pin!(UnixStream::connect(&path));
            poll_fn(|cx| {
                drop(second.as_mut().poll(cx));
                std::task::Poll::Ready(())
            })
            .await;
        }
        drop(listener.accept().await.unwrap());
        drop(first);
    });
}

#[test]
fn nobody_listening_is_told_at_once() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let missing = UnixStream::connect(folder.path("none")).await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        let listener = Bind::new().keep_path().listen(folder.path("s")).unwrap();
        drop(listener);
        let refused = UnixStream::connect(folder.path("s")).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let long = folder.path(&"x".repeat(200));
        let refused = UnixStream::connect(long).await.unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::ENAMETOOLONG));
    });
}

#[test]
fn the_other_end_is_known_by_its_process_and_user() {
    on_every_backend(|| async {
        let folder = Folder::new();
        let listener = UnixListener::bind(folder.path("s")).unwrap();
        let near = UnixStream::connect(folder.path("s")).await.unwrap();
        let far = listener.accept().await.unwrap();
        // SAFETY: asking for ids touches no memory.
        let user = unsafe { libc::geteuid() };
        // SAFETY: as above.
        let group = unsafe { libc::getegid() };
        for end in [&near, &far] {
            let told = end.peer_credentials().unwrap();
            assert_eq!((told.uid(), told.gid()), (user, group));
            if cfg!(target_os = "linux") {
                assert_eq!(told.pid(), Some(process::id()));
            }
        }
        assert_eq!(
            near.peer_addr().unwrap().as_pathname(),
            Some(&*folder.path("s"))
        );
        assert!(far.peer_addr().unwrap().is_unnamed());
    });
}
