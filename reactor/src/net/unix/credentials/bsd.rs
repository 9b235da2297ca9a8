//! Asking systems that tell the user alone.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::Credentials;

/// Returns the credentials of the other end.
pub(in crate::net::unix) fn of_peer(socket: BorrowedFd<'_>) -> io::Result<Credentials> {
    let mut user = 0;
    let mut group = 0;
    // SAFETY: the pointers are to integers of the types that the system writes.
    let refused = unsafe { libc::getpeereid(socket.as_raw_fd(), &raw mut user, &raw mut group) };
    if refused != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(Credentials {
        process: None,
        user,
        group,
    })
}
