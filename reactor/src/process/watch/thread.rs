//! Children that a thread waits for, one for each, where the system has no file for a child.
//!
//! The thread blocks until its child has ended, and leaves it to the loop's thread to reap it.

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::caught;
use crate::thread::ServiceThread;

/// Starts the thread. Returns a file that becomes readable when the child has ended.
pub(super) fn start(child: Pid) -> io::Result<(OwnedFd, ServiceThread)> {
    let (ours, theirs) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    let thread = ServiceThread::start("crochet-child", move || wait_and_tell(child, &theirs))?;
    Ok((ours.into(), thread))
}

/// Lets go of a thread; joins it when it has told of the end, which is the last that it does.
pub(super) fn leave(file: impl AsFd, thread: Option<ServiceThread>) {
    let mut files = [PollFd::new(&file, PollFlags::IN)];
    if retry_on_intr(|| poll(&mut files, Some(&Timespec::default()))) != Ok(1) {
        return;
    }
    if let Some(Err(_)) = thread.map(ServiceThread::join) {
        caught::contain("the logger", || {
            log::error!(target: "crochet::reactor", "a thread that waits for a child panicked");
        });
    }
}

fn wait_and_tell(child: Pid, stream: &UnixStream) {
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    match retry_on_intr(|| waitid(WaitId::Pid(child), look)) {
        // Without a child of this id, which is for the loop to find out as well.
        Ok(_) | Err(_) => {}
    }
    // Not by closing it: a program that another thread has started in between may have a copy.
    match stream.shutdown(Shutdown::Write) {
        // Nobody listens when the reactor has ended.
        Ok(()) | Err(_) => {}
    }
}
