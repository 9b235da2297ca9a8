//! Measures a cold release build of Crochet and of tokio, and counts the crates of each.

mod project;

use core::num::NonZeroUsize;
use std::path::Path;
use std::process;
use std::time::Instant;
use std::{env, fs};

use serde::Serialize;

use crate::args::Options;
use crate::compile::project::Project;
use crate::contest::{Contest, Contestant, Failure, Role, Unit};
use crate::measure::clock::nanoseconds;
use crate::report::output::Output;
use crate::report::table::{Table, Tabled};
use crate::suite::SuiteError;

/// Runs the suite, with the `cargo` that is found.
///
/// # Errors
///
/// Returns cargo's failure, such as that a crate cannot be downloaded.
pub fn run(options: &Options, output: &mut Output) -> Result<(), SuiteError> {
    let scratch = Scratch::make()?;
    let projects = [
        (Role::Own, "crochet-rt", crochet()),
        (Role::Peer, "tokio", tokio()),
    ];
    let mut counts = Counts(Vec::new());
    let mut contestants: Vec<Box<dyn Contestant>> = Vec::new();
    for (role, name, dependency) in projects {
        let failed = |source| SuiteError::Start {
            contestant: name,
            source,
        };
        eprintln!("build: fetching what {name} needs");
        let project = Project::make(&scratch.path(name), &dependency).map_err(failed)?;
        let crates = project.count_crates().map_err(failed)?;
        counts.0.push(Count { name, crates });
        contestants.push(Box::new(Build {
            name,
            role,
            project,
        }));
    }
    output.table("build", &counts)?;
    let title = "cold release build";
    Contest {
        // There is nothing to warm but the page cache, and a build takes long.
        warm_up: 0,
        rounds: options.rounds.map_or(ROUNDS, NonZeroUsize::get),
        ..Contest::new("build", title, Unit::Seconds, ROUNDS, options)
    }
    .run(&mut contestants, output)
}

const ROUNDS: usize = 2;

fn crochet() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../std-glue");
    format!("crochet-rt = {{ path = {path:?} }}")
}

fn tokio() -> String {
    let features = r#"["rt", "net", "time", "sync", "macros"]"#;
    format!(r#"tokio = {{ version = "1.45", default-features = false, features = {features} }}"#)
}

/// A package that has one dependency and no code.
struct Build {
    name: &'static str,
    role: Role,
    project: Project,
}

impl Contestant for Build {
    fn name(&self) -> &'static str {
        self.name
    }

    fn role(&self) -> Role {
        self.role
    }

    fn turn(&mut self, samples: &mut Vec<u64>) -> Result<(), Failure> {
        self.project.clean()?;
        let start = Instant::now();
        self.project.build()?;
        samples.push(nanoseconds(start.elapsed()));
        Ok(())
    }
}

/// How many crates each tree has.
#[derive(Debug, Serialize)]
struct Counts(Vec<Count>);

#[derive(Debug, Serialize)]
struct Count {
    name: &'static str,
    /// With itself, procedural macros and what they need included.
    crates: usize,
}

impl Tabled for Counts {
    fn caption(&self) -> String {
        "build: crates in the tree, with itself".to_owned()
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&["", "crates"]);
        for count in &self.0 {
            table.row(vec![count.name.to_owned(), count.crates.to_string()]);
        }
        table
    }
}

/// A folder that goes when this is dropped.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn make() -> Result<Self, SuiteError> {
        let path = env::temp_dir().join(format!("crochet-benches-{}", process::id()));
        fs::create_dir(&path).map_err(SuiteError::Program)?;
        Ok(Self(path))
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        Path::new(&self.0).join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("cannot remove {}: {error}", self.0.display());
        }
    }
}
