//! Systems that are not known to tell.

use std::io;
use std::os::fd::BorrowedFd;

use super::Credentials;

/// Refuses.
pub(in crate::net::unix) fn of_peer(_socket: BorrowedFd<'_>) -> io::Result<Credentials> {
    Err(io::ErrorKind::Unsupported.into())
}
