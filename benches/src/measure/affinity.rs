//! Places threads on processors.

use std::fs;
use std::io;

use rustix::io::Errno;
use rustix::thread::{CpuSet, Pid, gettid, sched_getaffinity, sched_setaffinity};
use serde::Serialize;

/// Where the calling thread and the loops run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Placement {
    caller: usize,
    loops: usize,
}

impl Placement {
    /// Puts the caller and the loops on the same processor.
    pub fn one_core(cpu: usize) -> Self {
        Self {
            caller: cpu,
            loops: cpu,
        }
    }

    /// Puts the caller on one processor and the loops on another; `None` if this process may use only one.
    pub fn two_cores(allowed: &[usize]) -> Option<Self> {
        match *allowed {
            [caller, loops, ..] => Some(Self { caller, loops }),
            _ => None,
        }
    }

    /// Returns the placement's name for tables.
    pub fn name(self) -> &'static str {
        match self.has_two_cores() {
            false => "one core",
            true => "two cores",
        }
    }

    /// Tells whether the caller and the loops can run at the same time.
    pub fn has_two_cores(self) -> bool {
        self.caller != self.loops
    }

    /// Returns the processors of the caller and of the loops.
    pub fn cpus(self) -> (usize, usize) {
        (self.caller, self.loops)
    }

    /// Keeps every thread that the process now has on the placement's processors, without choosing among them.
    ///
    /// To be called before contestants are started: one that asks on how many cores it may run is told what is true of
    /// the placement, and not of a thread that has been pinned.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal, or that of `/proc/self/task`.
    pub fn enclose(self) -> io::Result<()> {
        place_threads(|_| set_of(&[self.caller, self.loops]))
    }

    /// Pins the calling thread, and every other thread that the process now has, to their processors.
    ///
    /// Threads that are started later inherit the processor of the thread that starts them.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal, or that of `/proc/self/task`.
    pub fn apply(self) -> io::Result<()> {
        let caller = gettid();
        place_threads(|thread| {
            set_of(&[if thread == caller {
                self.caller
            } else {
                self.loops
            }])
        })
    }
}

/// Lets every thread of the process run on each of `cpus` again.
///
/// # Errors
///
/// Returns the system's refusal, or that of `/proc/self/task`.
pub fn release(cpus: &[usize]) -> io::Result<()> {
    place_threads(|_| set_of(cpus))
}

/// Lists the processors that the calling thread may run on, in ascending order.
///
/// # Errors
///
/// Returns the system's refusal.
pub fn allowed_cpus() -> io::Result<Vec<usize>> {
    let set = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU)
        .filter(|&cpu| set.is_set(cpu))
        .collect())
}

fn place_threads(place_of: impl Fn(Pid) -> CpuSet) -> io::Result<()> {
    for entry in fs::read_dir("/proc/self/task")? {
        let thread = thread_id(&entry?)?;
        match sched_setaffinity(Some(thread), &place_of(thread)) {
            // A thread that has ended since the listing needs no place.
            Ok(()) | Err(Errno::SRCH) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

fn thread_id(entry: &fs::DirEntry) -> io::Result<Pid> {
    let name = entry.file_name();
    name.to_str()
        .and_then(|name| name.parse().ok())
        .and_then(Pid::from_raw)
        .ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("`{}` is no thread id", name.to_string_lossy()),
            )
        })
}

fn set_of(cpus: &[usize]) -> CpuSet {
    let mut set = CpuSet::new();
    for &cpu in cpus {
        set.set(cpu);
    }
    set
}

/// Makes tests that place threads take turns, because placing concerns every thread of the process.
#[cfg(test)]
pub fn take_turn() -> std::sync::MutexGuard<'static, ()> {
    static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
    TURN.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn two_cores_need_two_processors() {
        assert_eq!(Placement::two_cores(&[3]), None);
        let placement = Placement::two_cores(&[3, 5, 7]).expect("there are two");
        assert_eq!(
            (placement.caller, placement.loops, placement.name()),
            (3, 5, "two cores")
        );
        assert_eq!(Placement::one_core(3).name(), "one core");
    }

    #[test]
    fn every_thread_that_exists_is_placed_and_released() {
        let _turn = take_turn();
        let allowed = allowed_cpus().expect("affinity is readable");
        let last = *allowed.last().expect("this thread runs somewhere");
        let placement = Placement {
            caller: allowed[0],
            loops: last,
        };
        let (ask, asked) = mpsc::channel::<()>();
        let worker = thread::spawn(move || {
            asked.recv().expect("the test asks once");
            allowed_cpus()
        });

        placement
            .enclose()
            .expect("a process may place its own threads");
        let mut enclosed = vec![allowed[0], last];
        enclosed.dedup();
        assert_eq!(allowed_cpus().expect("affinity is readable"), enclosed);
        placement
            .apply()
            .expect("a process may place its own threads");
        ask.send(()).expect("the worker waits");

        let worker_cpus = worker
            .join()
            .expect("the worker only answers")
            .expect("affinity is readable");
        assert_eq!(worker_cpus, [last]);
        assert_eq!(allowed_cpus().expect("affinity is readable"), [allowed[0]]);

        release(&allowed).expect("a process may place its own threads");
        assert_eq!(allowed_cpus().expect("affinity is readable"), allowed);
    }
}
