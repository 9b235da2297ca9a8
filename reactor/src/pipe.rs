//! Pipes.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use rustix::io::ioctl_fionbio;

use crate::registry::{Direction, Registered};
use crate::source::ready_now;
use crate::stream::{self, forward_read};

mod fifo;

#[cfg(not(target_vendor = "apple"))]
#[path = "pipe/with_flags.rs"]
mod system;
#[cfg(target_vendor = "apple")]
#[path = "pipe/apple.rs"]
mod system;

/// Makes a pipe: what is written to one end is read from the other.
///
/// # Errors
///
/// Whatever the system reports, such as that there are no more file descriptors; not being on a
/// reactor.
pub fn pipe() -> io::Result<(PipeReader, PipeWriter)> {
    let (reader, writer) = system::pipe()?;
    Ok((
        PipeReader::from_nonblocking(reader)?,
        PipeWriter::from_nonblocking(writer)?,
    ))
}

/// The end of a pipe that is read from.
///
/// Any number of tasks may [`read`](Self::read) at the same time; of those that poll through
/// [`futures_io::AsyncRead`], the one that polled last is woken.
#[derive(Debug)]
pub struct PipeReader {
    io: Registered<File>,
    /// Set when it has been opened by a path, cleared by the first sign of a writer: until then the
    /// system would report an end.
    awaits_writer: Cell<bool>,
}

impl PipeReader {
    /// Takes over an end of a pipe that was made elsewhere.
    ///
    /// It is set not to block, and so it is for whoever else has a duplicate of the same end. The
    /// other end stays as it is.
    ///
    /// # Errors
    ///
    /// Whatever the system reports; not being on a reactor. A file that cannot be waited for, such
    /// as one on a disk, is refused.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        ioctl_fionbio(&fd, true)?;
        Self::from_nonblocking(fd)
    }

    fn from_nonblocking(fd: OwnedFd) -> io::Result<Self> {
        Ok(Self {
            io: Registered::new(File::from(fd))?,
            awaits_writer: Cell::new(false),
        })
    }

    /// Would block while no writer has ever been there.
    fn check_writer(&self) -> io::Result<()> {
        if self.awaits_writer.get() {
            ready_now(self.as_fd(), Direction::Read)?;
            self.awaits_writer.set(false);
        }
        Ok(())
    }

    /// Reads what there is, at least one byte unless all writers have closed; zero tells that they
    /// have, or that `buf` is empty.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready takes nothing from the pipe.
    pub async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io
            .io(Direction::Read, |mut pipe| {
                self.check_writer()?;
                pipe.read(buf)
            })
            .await
    }
}

impl AsFd for PipeReader {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.source().as_fd()
    }
}

forward_read!(PipeReader; |reader| reader);

impl AsyncRead for &PipeReader {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.io.poll_io(Direction::Read, cx, |mut pipe| {
            self.check_writer()?;
            pipe.read(buf)
        })
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.io.poll_io(Direction::Read, cx, |mut pipe| {
            self.check_writer()?;
            pipe.read_vectored(bufs)
        })
    }
}

/// The end of a pipe that is written to. Dropping it closes it; when there is no other writer,
/// readers then read an end.
///
/// Writing when there is no reader is an error,
/// [`BrokenPipe`](io::ErrorKind::BrokenPipe). The system also sends the signal `SIGPIPE`, which
/// programs of Rust ignore; a program of another language that has given it back its default action
/// is ended by it.
#[derive(Debug)]
pub struct PipeWriter {
    /// `None` when it has been closed.
    io: Option<Registered<File>>,
}

impl PipeWriter {
    /// Takes over an end of a pipe that was made elsewhere.
    ///
    /// It is set not to block, and so it is for whoever else has a duplicate of the same end. The
    /// other end stays as it is.
    ///
    /// # Errors
    ///
    /// As [`PipeReader::from_fd`].
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        ioctl_fionbio(&fd, true)?;
        Self::from_nonblocking(fd)
    }

    fn from_nonblocking(fd: OwnedFd) -> io::Result<Self> {
        Ok(Self {
            io: Some(Registered::new(File::from(fd))?),
        })
    }

    /// Writes as much of `buf` as the pipe has room for, and returns how much that was.
    ///
    /// # Errors
    ///
    /// [`BrokenPipe`](io::ErrorKind::BrokenPipe) when there is no reader, or it was closed here;
    /// otherwise whatever the system reports.
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready writes nothing.
    pub async fn write(&self, buf: &[u8]) -> io::Result<usize> {
        self.registered()?
            .io(Direction::Write, |mut pipe| pipe.write(buf))
            .await
    }

    /// Writes all of `buf`.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write); then a part may have been written.
    ///
    /// # Cancellation
    ///
    /// When the future is dropped, a part may have been written.
    pub async fn write_all(&self, buf: &[u8]) -> io::Result<()> {
        stream::write_all(buf, async |rest| self.write(rest).await).await
    }

    fn registered(&self) -> io::Result<&Registered<File>> {
        self.io
            .as_ref()
            .ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }
}

/// # Panics
///
/// When it has been closed by [`AsyncWrite::poll_close`]: there is no file descriptor any more.
impl AsFd for PipeWriter {
    fn as_fd(&self) -> BorrowedFd<'_> {
        let io = self.io.as_ref();
        io.expect("a pipe's end that has been closed has no file descriptor")
            .source()
            .as_fd()
    }
}

impl AsyncWrite for PipeWriter {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self).poll_write_vectored(cx, bufs)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut &*self).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        drop(self.io.take());
        Poll::Ready(Ok(()))
    }
}

/// One that is shared cannot be closed, which is [`Unsupported`](io::ErrorKind::Unsupported): others
/// may be writing to it. Whoever owns it closes or drops it.
impl AsyncWrite for &PipeWriter {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.registered()?
            .poll_io(Direction::Write, cx, |mut pipe| pipe.write(buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.registered()?
            .poll_io(Direction::Write, cx, |mut pipe| pipe.write_vectored(bufs))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Nothing is buffered here.
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "a pipe's end that is shared is closed by whoever owns it",
        )))
    }
}
