//! Passing file descriptors.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::cmsg_space;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage,
};

#[cfg(not(target_vendor = "apple"))]
#[path = "fds/with_flags.rs"]
mod system;
#[cfg(target_vendor = "apple")]
#[path = "fds/apple.rs"]
mod system;

/// How many file descriptors one message can carry: as many as Linux allows.
pub const MAX_FDS: usize = 253;

/// Why a message that may carry file descriptors was not received whole.
#[derive(Debug)]
#[non_exhaustive]
pub enum PassError {
    /// The system reported an error; nothing was received.
    Io(io::Error),
    /// The message was received, and carried more file descriptors than there was room for: than
    /// the caller's limit, or than this process may still open. Those that came have been closed.
    Truncated {
        /// How many bytes of the message are in the caller's buffer.
        length: usize,
    },
}

impl fmt::Display for PassError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Truncated { length } => write!(
                f,
                "a message of {length} bytes carried more file descriptors than there is room for",
            ),
        }
    }
}

impl std::error::Error for PassError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => error.source(),
            Self::Truncated { .. } => None,
        }
    }
}

impl From<io::Error> for PassError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<PassError> for io::Error {
    /// Keeps the error as the cause.
    fn from(error: PassError) -> Self {
        match error {
            PassError::Io(error) => error,
            truncated @ PassError::Truncated { .. } => Self::other(truncated),
        }
    }
}

/// Refuses a number of file descriptors that no message can carry.
pub(super) fn check(fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    if fds.len() > MAX_FDS {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "one message cannot carry as many file descriptors",
        ));
    }
    Ok(())
}

/// Sends bytes with file descriptors, at most [`MAX_FDS`].
pub(super) fn send(socket: impl AsFd, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MAX_FDS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() {
        let fits = control.push(SendAncillaryMessage::ScmRights(fds));
        assert!(fits, "the number has been checked");
    }
    let sent = rustix::net::sendmsg(socket, &[IoSlice::new(bytes)], &mut control, system::SEND);
    Ok(sent?)
}

/// What one message brought.
pub(super) struct Received {
    length: usize,
    /// `None` when some were lost.
    fds: Option<Vec<OwnedFd>>,
}

impl Received {
    pub(super) fn into_result(self) -> Result<(usize, Vec<OwnedFd>), PassError> {
        let length = self.length;
        match self.fds {
            Some(fds) => Ok((length, fds)),
            None => Err(PassError::Truncated { length }),
        }
    }
}

/// Receives bytes with at most `limit` file descriptors, which programs that are started do not
/// inherit.
pub(super) fn recv(socket: impl AsFd, buf: &mut [u8], limit: usize) -> io::Result<Received> {
    let limit = limit.min(MAX_FDS);
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MAX_FDS))];
    // The system may find room for one or two more than this, by the alignment.
    let mut control = RecvAncillaryBuffer::new(&mut space[..cmsg_space!(ScmRights(limit))]);
    let mut bufs = [IoSliceMut::new(buf)];
    let message = rustix::net::recvmsg(socket, &mut bufs, &mut control, system::RECEIVE)?;
    let mut fds = Vec::new();
    for part in control.drain() {
        if let RecvAncillaryMessage::ScmRights(passed) = part {
            fds.extend(passed);
        }
    }
    system::prepare(&fds)?;
    let whole = fds.len() <= limit && !message.flags.contains(ReturnFlags::CTRUNC);
    Ok(Received {
        length: message.bytes,
        fds: whole.then_some(fds),
    })
}
