//! Buffers in front of writers, for code that does not wait.

use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use crochet::net::{TcpReader, TcpWriter, WriteBuffer, WriteError};
use crochet::{call_later, sleep};
use crochet_tests::backends::{for_every_backend, on_every_backend};
use crochet_tests::{executor, logs};
use futures_io::AsyncWrite;

use crate::io::{pair, read_to_end};

async fn buffered() -> (TcpReader, WriteBuffer<TcpWriter>, crochet::net::TcpStream) {
    let (near, far) = pair().await.unwrap();
    let (reader, writer) = near.into_split();
    (reader, WriteBuffer::new(writer), far)
}

/// Writes until the other end, which does not read, has had enough.
async fn fill(buffer: &WriteBuffer<TcpWriter>) -> usize {
    let chunk = [7; 1024];
    let mut accepted = 0;
    loop {
        match buffer.write(&chunk) {
            Ok(()) => accepted += chunk.len(),
            Err(WriteError::Full) => {
                let before = buffer.buffered();
                // Several turns: the system's buffers grow.
                for _ in 0..10 {
                    sleep(Duration::from_micros(100)).await;
                }
                if buffer.buffered() == before {
                    return accepted;
                }
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// A writer that does what the test says, and keeps what it is given.
#[derive(Clone, Default)]
struct Scripted(Rc<Script>);

#[derive(Default)]
struct Script {
    written: RefCell<Vec<u8>>,
    calls: Cell<u32>,
    flushed: Cell<u32>,
    closed: Cell<u32>,
    /// Is called by each write, and says how much is taken.
    take: RefCell<Option<Take>>,
}

type Take = Box<dyn FnMut(&[u8]) -> io::Result<usize>>;

impl Scripted {
    fn take(&self, take: impl FnMut(&[u8]) -> io::Result<usize> + 'static) {
        *self.0.take.borrow_mut() = Some(Box::new(take));
    }
}

impl AsyncWrite for Scripted {
    fn poll_write(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.calls.set(self.0.calls.get() + 1);
        let take = self.0.take.take();
        let count = match take {
            Some(mut take) => {
                let count = take(buf)?;
                *self.0.take.borrow_mut() = Some(take);
                count
            }
            None => buf.len(),
        };
        self.0.written.borrow_mut().extend(&buf[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.flushed.set(self.0.flushed.get() + 1);
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.closed.set(self.0.closed.get() + 1);
        Poll::Ready(Ok(()))
    }
}

#[test]
fn many_small_writes_arrive_in_order_in_one_piece() {
    on_every_backend(|| async {
        let writer = Scripted::default();
        let buffer = WriteBuffer::new(writer.clone());
        let mut all = Vec::new();
        for x in 0..1000_u16 {
            buffer.write(&x.to_be_bytes()).unwrap();
            all.extend(x.to_be_bytes());
        }
        assert_eq!(buffer.buffered(), all.len());
        buffer.ready(WriteBuffer::<Scripted>::LIMIT).await.unwrap();
        assert_eq!(*writer.0.written.borrow(), all);
        assert_eq!(writer.0.calls.get(), 1);
        assert_eq!((buffer.buffered(), writer.0.closed.get()), (0, 0));
        buffer.close().await.unwrap();
        assert_eq!((writer.0.flushed.get(), writer.0.closed.get()), (1, 1));
        assert_eq!(Rc::strong_count(&writer.0), 1, "the writer was dropped");
    });
}

#[test]
fn a_writer_that_takes_little_gets_the_rest_again() {
    on_every_backend(|| async {
        let writer = Scripted::default();
        writer.take(|buf| Ok(buf.len().min(3)));
        let buffer = WriteBuffer::with_limit(writer.clone(), 10);
        buffer.write(b"0123456").unwrap();
        buffer.write(b"789").unwrap();
        assert!(matches!(buffer.write(b"x"), Err(WriteError::Full)));
        assert_eq!(buffer.room(), 0);
        buffer.ready(4).await.unwrap();
        buffer.write(b"abcd").unwrap();
        buffer.close().await.unwrap();
        assert_eq!(*writer.0.written.borrow(), b"0123456789abcd");
    });
}

#[test]
fn a_write_is_accepted_whole_or_not_at_all() {
    on_every_backend(|| async {
        let writer = Scripted::default();
        let buffer = WriteBuffer::with_limit(writer.clone(), 4);
        buffer.write(b"abc").unwrap();
        assert!(matches!(buffer.write(b"de"), Err(WriteError::Full)));
        assert!(matches!(buffer.write(b"12345"), Err(WriteError::TooLong)));
        let never = buffer.ready(5).await;
        assert!(matches!(never, Err(WriteError::TooLong)));
        buffer.write(b"d").unwrap();
        buffer.close().await.unwrap();
        assert_eq!(*writer.0.written.borrow(), b"abcd");
    });
}

#[test]
fn without_another_limit_a_buffer_is_full_at_64_kibibytes() {
    on_every_backend(|| async {
        let writer = Scripted::default();
        let buffer = WriteBuffer::new(writer.clone());
        assert_eq!(buffer.room(), 65_536);
        assert!(matches!(
            buffer.write(&[0; 65_537]),
            Err(WriteError::TooLong)
        ));
        buffer.write(&[7; 65_535]).unwrap();
        buffer.write(&[8]).unwrap();
        assert!(matches!(buffer.write(&[9]), Err(WriteError::Full)));
        buffer.close().await.unwrap();
        assert_eq!(writer.0.written.borrow().len(), 65_536);
        assert_eq!(writer.0.written.borrow().last(), Some(&8));
    });
}

#[test]
fn a_peer_that_does_not_read_makes_the_buffer_refuse_and_all_arrives_when_it_does() {
    on_every_backend(|| async {
        let (_reader, buffer, far) = buffered().await;
        let accepted = fill(&buffer).await;
        assert!(buffer.buffered() <= WriteBuffer::<TcpWriter>::LIMIT);
        let all = crochet::spawn(async move { read_to_end(&far).await.unwrap().len() });
        buffer.ready(1024).await.unwrap();
        buffer.write(&[8; 1024]).unwrap();
        buffer.close().await.unwrap();
        assert_eq!(all.await.unwrap(), accepted + 1024);
    });
}

#[test]
fn a_buffer_that_is_closed_by_a_callback_writes_the_rest_by_itself() {
    on_every_backend(|| async {
        let (reader, buffer, far) = buffered().await;
        call_later(Duration::ZERO, move || {
            buffer.write(b"good").unwrap();
            buffer.write(b"bye").unwrap();
            drop(buffer.close());
        });
        assert_eq!(read_to_end(&far).await.unwrap(), b"goodbye");
        drop(reader);
    });
}

#[test]
fn dropping_a_buffer_closes_it() {
    on_every_backend(|| async {
        let (_reader, buffer, far) = buffered().await;
        buffer.write(b"goodbye").unwrap();
        drop(buffer);
        assert_eq!(read_to_end(&far).await.unwrap(), b"goodbye");
    });
}

#[test]
fn aborting_gives_up_what_has_not_been_written() {
    on_every_backend(|| async {
        let (reader, buffer, far) = buffered().await;
        fill(&buffer).await;
        let closing = buffer.close();
        closing.abort().expect("the writer").abort().unwrap();
        drop(reader);
        let mut chunk = vec![0; 1 << 16];
        let error = loop {
            match far.read(&mut chunk).await {
                Ok(0) => panic!("an orderly end"),
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn a_failure_is_told_by_every_call() {
    on_every_backend(|| async {
        let (_reader, buffer, far) = buffered().await;
        fill(&buffer).await;
        let waiting = buffer.ready(1024);
        far.abort().unwrap();
        for failed in [waiting.await, buffer.write(b"x"), buffer.ready(0).await] {
            let WriteError::Failed(error) = failed.unwrap_err() else {
                panic!("a failure");
            };
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        }
        assert_eq!((buffer.buffered(), buffer.room()), (0, 0));
        let error = buffer.close().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn a_failure_that_nobody_is_told_of_is_logged_with_what_was_lost() {
    logs::capture();
    on_every_backend(|| async {
        let backend = std::thread::current().id();
        let text = format!("failed for {backend:?}");
        let reason = text.clone();
        let writer = Scripted::default();
        writer.take(move |_| Err(io::Error::other(reason.clone())));
        let buffer = WriteBuffer::new(writer.clone());
        buffer.write(b"seven b").unwrap();
        drop(buffer);
        while Rc::strong_count(&writer.0) > 1 {
            sleep(Duration::ZERO).await;
        }
        sleep(Duration::ZERO).await;
        let found = logs::containing(&text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].text.starts_with("7 buffered bytes"), "{found:?}");
    });
}

#[test]
fn a_writer_may_use_its_own_buffer() {
    on_every_backend(|| async {
        let writer = Scripted::default();
        let buffer = Rc::new(WriteBuffer::new(writer.clone()));
        let inner = Rc::downgrade(&buffer);
        let more = Cell::new(3);
        writer.take(move |buf| {
            if more.get() > 0 {
                more.set(more.get() - 1);
                inner
                    .upgrade()
                    .expect("it is open")
                    .write(b"more ")
                    .unwrap();
            }
            Ok(buf.len())
        });
        buffer.write(b"first ").unwrap();
        while buffer.buffered() > 0 {
            sleep(Duration::ZERO).await;
        }
        assert_eq!(*writer.0.written.borrow(), b"first more more more ");
    });
}

#[test]
fn a_writer_may_abort_its_own_buffer() {
    on_every_backend(|| async {
        let writer = Scripted::default();
        let buffer = Rc::new(RefCell::new(Some(WriteBuffer::new(writer.clone()))));
        let inner = Rc::clone(&buffer);
        writer.take(move |buf| {
            let buffer = inner.take().expect("it is called once");
            assert!(buffer.abort().is_none(), "the writer is being called");
            Ok(buf.len())
        });
        buffer.borrow().as_ref().unwrap().write(b"x").unwrap();
        while Rc::strong_count(&writer.0) > 1 {
            sleep(Duration::ZERO).await;
        }
        assert_eq!(writer.0.closed.get(), 0);
    });
}

#[test]
fn a_writer_that_panics_fails_its_buffer_only() {
    logs::capture();
    on_every_backend(|| async {
        let writer = Scripted::default();
        writer.take(|_| panic!("a writer of a test"));
        let buffer = WriteBuffer::new(writer);
        buffer.write(b"x").unwrap();
        let error = buffer.close().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
    });
}

#[test]
fn a_reactor_that_stops_ends_its_buffers() {
    for_every_backend(|settings| {
        let mut reactor = settings.build().unwrap();
        let (closing, other) = reactor
            .block_on(async {
                let (_reader, buffer, far) = buffered().await;
                fill(&buffer).await;
                (buffer.close(), far)
            })
            .unwrap();
        let error = executor::block_on(closing).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
        drop(other);
    });
}
