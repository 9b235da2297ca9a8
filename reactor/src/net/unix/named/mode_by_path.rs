//! Setting permissions where there is a call for it that leaves symbolic links alone.

use std::io;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, RawMode, chmodat};

use super::Identity;

/// Sets the permissions of the file at `path`. Another one that has taken its place is changed if it
/// belongs to this user: there is no way to name a socket but by its path.
pub(super) fn set(path: &Path, _identity: Identity, mode: u32) -> io::Result<()> {
    let mode = RawMode::try_from(mode)
        .map_err(|_out_of_range| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mode = Mode::from_raw_mode(mode);
    Ok(chmodat(CWD, path, mode, AtFlags::SYMLINK_NOFOLLOW)?)
}
