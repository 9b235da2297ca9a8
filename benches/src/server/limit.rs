//! How many connections this process can have with itself.

use std::fs;
use std::io;

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raises the limit of open files to the highest that is allowed, and returns how many connections there is room for,
/// both ends being in this process.
///
/// # Errors
///
/// Returns the system's refusal.
pub fn most_connections() -> io::Result<usize> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit)?;
    let Some(files) = limit.current else {
        return Ok(usize::MAX);
    };
    let open = fs::read_dir("/proc/self/fd")?.count();
    let free = usize::try_from(files)
        .unwrap_or(usize::MAX)
        .saturating_sub(open + RESERVE);
    Ok((free / ENDS).max(1))
}

/// Files for the loops themselves.
const RESERVE: usize = 100;

const ENDS: usize = 2;
