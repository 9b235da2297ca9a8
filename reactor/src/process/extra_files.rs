//! Files that a child gets under numbers of their own.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;

use rustix::io::fcntl_dupfd_cloexec;

/// The numbers that a file may have in a child. The first three are the standard ones, which have
/// settings of their own.
pub(super) const NUMBERS: std::ops::RangeInclusive<RawFd> = 3..=255;

/// The files of one command.
#[derive(Debug, Default)]
pub(super) struct ExtraFiles {
    // The function that runs in the child has each as well, for as long as the command lives.
    files: Vec<(RawFd, Arc<OwnedFd>)>,
}

/// Numbers that are taken, until this is dropped.
#[derive(Debug)]
pub(super) struct Reserved {
    _files: Vec<OwnedFd>,
}

impl ExtraFiles {
    /// Has a file copied to `number` in the children of a command.
    pub(super) fn add(
        &mut self,
        command: &mut Command,
        number: RawFd,
        file: &OwnedFd,
    ) -> io::Result<()> {
        if !NUMBERS.contains(&number) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the number of a child's extra file is to be from 3 to 255",
            ));
        }
        // Beyond all numbers, so that no copy in the child lands on a file that is yet to be copied.
        let file = Arc::new(fcntl_dupfd_cloexec(file, NUMBERS.end() + 1)?);
        let theirs = Arc::clone(&file);
        let copy = move || copy_to(&theirs, number);
        // SAFETY: the function only makes the system call `dup2`, which may be made between fork
        // and exec. It allocates nothing, takes no lock, drops nothing, and touches memory that it
        // owns alone. The number that it overwrites in the child is one of those that the child is
        // to have; nobody uses it there under its former meaning, for all descriptors of this
        // library and of the standard library are closed by the exec. That the standard library's
        // pipe for the outcome of the exec is not one of them is what `reserve` sees to; if it were,
        // a failure would be taken for a success, which harms no memory.
        unsafe { command.pre_exec(copy) };
        self.files.push((number, file));
        Ok(())
    }

    /// Takes the numbers in this process, as far as they are free, while a child is started: what is
    /// opened for that meanwhile gets others.
    pub(super) fn reserve(&self) -> io::Result<Reserved> {
        let mut files = Vec::new();
        for (number, file) in &self.files {
            let copy = fcntl_dupfd_cloexec(file, *number)?;
            // Another number says that this one is taken.
            if copy.as_raw_fd() == *number {
                files.push(copy);
            }
        }
        Ok(Reserved { _files: files })
    }
}

/// Copies a file to a number, which the exec then leaves open.
fn copy_to(file: &OwnedFd, number: RawFd) -> io::Result<()> {
    // SAFETY: it takes two integers. In a child between fork and exec, no other code relies on what
    // the number meant before.
    match unsafe { libc::dup2(file.as_raw_fd(), number) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
