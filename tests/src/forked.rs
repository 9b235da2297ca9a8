//! Forked children: processes with a copy of this one's memory, and one thread.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::program::{self, End};

/// A child that has been forked and not been waited for.
#[derive(Debug)]
#[must_use = "a child is waited for"]
pub struct Child {
    id: libc::pid_t,
}

/// Forks a child that calls `body` and ends, without any exit hook: with status 0, or 101 if `body` panics.
///
/// A child that hangs is ended by `SIGALRM`. What `body` owns is dropped in the parent; what a child is to have for its
/// own, it takes from a place that `body` borrows.
///
/// # Panics
///
/// When the system refuses the fork.
pub fn fork(body: impl FnOnce()) -> Child {
    if let Some(child) = fork_here() {
        return child;
    }
    leave(match catch_unwind(AssertUnwindSafe(body)) {
        Ok(()) => 0,
        Err(_panic) => 101,
    })
}

/// Forks a child that goes on with what the caller does: `None` in the child.
///
/// # Panics
///
/// When the system refuses the fork.
#[must_use]
pub fn fork_here() -> Option<Child> {
    // SAFETY: what the child does is the very thing that the tests are about: it calls the library, whose entry points
    // are to work in the child of a threaded process, and allocates, which the C library allows there.
    let id = unsafe { libc::fork() };
    assert!(id >= 0, "the system has room for a process");
    if id > 0 {
        return Some(Child { id });
    }
    program::limit();
    None
}

/// Ends the process, without any exit hook.
pub fn leave(status: i32) -> ! {
    // SAFETY: nothing of the process is used after this.
    unsafe { libc::_exit(status) }
}

impl Child {
    /// Returns the child's id.
    #[must_use]
    pub fn id(&self) -> libc::pid_t {
        self.id
    }

    /// Waits for the child to end.
    ///
    /// # Panics
    ///
    /// When the system does not know it.
    pub fn end(self) -> End {
        let mut status = 0;
        // SAFETY: `status` is written to alone.
        let waited = unsafe { libc::waitpid(self.id, &raw mut status, 0) };
        assert_eq!(waited, self.id, "the child is waited for once");
        if libc::WIFSIGNALED(status) {
            End::Signal(libc::WTERMSIG(status))
        } else {
            End::Exit(libc::WEXITSTATUS(status))
        }
    }

    /// Asserts that the child ends well.
    ///
    /// # Panics
    ///
    /// Otherwise.
    #[track_caller]
    pub fn assert_ends_well(self) {
        assert_eq!(self.end(), End::Exit(0));
    }
}
