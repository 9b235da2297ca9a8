//! Names the versions that were measured.

use alloc::collections::BTreeMap;

/// Returns the version of each of `packages` that this program was built with.
///
/// A package that is not in the lock file is left out.
pub fn of<'a>(packages: &[&'a str]) -> BTreeMap<&'a str, &'static str> {
    packages
        .iter()
        .filter_map(|&package| Some((package, version_in(LOCK, package)?)))
        .collect()
}

const LOCK: &str = include_str!("../../Cargo.lock");

/// Finds the version that follows the line with the package's name, as the lock file's format has it.
fn version_in<'l>(lock: &'l str, package: &str) -> Option<&'l str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|&line| line != name);
    let version = lines.nth(1)?.strip_prefix("version = \"")?;
    version.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_by_the_whole_name() {
        let lock = "[[package]]\nname = \"tokio-util\"\nversion = \"0.7.1\"\n\n[[package]]\nname = \"tokio\"\nversion = \"1.45.0\"\n";
        assert_eq!(version_in(lock, "tokio"), Some("1.45.0"));
        assert_eq!(version_in(lock, "smol"), None);
    }

    #[test]
    fn the_lock_file_of_this_program_is_understood() {
        let packages = ["crochet-rt", "smol", "tokio"];
        assert!(of(&packages).keys().eq(&packages));
    }
}
