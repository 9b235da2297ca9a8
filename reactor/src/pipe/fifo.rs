//! Pipes that have a path.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use super::{PipeReader, PipeWriter};

impl PipeReader {
    /// Opens a pipe that has a path, made by `mkfifo`, for reading.
    ///
    /// It need not have a writer yet: reading waits for the first bytes, or for the first writer to
    /// go. When all writers have gone, an end is read, as long as there is no other one.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) when the path is something else than a pipe;
    /// otherwise whatever the system reports; not being on a reactor.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let file = open(path.as_ref(), OpenOptions::new().read(true))?;
        let reader = Self::from_nonblocking(file.into())?;
        reader.awaits_writer.set(true);
        Ok(reader)
    }
}

impl PipeWriter {
    /// Opens a pipe that has a path, made by `mkfifo`, for writing.
    ///
    /// # Errors
    ///
    /// `ENXIO` when nobody has it open for reading: the system lets only threads wait for that.
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) when the path is something else than a pipe;
    /// otherwise whatever the system reports; not being on a reactor.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let file = open(path.as_ref(), OpenOptions::new().write(true))?;
        Self::from_nonblocking(file.into())
    }
}

fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let options = options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    let file = options.open(path)?;
    if !file.metadata()?.file_type().is_fifo() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the path is not that of a pipe",
        ));
    }
    Ok(file)
}
