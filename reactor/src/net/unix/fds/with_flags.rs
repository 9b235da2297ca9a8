//! Messages on systems where file descriptors come as they are to be.

use std::io;
use std::os::fd::OwnedFd;

use rustix::net::{RecvFlags, SendFlags};

pub(super) const SEND: SendFlags = SendFlags::NOSIGNAL;
pub(super) const RECEIVE: RecvFlags = RecvFlags::CMSG_CLOEXEC;

/// Has nothing to do.
pub(super) fn prepare(_fds: &[OwnedFd]) -> io::Result<()> {
    Ok(())
}
