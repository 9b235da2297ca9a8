//! Which way a standard file is read or written.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, IsTerminal};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};

use rustix::io::Errno;

use super::waited::{Manner, Waited};
use crate::context;

/// A duplicate of a standard file, or the same file opened once more.
pub(super) enum Opened {
    /// The reactor is told when it is ready.
    Waited(Waited),
    /// The system cannot tell when it is ready.
    Pooled(File),
}

pub(super) fn for_reading(fd: BorrowedFd<'_>) -> io::Result<Opened> {
    open(fd, OpenOptions::new().read(true))
}

pub(super) fn for_writing(fd: BorrowedFd<'_>) -> io::Result<Opened> {
    open(fd, OpenOptions::new().write(true))
}

fn open(fd: BorrowedFd<'_>, options: &mut OpenOptions) -> io::Result<Opened> {
    context::current()?;
    let file = File::from(fd.try_clone_to_owned()?);
    let metadata = file.metadata()?;
    let kind = metadata.file_type();
    if kind.is_file() || kind.is_dir() || kind.is_block_device() {
        return Ok(Opened::Pooled(file));
    }
    if kind.is_socket() {
        return waited(file, Manner::Socket);
    }
    let can_be_opened_again = kind.is_fifo() || file.is_terminal() && !makes_terminals(&metadata);
    let own = can_be_opened_again.then(|| again(&file, options));
    match own {
        Some(Ok(own)) => waited(own, Manner::Own),
        // There is no /proc, no permission, or nobody reads that pipe at this moment.
        Some(Err(_)) | None => waited(file, Manner::Shared),
    }
}

/// Tells whether each opening makes another terminal: whether it is /dev/ptmx, on Linux.
fn makes_terminals(metadata: &Metadata) -> bool {
    // The device 5:2.
    const PTMX: u64 = 5 << 8 | 2;
    cfg!(target_os = "linux") && metadata.rdev() == PTMX
}

/// Opens the same terminal or pipe once more. It does not become the process's terminal.
fn again(file: &File, options: &mut OpenOptions) -> io::Result<File> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    options
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path)
}

fn waited(file: File, manner: Manner) -> io::Result<Opened> {
    let spare = file.try_clone()?;
    match Waited::new(OwnedFd::from(file), manner) {
        Ok(waited) => Ok(Opened::Waited(waited)),
        Err(error) if Errno::from_io_error(&error) == Some(Errno::PERM) => {
            Ok(Opened::Pooled(spare))
        }
        Err(error) => Err(error),
    }
}
