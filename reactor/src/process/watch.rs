//! Hearing of the end of one child, and reaping it.
//!
//! Each child is waited for by itself: nothing here takes the status of a child that is not this
//! library's.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use rustix::process::{Pid, WaitOptions, waitpid};

use super::send;
use crate::fork::Generation;
use crate::registry::{Direction, Registered};
use crate::thread::ServiceThread;

#[cfg(target_os = "linux")]
mod pidfd;
#[cfg(not(target_os = "linux"))]
#[path = "watch/no_pidfd.rs"]
mod pidfd;
mod thread;

/// A file that becomes readable when the child has ended.
///
/// The loop's thread alone reaps. A child that it has not reaped keeps its id, so signals that it
/// sends meanwhile reach no stranger.
#[derive(Debug)]
pub(super) struct Watch {
    child: Pid,
    file: Registered<OwnedFd>,
    kind: Kind,
    process: Generation,
}

#[derive(Debug)]
enum Kind {
    /// The system's own name for the child.
    Pidfd,
    /// A stream, whose other end a thread has that waits for the child. `None` when it was joined.
    Thread(Option<ServiceThread>),
}

impl Watch {
    /// Begins to watch a child, which nobody has waited for.
    pub(super) fn open(child: Pid) -> io::Result<Opened> {
        let (file, kind) = match pidfd::open(child) {
            Ok(pidfd::Opened::Open(file)) => (file, Kind::Pidfd),
            Ok(pidfd::Opened::Unknown) => {
                let (file, thread) = thread::start(child)?;
                (file, Kind::Thread(Some(thread)))
            }
            Ok(pidfd::Opened::Gone) => return Ok(Opened::Gone),
            Err(error) => return Err(error),
        };
        Ok(Opened::Watching(Self {
            child,
            file: Registered::new(file)?,
            kind,
            process: Generation::current(),
        }))
    }

    /// Waits until `look` finds that the child has ended.
    pub(super) async fn until<R>(
        &self,
        mut look: impl FnMut() -> Option<R> + Unpin,
    ) -> io::Result<R> {
        let attempt = |_: &OwnedFd| look().ok_or_else(|| io::ErrorKind::WouldBlock.into());
        self.file.io(Direction::Read, attempt).await
    }

    /// Reaps the child if it has ended.
    pub(super) fn reap(&self) -> io::Result<Option<ExitStatus>> {
        match self.kind {
            Kind::Pidfd => pidfd::reap(self.as_fd()),
            Kind::Thread(_) => reap_by_id(self.child),
        }
    }

    /// Sends a signal to the child, which has not been reaped here.
    pub(super) fn signal(&self, signal: i32) -> io::Result<()> {
        match self.kind {
            // Also when it has been reaped elsewhere, this reaches nobody else.
            Kind::Pidfd => pidfd::signal(self.as_fd(), signal),
            Kind::Thread(_) => send::to_process(self.child, signal),
        }
    }

    /// Sends a signal to the group that the child leads, or led before it was reaped.
    pub(super) fn signal_left_group(&self, signal: i32) -> io::Result<()> {
        match self.kind {
            Kind::Pidfd => pidfd::signal_group(self.as_fd(), signal),
            Kind::Thread(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Returns a name for the child by which another thread can wait for it.
    pub(super) fn name(&self) -> io::Result<Name> {
        Ok(match self.kind {
            Kind::Pidfd => Name::Pidfd(self.as_fd().try_clone_to_owned()?),
            Kind::Thread(_) => Name::Id(self.child),
        })
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.source().as_fd()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Kind::Thread(thread) = &mut self.kind {
            let thread = thread.take();
            if self.process.is_past() {
                // A forked child has no such thread: it can neither be joined nor be let go of.
                std::mem::forget(thread);
            } else {
                thread::leave(self.file.source(), thread);
            }
        }
    }
}

fn reap_by_id(child: Pid) -> io::Result<Option<ExitStatus>> {
    let reaped = rustix::io::retry_on_intr(|| waitpid(Some(child), WaitOptions::NOHANG))?;
    Ok(reaped.map(|(_, status)| ExitStatus::from_raw(status.as_raw())))
}

/// What has come of beginning to watch.
#[derive(Debug)]
pub(super) enum Opened {
    Watching(Watch),
    /// The child has ended and been reaped, by other code.
    Gone,
}

/// How a thread of its own waits for a child.
#[derive(Debug)]
pub(super) enum Name {
    Pidfd(OwnedFd),
    Id(Pid),
}

impl Name {
    /// Blocks until the child has ended, and reaps it.
    pub(super) fn wait(&self) -> io::Result<()> {
        match self {
            Self::Pidfd(file) => pidfd::wait(file.as_fd()),
            Self::Id(child) => {
                rustix::io::retry_on_intr(|| waitpid(Some(*child), WaitOptions::empty()))?;
                Ok(())
            }
        }
    }

    /// Reaps the child if it has ended, and tells whether it has.
    pub(super) fn reap(&self) -> io::Result<bool> {
        let status = match self {
            Self::Pidfd(file) => pidfd::reap(file.as_fd())?,
            Self::Id(child) => reap_by_id(*child)?,
        };
        Ok(status.is_some())
    }
}
