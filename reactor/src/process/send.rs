//! Signals by number, to processes and to groups of them.

use std::io;

use rustix::process::Pid;

/// Sends a signal to a process. The caller knows that it has not been reaped, so that the id is
/// still its.
pub(super) fn to_process(process: Pid, signal: i32) -> io::Result<()> {
    send(process.as_raw_nonzero().get(), signal)
}

/// Sends a signal to the group that a process leads. The caller knows that it has not been reaped,
/// so that the id is still the group's.
pub(super) fn to_group(leader: Pid, signal: i32) -> io::Result<()> {
    send(-leader.as_raw_nonzero().get(), signal)
}

fn send(to: libc::pid_t, signal: i32) -> io::Result<()> {
    // SAFETY: it takes two integers, and touches no memory of this process.
    match unsafe { libc::kill(to, signal) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
