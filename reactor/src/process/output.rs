//! What a child writes.

use std::cell::RefCell;
use std::io::{self, IoSliceMut};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::AsyncRead;

use super::state::OpenOutput;
use crate::pipe::PipeReader;
use crate::stream::forward_read;

/// The reading end of a pipe that a child has as its standard output or error.
///
/// It has ended for [`Child::ended`](super::Child::ended) when an end was read, or when it is
/// dropped. A child that goes on writing then is sent `SIGPIPE`, or gets an error.
#[derive(Debug)]
pub struct ChildOutput {
    pipe: PipeReader,
    /// `None` when an end was read.
    open: RefCell<Option<OpenOutput>>,
}

impl ChildOutput {
    pub(super) fn new(pipe: PipeReader, open: OpenOutput) -> Self {
        Self {
            pipe,
            open: RefCell::new(Some(open)),
        }
    }

    /// Reads what there is, at least one byte unless all that had the pipe have closed it; zero
    /// tells that they have, or that `buf` is empty.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    ///
    /// # Cancellation
    ///
    /// Dropping the future before it is ready takes nothing from the pipe.
    pub async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let length = self.pipe.read(buf).await?;
        if !buf.is_empty() {
            self.note(length);
        }
        Ok(length)
    }

    /// Takes note of an end.
    fn note(&self, length: usize) {
        if length == 0 {
            // Out of the cell before it is dropped, which wakes tasks.
            let open = self.open.take();
            drop(open);
        }
    }
}

impl AsyncRead for &ChildOutput {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let length = ready!(Pin::new(&mut &self.pipe).poll_read(cx, buf))?;
        if !buf.is_empty() {
            self.note(length);
        }
        Poll::Ready(Ok(length))
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let length = ready!(Pin::new(&mut &self.pipe).poll_read_vectored(cx, bufs))?;
        if bufs.iter().any(|buf| !buf.is_empty()) {
            self.note(length);
        }
        Poll::Ready(Ok(length))
    }
}

forward_read!(ChildOutput; |output| output);
