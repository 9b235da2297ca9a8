//! A package made for being built.

use alloc::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::contest::Failure;

/// A package in a folder of its own, with its own target folder and everything downloaded.
#[derive(Debug)]
pub struct Project {
    folder: PathBuf,
}

impl Project {
    /// Writes the package, whose one dependency is the line `dependency`, and has cargo download what is missing.
    ///
    /// The versions are those that this program was built with, as far as it has the same crates.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal or cargo's failure.
    pub fn make(folder: &Path, dependency: &str) -> Result<Self, Failure> {
        let source = folder.join("src");
        fs::create_dir_all(&source)?;
        let manifest = format!(
            "[package]\nname = \"{NAME}\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{dependency}\n"
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::write(folder.join("Cargo.lock"), LOCK)?;
        fs::write(source.join("lib.rs"), "")?;
        let project = Self {
            folder: folder.to_owned(),
        };
        project.cargo(&["fetch"])?;
        Ok(project)
    }

    /// Removes what has been built.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn clean(&self) -> io::Result<()> {
        match fs::remove_dir_all(self.target()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// Builds it for release, with the network left alone.
    ///
    /// # Errors
    ///
    /// Returns cargo's failure.
    pub fn build(&self) -> Result<(), Failure> {
        self.cargo(&["build", "--release", "--offline"]).map(drop)
    }

    /// Counts the crates of its tree but itself.
    ///
    /// # Errors
    ///
    /// Returns cargo's failure.
    pub fn count_crates(&self) -> Result<usize, Failure> {
        let listed = self.cargo(&[
            "tree",
            "--offline",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])?;
        Ok(crates_in(&String::from_utf8(listed.stdout)?))
    }

    fn target(&self) -> PathBuf {
        self.folder.join("target")
    }

    fn cargo(&self, arguments: &[&str]) -> Result<Output, Failure> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let output = Command::new(cargo)
            .args(arguments)
            .arg("--quiet")
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", self.target())
            // Whoever runs this under cargo has these set for another package.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .stdin(Stdio::null())
            .output()?;
        if output.status.success() {
            return Ok(output);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("cargo {}: {}", arguments.join(" "), said.trim()).into())
    }
}

const NAME: &str = "crochet-benches-empty";

const LOCK: &str = include_str!("../../Cargo.lock");

/// Counts the different packages of a listing; one that is listed again has a mark behind it.
fn crates_in(listing: &str) -> usize {
    let packages: BTreeSet<&str> = listing
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .filter(|line| !line.is_empty() && !line.starts_with(NAME))
        .collect();
    packages.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_is_listed_again_counts_once() {
        let listing = "crochet-benches-empty v0.0.0 (/tmp/x)\na v1.0.0\nb v1.0.0 (proc-macro)\na v1.0.0 (*)\na v2.0.0\n";
        assert_eq!(crates_in(listing), 3);
    }
}
