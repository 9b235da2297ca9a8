//! Files on a disk, for code that runs on a reactor.
//!
//! A disk may take its time, and no system call of this library's back ends waits for it. So what
//! is done to a file is done in the reactor's [thread pool](crate::ThreadPool), by as many threads
//! as that has; its settings limit how many of these calls are under way.
//!
//! Buffers are handed over and given back, because a thread uses them meanwhile.
//!
//! ```
//! use crochet_reactor::{Reactor, fs};
//!
//! let mut reactor = Reactor::new()?;
//! let path = std::env::temp_dir().join(format!("crochet-fs-example-{}", std::process::id()));
//! reactor.block_on(async move {
//!     fs::write(&path, "hello, world").await?;
//!     let file = fs::File::open(&path).await?;
//!     let (length, buf) = file.read_at(vec![0; 5], 7).await;
//!     assert_eq!(&buf[..length?], b"world");
//!     assert_eq!(fs::read(&path, 1024).await?, b"hello, world");
//!     fs::remove_file(&path).await
//! })??;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Cancellation
//!
//! Dropping a future of this module revokes a call that no thread has begun. One that has begun goes
//! on to its end: a write is made as if it had been waited for, and what was read is dropped with
//! the buffer, but stays in the file, because reading here moves no cursor. Nobody hears of an error
//! then.
//!
//! # Errors
//!
//! Beside what the system reports, every function fails when the pool takes no more: when the
//! reactor stops, there is none, or its queue is full. The cause of the error is then a
//! [`JoinError`](crate::JoinError), and a buffer that was handed over is lost.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use crate::pool::defer_to_thread;

mod file;
#[cfg(unix)]
#[path = "fs/unix.rs"]
mod system;
#[cfg(windows)]
#[path = "fs/windows.rs"]
mod system;

pub use file::File;

/// Reads a whole file.
///
/// # Errors
///
/// [`FileTooLarge`](io::ErrorKind::FileTooLarge) when the file has more than `limit` bytes; see the
/// [module](self).
///
/// # Cancellation
///
/// See the [module](self).
pub async fn read(path: impl AsRef<Path>, limit: usize) -> io::Result<Vec<u8>> {
    let path = path.as_ref().to_owned();
    in_pool(move || read_whole(&path, limit)).await
}

fn read_whole(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let file = fs::File::open(path)?;
    let mut bytes = Vec::new();
    // Not by the length that the system tells: some files have none, and others grow.
    let more = u64::try_from(limit).map_or(u64::MAX, |limit| limit.saturating_add(1));
    file.take(more).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

/// Makes a file with these bytes, or replaces what one has by them.
///
/// # Errors
///
/// See the [module](self). A part may have been written then.
///
/// # Cancellation
///
/// See the [module](self).
pub async fn write(path: impl AsRef<Path>, bytes: impl Into<Vec<u8>>) -> io::Result<()> {
    let (path, bytes) = (path.as_ref().to_owned(), bytes.into());
    in_pool(move || fs::write(path, bytes)).await
}

/// Returns what the system knows of a file; of the one that a symbolic link leads to.
///
/// # Errors
///
/// See the [module](self).
pub async fn metadata(path: impl AsRef<Path>) -> io::Result<fs::Metadata> {
    let path = path.as_ref().to_owned();
    in_pool(move || fs::metadata(path)).await
}

/// Gives a file another path, in the place of one that has it.
///
/// # Errors
///
/// See the [module](self).
///
/// # Cancellation
///
/// See the [module](self).
pub async fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    let (from, to) = (from.as_ref().to_owned(), to.as_ref().to_owned());
    in_pool(move || fs::rename(from, to)).await
}

/// Removes a file.
///
/// # Errors
///
/// See the [module](self).
///
/// # Cancellation
///
/// See the [module](self).
pub async fn remove_file(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref().to_owned();
    in_pool(move || fs::remove_file(path)).await
}

/// Calls a function in the thread pool.
async fn in_pool<T: Send + 'static>(
    call: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    defer_to_thread(call).await.map_err(io::Error::other)?
}
