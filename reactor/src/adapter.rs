//! What the adapters for other libraries' streams share.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::AsyncRead;

/// How a library is to hand over several pieces that are ready together.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Writing {
    /// Copied into one piece.
    Flat,
    /// In the pieces that they are.
    Vectored,
}

/// The most that one read takes, in bytes.
const READ_LIMIT: usize = 64 * 1024;

thread_local! {
    /// The buffer of whoever is reading. The libraries' buffers are not initialised, and `futures-io`
    /// wants to be given initialised ones: copying what has come is cheaper than clearing, for every
    /// read, room for all that might, and needs no buffer for each connection. What was in it is cleared
    /// before another stream sees it: what one connection has received is no other's business.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Reads at most `room` bytes, and gives them to `put`.
///
/// # Panics
///
/// When the stream says that it has read more than there was room for.
pub(crate) fn poll_read<T: AsyncRead>(
    stream: Pin<&mut T>,
    cx: &mut Context<'_>,
    room: usize,
    put: impl FnOnce(&[u8]),
) -> Poll<io::Result<()>> {
    let room = room.min(READ_LIMIT);
    // Taken out, because the stream may itself read through an adapter: that takes another.
    let mut buffer = BUFFER.take();
    if buffer.len() < room {
        buffer.resize(room, 0);
    }
    let polled = stream.poll_read(cx, &mut buffer[..room]);
    if let Poll::Ready(Ok(length)) = polled {
        assert!(length <= room, "a stream read more than it had room for");
        put(&buffer[..length]);
        buffer[..length].fill(0);
    } else if polled.is_ready() {
        // How much it had read before it failed is not known.
        buffer[..room].fill(0);
    }
    BUFFER.set(buffer);
    ready!(polled)?;
    Poll::Ready(Ok(()))
}
