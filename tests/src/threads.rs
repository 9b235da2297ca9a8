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

    /// Computes until the thread sleeps in a system call, and not just for a moment, as for a lock.
    ///
    /// # Panics
    ///
    /// When the thread ends.
    pub fn spin_until_asleep(&self) {
        const LOOKS: usize = 20;
        let look = || {
            thread::yield_now();
            self.sleep()
        };
        loop {
            let sleep = look();
            if sleep.is_some() && (0..LOOKS).all(|_| look() == sleep) {
                return;
            }
        }
    }

    /// Returns how often the thread has gone to sleep.
    ///
    /// # Panics
    ///
    /// When the thread has ended.
    #[must_use]
    pub fn sleeps(&self) -> u64 {
        sleeps_in(&self.status())
    }

    /// Returns which of its sleeps the thread is in; `None` while it is awake.
    fn sleep(&self) -> Option<u64> {
        let status = self.status();
        field(&status, "State:")
            .starts_with('S')
            .then(|| sleeps_in(&status))
    }

    fn status(&self) -> String {
        fs::read_to_string(self.proc.join("status")).expect("the thread lives")
    }
}

fn sleeps_in(status: &str) -> u64 {
    let count = field(status, "voluntary_ctxt_switches:");
    count.parse().expect("a number")
}

/// Returns a value of a thread's status.
fn field<'a>(status: &'a str, name: &str) -> &'a str {
    let value = status.lines().find_map(|line| line.strip_prefix(name));
    value.expect("every kernel has it").trim()
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
