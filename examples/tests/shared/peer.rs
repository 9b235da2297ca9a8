//! Programs of others that the tests need.

use std::env;
use std::ffi::OsStr;
use std::path::PathBuf;

/// Finds an installed program. Without it the test is skipped, or fails where CROCHET_REQUIRE_PEERS
/// is 1.
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn peer(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // Servers live where only root's search path leads.
    let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let found = folders
        .map(|folder| folder.join(name))
        .find(|program| program.is_file());
    if found.is_none() {
        let required = env::var_os("CROCHET_REQUIRE_PEERS");
        assert_ne!(
            required.as_deref(),
            Some(OsStr::new("1")),
            "{name} is not installed, and is required"
        );
        eprintln!("skipped: {name} is not installed");
    }
    found
}
