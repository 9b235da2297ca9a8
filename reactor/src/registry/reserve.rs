//! A file descriptor that is kept for the time when there are no others.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType};

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

    /// Opens the reserve if there is none. Without a file descriptor left that is tried again with
    /// the next connection.
    pub(crate) fn fill(&self) {
        let mut kept = self.kept.borrow_mut();
        if kept.is_none() && !self.closed.get() {
            // A socket, because there is always a place for it, in whatever jail the process is.
            match rustix::net::socket(AddressFamily::INET, SocketType::DGRAM, None) {
                Ok(socket) => *kept = Some(socket),
                Err(error) => {
                    drop(kept);
                    log::debug!(target: "crochet::reactor", "no file descriptor can be kept: {error}");
                }
            }
        }
    }

    /// Closes the reserve, calls `shed`, which takes a connection and closes it, and opens the
    /// reserve again. Logs that.
    pub(crate) fn spend(
        &self,
        shed: impl FnOnce() -> Result<(), Errno>,
        why: &std::io::Error,
    ) -> Spent {
        let kept = self.kept.take();
        let result = match kept {
            Some(kept) => {
                drop(kept);
                shed()
            }
            None => Err(Errno::MFILE),
        };
        self.fill();
        let spent = match result {
            Ok(()) => {
                self.shed.set(self.shed.get() + 1);
                Spent::OnOne
            }
            Err(error) if is_out_of_files(error) => Spent::Nothing,
            Err(Errno::WOULDBLOCK) => return Spent::OnNone,
            // It was aborted, or the like; the next one may be there.
            Err(_) => Spent::OnOne,
        };
        self.log(why);
        spent
    }

    /// Closes the reserve for good.
    pub(super) fn close(&self) {
        self.closed.set(true);
        self.kept.take();
    }

    fn log(&self, why: &std::io::Error) {
        let due = self
            .logged
            .get()
            .is_none_or(|logged| logged.elapsed() >= INTERVAL);
        if due {
            self.logged.set(Some(Instant::now()));
            let shed = self.shed.take();
            log::warn!(
                target: "crochet::reactor",
                "connections cannot be taken, {shed} were closed at once: {why}",
            );
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
