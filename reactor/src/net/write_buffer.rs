//! Writing from code that does not wait.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_io::AsyncWrite;

use crate::registry::Ticket;
use crate::spawn::spawn;

mod error;
mod flusher;
mod shared;

pub use error::WriteError;

use flusher::Flusher;
use shared::{Shared, Stage};

/// A bounded buffer in front of a writer, for code that cannot wait: callbacks, delayed calls.
///
/// What is written is kept, and a task of the reactor writes it as the writer takes it, many small
/// pieces in one go. When there is no room, as when the other end does not read, writing is refused
/// until there is: [`ready`](Self::ready) waits for that. Twisted's transports pause their producers
/// at 64 KiB, which is the limit here by default.
///
/// It takes any writer: a [`TcpWriter`](super::TcpWriter), whose other half reads; a TLS stream's
/// half.
///
/// Dropping it is [closing](Self::close) it. A failure that nobody has been told of is logged then,
/// with the number of bytes that were lost.
///
/// ```
/// use crochet_reactor::Reactor;
/// use crochet_reactor::net::{TcpListener, TcpStream, WriteBuffer};
///
/// let mut reactor = Reactor::new()?;
/// reactor.block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
///     let near = TcpStream::connect(listener.local_addr()?).await?;
///     let (far, _) = listener.accept().await?;
///
///     let (_reader, writer) = near.into_split();
///     let buffer = WriteBuffer::new(writer);
///     buffer.write(b"hello, ")?;
///     buffer.write(b"world")?;
///     buffer.close().await?;
///
///     let mut text = [0; 12];
///     far.read_exact(&mut text).await?;
///     assert_eq!(&text, b"hello, world");
///     Ok::<_, std::io::Error>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct WriteBuffer<W> {
    shared: Rc<Shared<W>>,
}

impl<W> WriteBuffer<W> {
    /// How many bytes a buffer holds, unless it is made with another limit.
    pub const LIMIT: usize = 64 * 1024;

    /// Puts a buffer in front of a writer.
    ///
    /// # Panics
    ///
    /// When the calling thread is not running a reactor.
    #[track_caller]
    pub fn new(writer: W) -> Self
    where
        W: AsyncWrite + Unpin + 'static,
    {
        Self::with_limit(writer, Self::LIMIT)
    }

    /// Puts a buffer that holds up to `limit` bytes, at least one, in front of a writer.
    ///
    /// # Panics
    ///
    /// When the calling thread is not running a reactor.
    #[track_caller]
    pub fn with_limit(writer: W, limit: usize) -> Self
    where
        W: AsyncWrite + Unpin + 'static,
    {
        let shared = Rc::new(Shared::new(writer, limit.max(1)));
        // Detached: it ends with the buffer.
        drop(spawn(Flusher::new(Rc::clone(&shared))));
        Self { shared }
    }

    /// Accepts all of `bytes`, to be written later, or nothing.
    ///
    /// # Errors
    ///
    /// [`WriteError::Full`] when there is no room at present; [`WriteError::TooLong`] when there
    /// never will be; [`WriteError::Failed`] when the writer has failed.
    pub fn write(&self, bytes: &[u8]) -> Result<(), WriteError> {
        self.shared.check(bytes.len())?;
        self.shared.push(bytes);
        Ok(())
    }

    /// Waits until `length` bytes would be accepted.
    ///
    /// # Errors
    ///
    /// [`WriteError::TooLong`]; [`WriteError::Failed`].
    ///
    /// # Cancellation
    ///
    /// Dropping the future changes nothing.
    pub fn ready(&self, length: usize) -> Ready<'_, W> {
        Ready {
            shared: &self.shared,
            length,
            ticket: None,
        }
    }

    /// Returns how many bytes have been accepted and not written.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.shared.length()
    }

    /// Returns how many more bytes would be accepted.
    #[must_use]
    pub fn room(&self) -> usize {
        self.shared.room()
    }

    /// Has what was accepted written, then flushes and closes the writer, and drops it. As Twisted's
    /// `loseConnection`.
    ///
    /// That goes on when the returned future is dropped, until the reactor stops. A peer that does
    /// not read may keep it going for ever: see [`timeout`](crate::timeout) and
    /// [`Closing::abort`].
    pub fn close(self) -> Closing<W> {
        self.shared.begin_closing();
        Closing {
            shared: Rc::clone(&self.shared),
            ticket: None,
        }
    }

    /// Gives up what has been accepted and not written, and returns the writer, at once. Dropping
    /// that closes it; see also [`TcpStream::abort`](super::TcpStream::abort) and
    /// [`TcpWriter::abort`](super::TcpWriter::abort). As Twisted's `abortConnection`.
    ///
    /// There is none when the writer has failed, which drops it, or when this is called by the
    /// writer itself.
    pub fn abort(self) -> Option<W> {
        self.shared.abort()
    }
}

impl<W> Drop for WriteBuffer<W> {
    fn drop(&mut self) {
        self.shared.begin_closing();
    }
}

impl<W> fmt::Debug for WriteBuffer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteBuffer")
            .field("buffered", &self.buffered())
            .field("room", &self.room())
            .finish_non_exhaustive()
    }
}

/// The future of [`WriteBuffer::ready`].
#[must_use = "a future does nothing unless it is polled"]
pub struct Ready<'a, W> {
    shared: &'a Shared<W>,
    length: usize,
    ticket: Option<Ticket>,
}

impl<W> Future for Ready<'_, W> {
    type Output = Result<(), WriteError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        match this.shared.check(this.length) {
            Err(WriteError::Full) => {
                this.shared.waiters().wait_at(&mut this.ticket, cx);
                Poll::Pending
            }
            checked => Poll::Ready(checked),
        }
    }
}

impl<W> Drop for Ready<'_, W> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.shared.waiters().forget(ticket);
        }
    }
}

impl<W> fmt::Debug for Ready<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// The future of [`WriteBuffer::close`]: ready when everything has been written and the writer
/// dropped, with the error that the writer has failed with, if it has.
#[must_use = "dropping it leaves the end of the writing to itself"]
pub struct Closing<W> {
    shared: Rc<Shared<W>>,
    ticket: Option<Ticket>,
}

impl<W> Closing<W> {
    /// Gives up what has not been written, as [`WriteBuffer::abort`].
    pub fn abort(self) -> Option<W> {
        self.shared.abort()
    }
}

impl<W> Future for Closing<W> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.shared.stage() == Stage::Ended {
            return Poll::Ready(this.shared.failure().map_or(Ok(()), Err));
        }
        this.shared.waiters().wait_at(&mut this.ticket, cx);
        Poll::Pending
    }
}

impl<W> Drop for Closing<W> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.shared.waiters().forget(ticket);
        }
    }
}

impl<W> fmt::Debug for Closing<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closing")
            .field("buffered", &self.shared.length())
            .finish_non_exhaustive()
    }
}
