//! Files that are open.

use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use super::{in_pool, system};
use crate::pool::defer_to_thread;

/// A file that is open. A clone is another handle on the same; it is closed with the last one, when
/// no call on it is under way.
///
/// Any number of calls may be under way at the same time, in any order: each says where in the file
/// it reads or writes, or appends.
///
/// It does not implement the traits of `futures-io`. Their calls lend a buffer only as long as they
/// are polled, while a thread of the pool uses it beyond that; and when one is given up, the thread
/// may have moved the file's cursor or not, which the next one would read or write at.
#[derive(Clone, Debug)]
pub struct File {
    file: Arc<fs::File>,
}

impl File {
    /// Opens a file for reading.
    ///
    /// # Errors
    ///
    /// See the [module](super).
    pub async fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::open_with(path, OpenOptions::new().read(true)).await
    }

    /// Makes a file, or empties one that there is, for reading and writing.
    ///
    /// # Errors
    ///
    /// See the [module](super).
    ///
    /// # Cancellation
    ///
    /// See the [module](super).
    pub async fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(true);
        Self::open_with(path, options).await
    }

    /// Opens a file, or makes one, for [`append`](Self::append): wherever else it is written to
    /// meanwhile, that writes at its end.
    ///
    /// # Errors
    ///
    /// See the [module](super).
    ///
    /// # Cancellation
    ///
    /// See the [module](super).
    pub async fn open_to_append(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::open_with(path, OpenOptions::new().append(true).create(true)).await
    }

    /// Opens a file in a way of the standard library's.
    ///
    /// # Errors
    ///
    /// See the [module](super).
    ///
    /// # Cancellation
    ///
    /// See the [module](super).
    pub async fn open_with(path: impl AsRef<Path>, options: &OpenOptions) -> io::Result<Self> {
        let (path, options) = (path.as_ref().to_owned(), options.clone());
        in_pool(move || options.open(path))
            .await
            .map(Self::from_std)
    }

    /// Takes over a file of the standard library.
    #[must_use]
    pub fn from_std(file: fs::File) -> Self {
        Self {
            file: Arc::new(file),
        }
    }

    /// Reads from `offset` on, up to the length of `buf`; fewer bytes only at the file's end. Gives
    /// `buf` back, with how many there were.
    ///
    /// # Errors
    ///
    /// See the [module](super). When the pool has refused, `buf` is lost.
    ///
    /// # Cancellation
    ///
    /// See the [module](super).
    pub async fn read_at(&self, buf: Vec<u8>, offset: u64) -> (io::Result<usize>, Vec<u8>) {
        let file = Arc::clone(&self.file);
        with_buffer(buf, move |buf| {
            let mut filled = 0;
            while filled < buf.len() {
                let from = offset.saturating_add(filled as u64);
                match system::read_at(&file, &mut buf[filled..], from) {
                    Ok(0) => break,
                    Ok(length) => filled += length,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(filled)
        })
        .await
    }

    /// Writes all of `buf` from `offset` on, and gives it back. A gap between the file's end and
    /// `offset` reads as zeros.
    ///
    /// # Errors
    ///
    /// See the [module](super); a part may have been written then. When the pool has refused, `buf`
    /// is lost.
    ///
    /// # Cancellation
    ///
    /// See the [module](super).
    pub async fn write_at(&self, buf: Vec<u8>, offset: u64) -> (io::Result<()>, Vec<u8>) {
        let file = Arc::clone(&self.file);
        with_buffer(buf, move |buf| {
            let mut written = 0;
            while written < buf.len() {
                let to = offset.saturating_add(written as u64);
                match system::write_at(&file, &buf[written..], to) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(length) => written += length,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        })
        .await
    }

    /// Writes all of `buf` at the file's end, and gives it back, for a file from
    /// [`open_to_append`](Self::open_to_append).
    ///
    /// Calls that are under way at the same time write in any order, and only what the system takes
    /// in one piece, as it nearly always does, stays in one.
    ///
    /// # Errors
    ///
    /// See the [module](super); a part may have been written then. When the pool has refused, `buf`
    /// is lost.
    ///
    /// # Cancellation
    ///
    /// See the [module](super).
    pub async fn append(&self, buf: Vec<u8>) -> (io::Result<()>, Vec<u8>) {
        let file = Arc::clone(&self.file);
        with_buffer(buf, move |buf| (&*file).write_all(buf)).await
    }

    /// Returns when what was written before is on the disk, with what the system knows of the file.
    ///
    /// # Errors
    ///
    /// See the [module](super). What has not been written is lost then, whatever a second call
    /// says.
    pub async fn sync_all(&self) -> io::Result<()> {
        let file = Arc::clone(&self.file);
        in_pool(move || file.sync_all()).await
    }

    /// Returns when what was written before is on the disk, with what is needed to find it.
    ///
    /// # Errors
    ///
    /// As [`sync_all`](Self::sync_all).
    pub async fn sync_data(&self) -> io::Result<()> {
        let file = Arc::clone(&self.file);
        in_pool(move || file.sync_data()).await
    }

    /// Cuts the file off at this length, or lengthens it by zeros.
    ///
    /// # Errors
    ///
    /// See the [module](super).
    ///
    /// # Cancellation
    ///
    /// See the [module](super).
    pub async fn set_len(&self, length: u64) -> io::Result<()> {
        let file = Arc::clone(&self.file);
        in_pool(move || file.set_len(length)).await
    }

    /// Returns what the system knows of the file.
    ///
    /// # Errors
    ///
    /// See the [module](super).
    pub async fn metadata(&self) -> io::Result<Metadata> {
        let file = Arc::clone(&self.file);
        in_pool(move || file.metadata()).await
    }
}

/// Calls a function in the thread pool, and brings its buffer back.
async fn with_buffer<T: Send + 'static>(
    mut buf: Vec<u8>,
    call: impl FnOnce(&mut Vec<u8>) -> io::Result<T> + Send + 'static,
) -> (io::Result<T>, Vec<u8>) {
    let called = defer_to_thread(move || {
        let result = call(&mut buf);
        (result, buf)
    });
    match called.await {
        Ok(done) => done,
        Err(error) => (Err(io::Error::other(error)), Vec::new()),
    }
}
