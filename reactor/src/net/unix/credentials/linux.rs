//! Asking Linux.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::Credentials;

/// Returns the credentials of the other end.
pub(in crate::net::unix) fn of_peer(socket: BorrowedFd<'_>) -> io::Result<Credentials> {
    // Not by rustix: there the id of a process is never zero, and here it is for one of another
    // namespace.
    let mut told = libc::ucred {
        pid: 0,
        uid: 0,
        gid: 0,
    };
    let mut length = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: the pointers are to a value that any bytes make a valid one of, and to its length;
    // the system writes no more than that.
    let refused = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut told).cast(),
            &raw mut length,
        )
    };
    if refused != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(Credentials {
        process: u32::try_from(told.pid).ok().filter(|id| *id != 0),
        user: told.uid,
        group: told.gid,
    })
}
