//! Messages on systems where file descriptors are changed after they have come.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::net::{RecvFlags, SendFlags};

pub(super) const SEND: SendFlags = SendFlags::empty();
pub(super) const RECEIVE: RecvFlags = RecvFlags::empty();

/// Keeps file descriptors from programs that are started. One that another thread starts in the
/// very moment may inherit them.
pub(super) fn prepare(fds: &[OwnedFd]) -> io::Result<()> {
    for fd in fds {
        fcntl_setfd(fd, FdFlags::CLOEXEC)?;
    }
    Ok(())
}
