//! The path of a socket that this process has made.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::lock::Lock;

#[cfg(any(target_os = "linux", target_os = "android"))]
#[path = "named/mode_by_file.rs"]
mod mode;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[path = "named/mode_by_path.rs"]
mod mode;

use crate::caught;
use crate::fork::Generation;

/// What becomes of a path when its socket is dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum AtEnd {
    Remove,
    Keep,
}

/// The device and the number of a file.
type Identity = (u64, u64);

/// A path that a socket has been bound to, with the lock on it if there is one.
#[derive(Debug)]
pub(super) struct Named {
    path: PathBuf,
    at_end: AtEnd,
    identity: Identity,
    process: Generation,
    // Let go of when the path has been removed.
    _lock: Option<Lock>,
}

impl Named {
    /// Takes note of a path that has just been bound.
    pub(super) fn new(path: PathBuf, at_end: AtEnd, lock: Option<Lock>) -> io::Result<Self> {
        let found = fs::symlink_metadata(&path)?;
        Ok(Self {
            path,
            at_end,
            identity: (found.dev(), found.ino()),
            process: Generation::current(),
            _lock: lock,
        })
    }

    /// Sets the permissions of the path: of the socket that was bound, and not of what may have taken
    /// its place.
    pub(super) fn set_mode(&self, mode: u32) -> io::Result<()> {
        mode::set(&self.path, self.identity, mode)
    }

    /// Removes the path whatever was to become of it.
    pub(super) fn remove_anyway(mut self) {
        self.at_end = AtEnd::Remove;
    }

    fn remove(&self) -> io::Result<()> {
        let found = match fs::symlink_metadata(&self.path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        // Something else may have taken its place.
        if (found.dev(), found.ino()) == self.identity {
            fs::remove_file(&self.path)?;
        }
        Ok(())
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        if self.at_end == AtEnd::Keep || self.process.is_past() {
            return;
        }
        if let Err(error) = self.remove() {
            caught::contain("the logger", || {
                log::debug!(
                    target: "crochet::reactor",
                    "the Unix socket's path {:?} was not removed: {error}", self.path,
                );
            });
        }
    }
}
