//! Counts write system calls.

use std::fs;
use std::io;

use rustix::event::{EventfdFlags, eventfd};

/// A reader of the kernel's count of this process's write system calls.
///
/// Waking a loop through its eventfd is such a write, whichever library does it; waking a thread through a futex is not.
/// A process that writes to nothing else during a measurement therefore counts its loop wake-ups.
#[derive(Debug)]
pub struct WriteCounter(());

impl WriteCounter {
    /// Makes a counter, or `None` where the kernel does not count (`CONFIG_TASK_IO_ACCOUNTING`) eventfd writes.
    ///
    /// Decides by making some writes and looking whether they were counted.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of an eventfd.
    pub fn probe() -> io::Result<Option<Self>> {
        const WRITES: u64 = 10;
        let counter = Self(());
        let Ok(before) = counter.read() else {
            return Ok(None);
        };
        let event = eventfd(0, EventfdFlags::CLOEXEC)?;
        for _ in 0..WRITES {
            rustix::io::write(&event, &1_u64.to_ne_bytes())?;
        }
        let counted = counter.read()?.saturating_sub(before) >= WRITES;
        Ok(counted.then_some(counter))
    }

    /// Reads how many writes all threads of this process have made since it started.
    ///
    /// # Errors
    ///
    /// Returns the refusal of `/proc/self/io`, or `InvalidData` if its form is unknown.
    pub fn read(&self) -> io::Result<u64> {
        writes_in(&fs::read_to_string("/proc/self/io")?).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "`/proc/self/io` has no `syscw` line",
            )
        })
    }
}

fn writes_in(text: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix("syscw:"))?;
    value.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_write_line_is_found() {
        assert_eq!(writes_in("rchar: 5\nsyscr: 6\nsyscw: 70\n"), Some(70));
        assert_eq!(writes_in("rchar: 5\nsyscr: 6\n"), None);
        assert_eq!(writes_in("syscw: many\n"), None);
    }

    #[test]
    fn eventfd_writes_of_another_thread_are_counted() {
        const WRITES: u64 = 1_000;
        let Some(counter) = WriteCounter::probe().expect("an eventfd can be made") else {
            eprintln!("skipped: this kernel keeps no count of writes");
            return;
        };
        let event = eventfd(0, EventfdFlags::CLOEXEC).expect("an eventfd can be made");
        let before = counter.read().expect("the counter was readable before");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..WRITES {
                    rustix::io::write(&event, &1_u64.to_ne_bytes())
                        .expect("the eventfd is far from full");
                }
            });
        });
        let writes = counter.read().expect("the counter was readable before") - before;
        assert!(writes >= WRITES, "{writes} of {WRITES} writes were counted");
    }
}
