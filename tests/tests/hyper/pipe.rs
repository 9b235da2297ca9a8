//! A connection in memory, between two tasks of one reactor.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use futures_io::{AsyncRead, AsyncWrite};

/// One end of a connection. Dropping it closes what it writes to.
#[derive(Debug)]
pub(crate) struct End {
    incoming: Rc<RefCell<Flow>>,
    outgoing: Rc<RefCell<Flow>>,
    /// How many bytes each write took, and of how many buffers.
    writes: Rc<RefCell<Vec<(usize, usize)>>>,
}

#[derive(Debug, Default)]
struct Flow {
    bytes: VecDeque<u8>,
    closed: bool,
    reader: Option<Waker>,
}

/// Makes a connection that takes any number of bytes.
pub(crate) fn pipe() -> (End, End) {
    let (one, other) = (Rc::<RefCell<Flow>>::default(), Rc::default());
    let end = |incoming: &Rc<_>, outgoing: &Rc<_>| End {
        incoming: Rc::clone(incoming),
        outgoing: Rc::clone(outgoing),
        writes: Rc::default(),
    };
    (end(&one, &other), end(&other, &one))
}

impl End {
    /// Writes all of `bytes`.
    pub(crate) fn send(&self, bytes: &[u8]) {
        self.outgoing.borrow_mut().bytes.extend(bytes);
        self.wake();
    }

    /// Returns what has come, and takes it.
    pub(crate) fn received(&self) -> Vec<u8> {
        self.incoming.borrow_mut().bytes.drain(..).collect()
    }

    /// Tells whether the other end has closed, or is gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.incoming.borrow().closed
    }

    /// Returns the list of this end's writes, which goes on being filled.
    pub(crate) fn writes(&self) -> Rc<RefCell<Vec<(usize, usize)>>> {
        Rc::clone(&self.writes)
    }

    fn write(&self, bufs: &[IoSlice<'_>]) -> usize {
        let length = bufs.iter().map(|buf| buf.len()).sum();
        self.writes.borrow_mut().push((length, bufs.len()));
        for buf in bufs {
            self.outgoing.borrow_mut().bytes.extend(&**buf);
        }
        self.wake();
        length
    }

    fn close(&self) {
        self.outgoing.borrow_mut().closed = true;
        self.wake();
    }

    fn wake(&self) {
        let reader = self.outgoing.borrow_mut().reader.take();
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.close();
    }
}

impl AsyncRead for End {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut flow = self.incoming.borrow_mut();
        if flow.bytes.is_empty() && !flow.closed {
            flow.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(io::Read::read(&mut flow.bytes, buf))
    }
}

impl AsyncWrite for End {
    fn poll_write(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.write(&[IoSlice::new(buf)])))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.write(bufs)))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.close();
        Poll::Ready(Ok(()))
    }
}
