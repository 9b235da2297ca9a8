//! Setting permissions on Linux, which has no call for it that leaves symbolic links alone.

use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::Identity;

const PERMISSIONS: u32 = 0o7777;

/// Sets the permissions of the file at `path`, if it is this one.
pub(super) fn set(path: &Path, identity: Identity, mode: u32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    // The file's name alone: a socket cannot be opened otherwise.
    options.custom_flags(libc::O_PATH | libc::O_NOFOLLOW);
    let file = options.read(true).open(path)?;
    let found = file.metadata()?;
    if (found.dev(), found.ino()) != identity {
        return Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            "another file has taken the socket's path",
        ));
    }
    // Mostly so: the socket was made with them, as far as the process's mask allows.
    if found.mode() & PERMISSIONS == mode & PERMISSIONS {
        return Ok(());
    }
    let name = format!("/proc/self/fd/{}", file.as_raw_fd());
    fs::set_permissions(name, Permissions::from_mode(mode))
}
