//! The reactor that a thread uses in place of the process's.

use std::cell::{Cell, RefCell};
use std::ops::Deref;

use crochet_reactor::Remote;

/// The reactor that a call goes to.
pub(crate) enum Submitter {
    /// The process's.
    Process(&'static Remote),
    /// The calling thread's own.
    Own(Remote),
}

impl Deref for Submitter {
    type Target = Remote;

    fn deref(&self) -> &Remote {
        match self {
            Self::Process(remote) => remote,
            Self::Own(remote) => remote,
        }
    }
}

thread_local! {
    // Apart from the handle, which has a destructor and so costs more to look at: threads that
    // have no reactor of their own, which is nearly all, look no further than this.
    static HAS_ONE: Cell<bool> = const { Cell::new(false) };
    static REMOTE: RefCell<Option<Remote>> = const { RefCell::new(None) };
}

/// Tells whether the calling thread has a reactor of its own.
pub(crate) fn has_one() -> bool {
    HAS_ONE.get()
}

/// Returns the reactor of the calling thread, if it has one of its own.
#[cold]
pub(crate) fn remote() -> Option<Remote> {
    // Not reachable while the thread's locals are being destroyed.
    REMOTE
        .try_with(|own| own.borrow().clone())
        .unwrap_or_default()
}

/// Calls `body`; what it calls of this library on this thread uses `remote`'s reactor.
pub(crate) fn with<R>(remote: &Remote, body: impl FnOnce() -> R) -> R {
    let outer = REMOTE.replace(Some(remote.clone()));
    let _restore = Restore(outer);
    HAS_ONE.set(true);
    body()
}

struct Restore(Option<Remote>);

impl Drop for Restore {
    fn drop(&mut self) {
        HAS_ONE.set(self.0.is_some());
        // Out of the cell before it is dropped: the last handle on a reactor drops much else.
        let own = REMOTE.try_with(|own| own.replace(self.0.take()));
        drop(own);
    }
}
