//! What Linux knows about the threads and files of the process.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Instant;

use crate::LONG;

/// A thread of this process, as the system sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Thread {
    proc: PathBuf,
}

impl Thread {
    /// Returns the calling thread.
    ///
    /// # Panics
    ///
    /// Without `/proc`.
    #[must_use]
    pub fn current() -> Self {
        let link = fs::read_link("/proc/thread-self").expect("/proc is there");
        let proc = PathBuf::from("/proc").join(link);
        Self { proc }
    }

    /// Computes until the thread sleeps in a system call.
    ///
    /// # Panics
    ///
    /// When the thread ends.
    pub fn spin_until_asleep(&self) {
        while self.state() != 'S' {
            thread::yield_now();
        }
    }

    fn state(&self) -> char {
        let stat = fs::read_to_string(self.proc.join("stat")).expect("the thread lives");
        // The name, in parentheses before the state, may contain anything.
        let (_, rest) = stat.rsplit_once(") ").expect("a name in parentheses");
        rest.chars().next().expect("a state after the name")
    }
}

/// Returns the names of the process's threads.
///
/// # Panics
///
/// Without `/proc`.
#[must_use]
pub fn names() -> Vec<String> {
    let threads = fs::read_dir("/proc/self/task").expect("/proc is there");
    threads
        .filter_map(|thread| {
            match fs::read_to_string(thread.expect("an entry").path().join("comm")) {
                Ok(name) => Some(name.trim_end().to_owned()),
                // It ended between the listing and the look at its name.
                Err(_) => None,
            }
        })
        .collect()
}

/// Asserts that the process has `count` threads, or will in a moment: the system shows a thread that has been joined for
/// a little longer.
///
/// # Panics
///
/// When it has not in a long time. Without `/proc`.
#[track_caller]
pub fn assert_count(count: usize) {
    let begun = Instant::now();
    while names().len() != count {
        assert!(begun.elapsed() < LONG, "{count} threads: {:?}", names());
        thread::yield_now();
    }
}

/// Returns how many files the process has open.
///
/// # Panics
///
/// Without `/proc`.
#[must_use]
pub fn open_files() -> usize {
    let files = fs::read_dir("/proc/self/fd").expect("/proc is there");
    // Less the one that the listing itself uses.
    files.count() - 1
}
