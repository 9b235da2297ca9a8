//! What Linux knows about the processes that this one has started.

use std::fs;
use std::process;
use std::thread;
use std::time::Instant;

use crate::LONG;

/// Returns the ids of the children that this process has, zombies among them.
///
/// # Panics
///
/// Without `/proc`.
#[must_use]
pub fn ids() -> Vec<u32> {
    let processes = fs::read_dir("/proc").expect("/proc is there");
    let names = processes.map(|entry| entry.expect("an entry").file_name());
    let ids = names.filter_map(|name| name.to_str()?.parse().ok());
    ids.filter(|id| parent_of(*id) == Some(process::id()))
        .collect()
}

/// Tells whether there is a process of this id.
#[must_use]
pub fn is_there(id: u32) -> bool {
    parent_of(id).is_some()
}

/// Asserts that the process has no children, or will have none in a moment.
///
/// # Panics
///
/// When it has some for a long time. Without `/proc`.
#[track_caller]
pub fn assert_none_soon() {
    let begun = Instant::now();
    while !ids().is_empty() {
        assert!(begun.elapsed() < LONG, "children: {:?}", ids());
        thread::yield_now();
    }
}

/// Returns the parent of a process, unless there is no such process.
fn parent_of(id: u32) -> Option<u32> {
    // Processes end while one looks at them.
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name, in parentheses before the state and the parent, may contain anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(1)?.parse().ok()
}
