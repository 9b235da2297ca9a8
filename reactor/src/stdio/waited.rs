//! Standard files that the system tells the readiness of.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::task::{Context, Poll};

use rustix::net::{RecvFlags, SendFlags};

use crate::registry::{Direction, Registered};
use crate::source::ready_now;

/// A file, and how it is kept from blocking.
#[derive(Debug)]
pub(super) struct Waited {
    io: Registered<OwnedFd>,
    manner: Manner,
}

/// How a file is kept from blocking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Manner {
    /// It is set not to block, which nobody else sees.
    Own,
    /// Each call says that it must not block.
    Socket,
    /// The system is asked before each call.
    Shared,
}

#[cfg(not(target_vendor = "apple"))]
const SEND: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);
#[cfg(target_vendor = "apple")]
const SEND: SendFlags = SendFlags::DONTWAIT;

impl Waited {
    pub(super) fn new(fd: OwnedFd, manner: Manner) -> io::Result<Self> {
        let io = Registered::new(fd)?;
        Ok(Self { io, manner })
    }

    pub(super) fn poll_read(&self, cx: &Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let manner = self.manner;
        self.io.poll_io(Direction::Read, cx, |fd| match manner {
            Manner::Own => Ok(rustix::io::read(fd, &mut *buf)?),
            Manner::Socket => Ok(rustix::net::recv(fd, &mut *buf, RecvFlags::DONTWAIT)?.0),
            Manner::Shared => {
                ready_now(fd.as_fd(), Direction::Read)?;
                Ok(rustix::io::read(fd, &mut *buf)?)
            }
        })
    }

    pub(super) fn poll_write(&self, cx: &Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let manner = self.manner;
        self.io.poll_io(Direction::Write, cx, |fd| match manner {
            Manner::Own => Ok(rustix::io::write(fd, buf)?),
            Manner::Socket => Ok(rustix::net::send(fd, buf, SEND)?),
            Manner::Shared => {
                ready_now(fd.as_fd(), Direction::Write)?;
                // A pipe that is ready has room for as much.
                let buf = &buf[..buf.len().min(libc::PIPE_BUF)];
                Ok(rustix::io::write(fd, buf)?)
            }
        })
    }
}
