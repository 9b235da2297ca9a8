//! The process's standard files, for code that runs on a reactor.
//!
//! [`stdin`], [`stdout`] and [`stderr`] never keep a thread in a read or a write that may take for
//! ever, so nothing holds the process up when it exits. They do not change the files for others
//! either: whether a file blocks is a property that other processes share, such as the shell that
//! started this one, and is left as it is; so are a terminal's settings.
//!
//! How that is done depends on what the file is:
//!
//! - A **terminal** or a **pipe** is opened once more through `/proc/self/fd`, which makes a handle
//!   that does not block and is this process's alone.
//! - Where that cannot be done, as there is no `/proc`, or no permission, the system is asked before
//!   each read or write whether it would block. If another process then takes what there was to
//!   read, the read blocks, and the reactor with it, until there is more; so does a write to a
//!   terminal that has less room than it told of.
//! - A **socket** is read and written by calls that do not block by themselves.
//! - A **file on a disk**, or a device that the system cannot wait for, such as `/dev/null`, is read
//!   and written in the reactor's [thread pool](crate::ThreadPool). Such calls end by themselves.
//!
//! The streams of the standard library have buffers of their own: what those have read is not here
//! any more, and what they have not written yet comes later.
//!
//! ```
//! let mut reactor = crochet_reactor::Reactor::new()?;
//! reactor.block_on(async {
//!     let mut out = crochet_reactor::stdio::stdout()?;
//!     out.write_all(b"hello\n").await
//! })??;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};

use crate::stream;

mod open;
mod pooled;
mod waited;

use open::Opened;
use pooled::{PooledReader, PooledWriter};
use waited::Waited;

/// Returns the process's standard input.
///
/// As Twisted's `StandardIO`, for reading. There may be several; each byte goes to one of them.
///
/// # Errors
///
/// Whatever the system reports, such as that standard input is closed; not being on a reactor.
pub fn stdin() -> io::Result<StandardInput> {
    let way = match open::for_reading(io::stdin().as_fd())? {
        Opened::Waited(file) => Input::Waited(file),
        Opened::Pooled(file) => Input::Pooled(PooledReader::new(file)),
    };
    Ok(StandardInput { way })
}

/// Returns the process's standard output. As Twisted's `StandardIO`, for writing.
///
/// # Errors
///
/// Whatever the system reports, such as that standard output is closed; not being on a reactor.
pub fn stdout() -> io::Result<StandardOutput> {
    StandardOutput::new(open::for_writing(io::stdout().as_fd())?)
}

/// Returns the process's standard error output.
///
/// # Errors
///
/// Whatever the system reports, such as that it is closed; not being on a reactor.
pub fn stderr() -> io::Result<StandardOutput> {
    StandardOutput::new(open::for_writing(io::stderr().as_fd())?)
}

/// The process's standard input. See the [module](self) for how it is read.
pub struct StandardInput {
    way: Input,
}

enum Input {
    Waited(Waited),
    Pooled(PooledReader),
}

impl StandardInput {
    /// Reads what there is, at least one byte unless there is an end; zero tells that there is, or
    /// that `buf` is empty. A terminal may give more after an end.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    ///
    /// # Cancellation
    ///
    /// When the future is dropped before it is ready, nothing is lost: what a thread of the pool
    /// was reading is given to whoever reads next.
    pub async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        poll_fn(|cx| Pin::new(&mut *self).poll_read(cx, buf)).await
    }
}

impl AsyncRead for StandardInput {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        match &mut self.way {
            Input::Waited(file) => file.poll_read(cx, buf),
            Input::Pooled(file) => file.poll_read(cx, buf),
        }
    }
}

impl fmt::Debug for StandardInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way: &dyn fmt::Debug = match &self.way {
            Input::Waited(file) => file,
            Input::Pooled(_) => &"in the thread pool",
        };
        f.debug_tuple("StandardInput").field(way).finish()
    }
}

/// The process's standard output, or its standard error output. See the [module](self) for how it is
/// written.
pub struct StandardOutput {
    way: Output,
}

enum Output {
    Waited(Waited),
    Pooled(PooledWriter),
}

impl StandardOutput {
    fn new(opened: Opened) -> io::Result<Self> {
        let way = match opened {
            Opened::Waited(file) => Output::Waited(file),
            Opened::Pooled(file) => Output::Pooled(PooledWriter::new(file)),
        };
        Ok(Self { way })
    }

    /// Writes as much of `buf` as the system takes, and returns how much that was.
    ///
    /// # Errors
    ///
    /// [`BrokenPipe`](io::ErrorKind::BrokenPipe) when nobody reads; otherwise whatever the system
    /// reports.
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready writes nothing, except to a file on a disk, to which
    /// a part may have been written, or be written yet.
    pub async fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let length = poll_fn(|cx| Pin::new(&mut *self).poll_write(cx, buf)).await?;
        poll_fn(|cx| Pin::new(&mut *self).poll_flush(cx)).await?;
        Ok(length)
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
    pub async fn write_all(&mut self, buf: &[u8]) -> io::Result<()> {
        stream::write_all(buf, async |rest| self.write(rest).await).await
    }
}

/// Bytes for a file on a disk are accepted before they are written: an error comes with the next
/// write or flush, and what no flush was waited for may be lost when this is dropped or the reactor
/// stops.
impl AsyncWrite for StandardOutput {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.way {
            Output::Waited(file) => file.poll_write(cx, buf),
            Output::Pooled(file) => file.poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.way {
            // Nothing is buffered there.
            Output::Waited(_) => Poll::Ready(Ok(())),
            Output::Pooled(file) => file.poll_flush(cx),
        }
    }

    /// Flushes. The file stays open: it is the process's.
    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

impl fmt::Debug for StandardOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way: &dyn fmt::Debug = match &self.way {
            Output::Waited(file) => file,
            Output::Pooled(_) => &"in the thread pool",
        };
        f.debug_tuple("StandardOutput").field(way).finish()
    }
}
