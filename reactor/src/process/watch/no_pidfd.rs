//! Systems without pidfds: there a thread waits for each child.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::process::ExitStatus;

use rustix::process::Pid;

/// What has come of opening.
#[derive(Debug)]
#[allow(dead_code, reason = "as on systems that have them")]
pub(super) enum Opened {
    Open(OwnedFd),
    Unknown,
    Gone,
}

pub(super) fn open(_child: Pid) -> io::Result<Opened> {
    Ok(Opened::Unknown)
}

pub(super) fn reap(_file: BorrowedFd<'_>) -> io::Result<Option<ExitStatus>> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn wait(_file: BorrowedFd<'_>) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn signal(_file: BorrowedFd<'_>, _signal: i32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn signal_group(_file: BorrowedFd<'_>, _signal: i32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
