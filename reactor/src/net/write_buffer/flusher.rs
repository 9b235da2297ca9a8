//! The task that empties a buffer.

use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_io::AsyncWrite;

use super::shared::{Shared, Stage, WaitsFor};

/// Writes what is in a buffer until that has ended.
pub(super) struct Flusher<W> {
    shared: Rc<Shared<W>>,
    /// Whether something has been written since the writer was flushed.
    unflushed: bool,
}

/// What one call of the writer has done.
enum Step {
    Wrote(usize),
    Flushed,
    Closed,
    /// There is nothing to call it for.
    Idle,
}

impl<W: AsyncWrite + Unpin> Flusher<W> {
    pub(super) fn new(shared: Rc<Shared<W>>) -> Self {
        Self {
            shared,
            unflushed: false,
        }
    }

    /// Calls the writer for what is to be done next.
    fn step(
        &self,
        writer: &mut W,
        bytes: &VecDeque<u8>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Step>> {
        let writer = Pin::new(writer);
        if !bytes.is_empty() {
            let (front, back) = bytes.as_slices();
            let parts = [IoSlice::new(front), IoSlice::new(back)];
            writer
                .poll_write_vectored(cx, &parts)
                .map(|wrote| match wrote? {
                    0 => Err(io::ErrorKind::WriteZero.into()),
                    count => Ok(Step::Wrote(count)),
                })
        } else if self.unflushed {
            writer.poll_flush(cx).map_ok(|()| Step::Flushed)
        } else if self.shared.stage() == Stage::Closing {
            writer.poll_close(cx).map_ok(|()| Step::Closed)
        } else {
            Poll::Ready(Ok(Step::Idle))
        }
    }
}

impl<W: AsyncWrite + Unpin> Future for Flusher<W> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            let Some((mut writer, bytes)) = this.shared.take_out() else {
                // It has been given up.
                return Poll::Ready(());
            };
            let step = this.step(&mut writer, &bytes, cx);
            let written = match &step {
                Poll::Ready(Ok(Step::Wrote(count))) => *count,
                _ => 0,
            };
            if let Some(writer) = this.shared.put_back(writer, bytes, written) {
                drop(writer);
                return Poll::Ready(());
            }
            match step {
                Poll::Ready(Ok(Step::Wrote(_))) => this.unflushed = true,
                Poll::Ready(Ok(Step::Flushed)) => this.unflushed = false,
                Poll::Ready(Ok(Step::Closed)) => {
                    drop(this.shared.abort());
                    return Poll::Ready(());
                }
                Poll::Ready(Ok(Step::Idle)) => {
                    this.shared.wait(cx.waker().clone(), WaitsFor::Work);
                    return Poll::Pending;
                }
                Poll::Ready(Err(error)) => {
                    this.shared.fail(error);
                    drop(this.shared.abort());
                    return Poll::Ready(());
                }
                Poll::Pending => {
                    this.shared.wait(cx.waker().clone(), WaitsFor::Writer);
                    return Poll::Pending;
                }
            }
        }
    }
}

impl<W> Drop for Flusher<W> {
    fn drop(&mut self) {
        if self.shared.stage() != Stage::Ended {
            self.shared.fail(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "the reactor stopped, or the writer panicked",
            ));
            drop(self.shared.abort());
        }
    }
}
