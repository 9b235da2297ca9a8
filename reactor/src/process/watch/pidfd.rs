//! Children by pidfd: a file that names a process for ever, and is readable when it has ended.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::ptr;

use rustix::io::{Errno, retry_on_intr};
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, WaitIdStatus, pidfd_open, waitid};

/// What has come of opening.
#[derive(Debug)]
pub(super) enum Opened {
    Open(OwnedFd),
    /// The system has none of this, or does not let this program use it.
    Unknown,
    /// There is no such process.
    Gone,
}

/// Opens a child's file, which is closed in programs that are started.
pub(super) fn open(child: Pid) -> io::Result<Opened> {
    let file = match pidfd_open(child, PidfdFlags::empty()) {
        Ok(file) => file,
        Err(Errno::SRCH) => return Ok(Opened::Gone),
        // Before Linux 5.3, or behind a filter that answers one way or the other.
        Err(Errno::NOSYS | Errno::INVAL | Errno::PERM | Errno::ACCESS) => {
            return Ok(Opened::Unknown);
        }
        Err(error) => return Err(error.into()),
    };
    // Linux 5.3 opens it, and cannot wait for it.
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    match retry_on_intr(|| waitid(WaitId::PidFd(file.as_fd()), look)) {
        Ok(_) => Ok(Opened::Open(file)),
        Err(Errno::CHILD) => Ok(Opened::Gone),
        Err(_) => Ok(Opened::Unknown),
    }
}

/// Reaps the child if it has ended.
pub(super) fn reap(file: BorrowedFd<'_>) -> io::Result<Option<ExitStatus>> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    let reaped = retry_on_intr(|| waitid(WaitId::PidFd(file), options))?;
    Ok(reaped.as_ref().map(status))
}

/// Blocks until the child has ended, and reaps it.
pub(super) fn wait(file: BorrowedFd<'_>) -> io::Result<()> {
    retry_on_intr(|| waitid(WaitId::PidFd(file), WaitIdOptions::EXITED))?;
    Ok(())
}

/// Sends a signal to the child.
pub(super) fn signal(file: BorrowedFd<'_>, signal: i32) -> io::Result<()> {
    send(file, signal, 0)
}

/// Sends a signal to the group that the child leads. Its name is kept by the file, and not given
/// to others, when the child itself has been reaped. Since Linux 6.9; an invalid argument before.
pub(super) fn signal_group(file: BorrowedFd<'_>, signal: i32) -> io::Result<()> {
    send(file, signal, PIDFD_SIGNAL_PROCESS_GROUP)
}

const PIDFD_SIGNAL_PROCESS_GROUP: libc::c_uint = 1 << 2;

fn send(file: BorrowedFd<'_>, signal: i32, flags: libc::c_uint) -> io::Result<()> {
    let information = ptr::null::<libc::siginfo_t>();
    // SAFETY: the arguments are those of `pidfd_send_signal`: an open file, two integers, and no
    // information, for which a null pointer stands. It touches no memory of this process.
    let sent = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            file.as_raw_fd(),
            signal,
            information,
            flags,
        )
    };
    match sent {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Puts a status together as `waitpid` gives it.
fn status(reaped: &WaitIdStatus) -> ExitStatus {
    const DUMPED: i32 = 0x80;
    let raw = match (reaped.exit_status(), reaped.terminating_signal()) {
        (Some(code), _) => (code & 0xff) << 8,
        (None, Some(signal)) if reaped.dumped() => signal | DUMPED,
        (None, Some(signal)) => signal,
        (None, None) => unreachable!("only ends were asked for"),
    };
    ExitStatus::from_raw(raw)
}
