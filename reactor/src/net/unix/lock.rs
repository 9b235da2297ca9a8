//! The lock that tells sockets that live from stale ones.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::caught;
use crate::fork::Generation;

/// A lock on a file beside a path. The system lets go of it when the process ends, in whatever way.
///
/// The file is removed while the lock is held; so a lock counts only if its file is still the one
/// that has the name.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    process: Generation,
    // Closed, and the lock let go of, after the file has been removed.
    _file: File,
}

/// How many times a file that is being removed is given up for the next one.
const TRIES: u32 = 16;

impl Lock {
    /// Takes the lock, or refuses, if another process or socket has it.
    pub(super) fn take(path: &Path) -> io::Result<Self> {
        let mut name = OsString::from(path);
        name.push(".lock");
        let path = PathBuf::from(name);
        for _ in 0..TRIES {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).mode(0o600);
            let file = options.custom_flags(libc::O_NOFOLLOW).open(&path)?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) if has_name(&file, &path)? => {
                    return Ok(Self {
                        path,
                        process: Generation::current(),
                        _file: file,
                    });
                }
                Ok(()) => {}
                Err(rustix::io::Errno::WOULDBLOCK) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::ErrorKind::AddrInUse.into())
    }
}

fn has_name(file: &File, path: &Path) -> io::Result<bool> {
    let own = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (own.dev(), own.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.process.is_past() {
            return;
        }
        if let Err(error) = fs::remove_file(&self.path) {
            caught::contain("the logger", || {
                log::debug!(
                    target: "crochet::reactor",
                    "the Unix socket's lock {:?} was not removed: {error}", self.path,
                );
            });
        }
    }
}
