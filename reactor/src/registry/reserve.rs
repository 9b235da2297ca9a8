//! A file descriptor that is kept for the time when there are no others.

use std::cell::{Cell, RefCell};
use std::io;
use std::time::{Duration, Instant};

use rustix::fd::OwnedFd;
use rustix::io::Errno;

use crate::caught;

/// One file descriptor, to be closed so that a connection can be taken and closed in its stead.
///
/// Without it, connections that cannot be taken would stay in the listener's queue, and the
/// listener ready for them.
#[derive(Debug)]
pub(crate) struct Reserve {
    kept: RefCell<Option<OwnedFd>>,
    closed: Cell<bool>,
    logged: Cell<Option<Instant>>,
    /// How many connections were closed that have not been logged.
    shed: Cell<u64>,
}

/// What became of a try to use the reserve.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Spent {
    /// A connection was closed.
    OnOne,
    /// There was no connection: the system asks for the file descriptor first.
    OnNone,
    /// The call failed, perhaps because of a connection that has gone; the next one may be there.
    InVain,
    /// There was no reserve, or it was lost to others.
    Nothing,
}

/// The time between two log records.
const INTERVAL: Duration = Duration::from_secs(1);

impl Reserve {
    pub(super) fn new() -> Self {
        Self {
            kept: RefCell::new(None),
            closed: Cell::new(false),
            logged: Cell::new(None),
            shed: Cell::new(0),
        }
    }

    /// Has the reserve opened if there is none: something that programs which are started do not get.
    /// Without a file descriptor left that is tried again with the next connection.
    pub(crate) fn fill(&self, open: impl FnOnce() -> io::Result<OwnedFd>) {
        if self.kept.borrow().is_some() || self.closed.get() {
            return;
        }
        match open() {
            Ok(file) => {
                let before = self.kept.replace(Some(file));
                drop(before);
            }
            Err(error) => caught::contain("the logger", || {
                log::debug!(target: "crochet::reactor", "no file descriptor can be kept: {error}");
            }),
        }
    }

    /// Closes the reserve, calls `shed`, which takes a connection and closes it, and has the reserve
    /// opened again. Logs that.
    pub(crate) fn spend(
        &self,
        shed: impl FnOnce() -> io::Result<()>,
        open: impl FnOnce() -> io::Result<OwnedFd>,
        why: &io::Error,
    ) -> Spent {
        let kept = self.kept.take();
        let result = kept.map(|kept| {
            drop(kept);
            shed()
        });
        self.fill(open);
        let spent = match result {
            None => Spent::Nothing,
            Some(Ok(())) => {
                self.shed.set(self.shed.get() + 1);
                Spent::OnOne
            }
            Some(Err(error)) => match Errno::from_io_error(&error) {
                Some(errno) if is_out_of_files(errno) => Spent::Nothing,
                Some(Errno::WOULDBLOCK) => return Spent::OnNone,
                _ => Spent::InVain,
            },
        };
        self.log(why);
        spent
    }

    /// Closes the reserve for good.
    pub(super) fn close(&self) {
        self.closed.set(true);
        self.kept.take();
    }

    /// Logs why connections are not taken, unless that has been logged just now.
    pub(crate) fn log(&self, why: &io::Error) {
        let due = self
            .logged
            .get()
            .is_none_or(|logged| logged.elapsed() >= INTERVAL);
        if due {
            self.logged.set(Some(Instant::now()));
            let shed = self.shed.take();
            caught::contain("the logger", || {
                log::warn!(
                    target: "crochet::reactor",
                    "connections cannot be taken, {shed} were closed at once: {why}",
                );
            });
        }
    }
}

/// Tells whether an error says that the process or the system has no more file descriptors.
pub(crate) fn is_out_of_files(error: Errno) -> bool {
    const OUT_OF_FILES: &[Errno] = &[
        Errno::MFILE,
        #[cfg(unix)]
        Errno::NFILE,
    ];
    OUT_OF_FILES.contains(&error)
}
