//! Reading the output of a child to its end, both pipes at the same time: a child that fills one
//! while the other is being waited for would stand still.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::AsyncRead;

use super::error::OutputError;
use super::output::ChildOutput;

/// How much is read at a time.
const CHUNK: usize = 8 * 1024;

/// Reads both pipes to their ends and drops what they give. A pipe is `None` after its end.
pub(super) async fn discard(pipes: [&mut Option<ChildOutput>; 2]) {
    let mut pipes = pipes;
    poll_fn(|cx| {
        let mut polled = Poll::Ready(());
        for pipe in &mut pipes {
            // What cannot be read has nothing to wait for either.
            match drain(pipe, cx, |_| Ok::<_, OutputError>(())) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => **pipe = None,
                Poll::Pending => polled = Poll::Pending,
            }
        }
        polled
    })
    .await;
}

/// Reads both pipes to their ends, at most `limit` bytes of both together.
pub(super) async fn collect(
    mut pipes: [Option<ChildOutput>; 2],
    limit: usize,
) -> Result<[Vec<u8>; 2], OutputError> {
    let mut collected = [Vec::new(), Vec::new()];
    let mut left = limit;
    poll_fn(|cx| {
        let mut polled = Poll::Ready(Ok(()));
        for (pipe, bytes) in pipes.iter_mut().zip(&mut collected) {
            let keep = |chunk: &[u8]| {
                left = left
                    .checked_sub(chunk.len())
                    .ok_or(OutputError::TooMuch(limit))?;
                bytes.extend_from_slice(chunk);
                Ok(())
            };
            match drain(pipe, cx, keep) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => polled = Poll::Pending,
            }
        }
        polled
    })
    .await?;
    Ok(collected)
}

/// Reads what there is, and calls `keep` with it. Ready when the pipe has come to its end, which
/// closes it.
fn drain(
    pipe: &mut Option<ChildOutput>,
    cx: &mut Context<'_>,
    mut keep: impl FnMut(&[u8]) -> Result<(), OutputError>,
) -> Poll<Result<(), OutputError>> {
    let mut chunk = [0; CHUNK];
    while let Some(open) = pipe {
        match Pin::new(open).poll_read(cx, &mut chunk) {
            Poll::Ready(Ok(0)) => *pipe = None,
            Poll::Ready(Ok(length)) => keep(&chunk[..length])?,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(OutputError::Read(error))),
            Poll::Pending => return Poll::Pending,
        }
    }
    Poll::Ready(Ok(()))
}
