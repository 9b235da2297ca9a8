//! Runs a scenario in a process of its own: one whose reactor, exit or panic must not touch the other tests.

use std::fmt::Display;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The last line that a scenario prints before it leaves `main`.
pub const LEAVING: &str = "leaving";

/// Prints a line of a scenario at once.
///
/// # Panics
///
/// When nobody reads.
pub fn say(line: impl Display) {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").expect("somebody reads");
    out.flush().expect("somebody reads");
}

/// What a scenario left behind.
#[derive(Debug)]
pub struct Ran {
    /// The exit status, unless a signal ended the process.
    pub status: Option<i32>,
    /// The lines printed.
    pub out: Vec<String>,
    /// What was written to stderr.
    pub err: String,
    /// The time from the line [`LEAVING`], or from the start without such a line, to the end of the process.
    pub leaving: Duration,
}

impl Ran {
    /// Asserts that the scenario ended well, wrote nothing to stderr, and printed `lines`.
    ///
    /// # Panics
    ///
    /// Otherwise.
    #[track_caller]
    pub fn assert_printed(&self, lines: &[&str]) {
        assert_eq!(self.status, Some(0), "{self:?}");
        assert_eq!(self.err, "", "{self:?}");
        assert_eq!(self.out, lines, "{self:?}");
    }
}

/// Runs a command to its end and keeps what it writes.
///
/// # Panics
///
/// When it cannot be started, or writes something else than text.
#[must_use]
pub fn run(command: &mut Command) -> Ran {
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut since = Instant::now();
    let err = read_stderr(&mut child);
    let mut out = Vec::new();
    for line in BufReader::new(child.stdout.take().expect("a pipe")).lines() {
        let line = line.expect("the program prints text");
        if line == LEAVING {
            since = Instant::now();
        }
        out.push(line);
    }
    let status = child.wait().expect("the program ends").code();
    Ran {
        status,
        out,
        leaving: since.elapsed(),
        err: err.join().expect("the program writes text"),
    }
}

/// Reads in a thread, so that neither pipe can fill up while the other is being read.
fn read_stderr(child: &mut Child) -> thread::JoinHandle<String> {
    let mut pipe = child.stderr.take().expect("a pipe");
    thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).expect("text");
        text
    })
}
