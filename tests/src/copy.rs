//! Copying through the traits of `futures-io`, by code that knows nothing else of what it reads and writes.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;

use futures_io::{AsyncRead, AsyncWrite};

/// Copies to the reader's end, flushes the writer and closes it. Returns how many bytes there were.
///
/// # Errors
///
/// Whatever one of the two reports; [`WriteZero`](io::ErrorKind::WriteZero) when the writer takes nothing.
pub async fn copy<R, W>(reader: &mut R, writer: &mut W) -> io::Result<usize>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut buf = vec![0; 100_000];
    let mut count = 0;
    loop {
        let length = poll_fn(|cx| Pin::new(&mut *reader).poll_read(cx, &mut buf)).await?;
        if length == 0 {
            break;
        }
        write_all(writer, &buf[..length]).await?;
        count += length;
    }
    poll_fn(|cx| Pin::new(&mut *writer).poll_flush(cx)).await?;
    poll_fn(|cx| Pin::new(&mut *writer).poll_close(cx)).await?;
    Ok(count)
}

async fn write_all<W: AsyncWrite + Unpin>(writer: &mut W, mut rest: &[u8]) -> io::Result<()> {
    while !rest.is_empty() {
        match poll_fn(|cx| Pin::new(&mut *writer).poll_write(cx, rest)).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => rest = &rest[written..],
        }
    }
    Ok(())
}
