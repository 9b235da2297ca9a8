//! Knowing that the process is a forked child.
//!
//! A child has only the thread that forked: the reactors' threads are gone, and locks that other
//! threads held stay locked. So everything that blocks or submits asks here first, which costs one
//! load, and what a process shares between threads is kept apart for each generation.
//!
//! Nothing here waits for another thread, not even for the first one to be done with making
//! something: in a child that thread may not exist.

use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

use crate::caught;
use crate::loaded;

/// How many forks lie between this process and the one that first made a reactor.
///
/// Two processes of one family have different ones if one forked off the other, at once or by way
/// of others; nothing else is to be read from them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Generation(u32);

static FORKS: AtomicU32 = AtomicU32::new(0);

impl Generation {
    /// Returns this process's generation.
    #[must_use]
    pub fn current() -> Self {
        Self(FORKS.load(Ordering::Relaxed))
    }

    /// Tells whether this is the process that first made a reactor, or one that knows of no fork.
    #[must_use]
    pub fn is_first(self) -> bool {
        self.0 == 0
    }

    /// Tells whether the process has forked off since.
    #[must_use]
    pub fn is_past(self) -> bool {
        self != Self::current()
    }
}

/// A value that each process makes for itself: a forked child finds a fresh one.
///
/// Finding it takes no lock that a thread of the parent might have held, and waits for nobody.
///
/// Dropping this drops the value of the process that does so. Those of processes before it are left
/// alone: a thread of theirs may have been changing one of them when it was copied.
#[derive(Debug)]
pub struct PerProcess<T: Send + 'static> {
    own: ManuallyDrop<T>,
    // The values of children, the latest first.
    children: AtomicPtr<Entry<T>>,
}

#[derive(Debug)]
struct Entry<T> {
    generation: Generation,
    value: T,
    // The latest one when this was made. Null, or published before.
    before: *mut Self,
}

impl<T: Send> PerProcess<T> {
    /// Makes the value of the first process. A child neither finds nor drops it, also if it made it
    /// itself.
    pub const fn new(own: T) -> Self {
        Self {
            own: ManuallyDrop::new(own),
            children: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Returns this process's value; `make` makes one for a child that has none yet.
    ///
    /// Threads that come at the same time may each make one; all but one are dropped.
    pub fn get(&self, make: fn() -> T) -> &T {
        let generation = Generation::current();
        if generation.is_first() {
            return &self.own;
        }
        self.of_child(generation, make)
    }

    /// Returns this process's value if there is one. May be called in a signal handler.
    pub fn get_made(&'static self) -> Option<&'static T> {
        let generation = Generation::current();
        if generation.is_first() {
            return Some(&self.own);
        }
        self.find(self.children.load(Ordering::Acquire), generation)
    }

    fn of_child(&self, generation: Generation, make: fn() -> T) -> &T {
        let mut before = self.children.load(Ordering::Acquire);
        if let Some(value) = self.find(before, generation) {
            return value;
        }
        let mut entry = Box::new(Entry {
            generation,
            value: make(),
            before,
        });
        loop {
            entry.before = before;
            let fresh = Box::into_raw(entry);
            let order = Ordering::AcqRel;
            let swapped = self
                .children
                .compare_exchange(before, fresh, order, Ordering::Acquire);
            match swapped {
                // SAFETY: as in `find`, from here on.
                Ok(_) => return &unsafe { &*fresh }.value,
                Err(latest) => before = latest,
            }
            // SAFETY: it came from a box just above, and was not published.
            entry = unsafe { Box::from_raw(fresh) };
            if let Some(value) = self.find(before, generation) {
                return value;
            }
        }
    }

    /// Looks for a process's value among the entries up to one that is null or was published.
    fn find(&self, mut latest: *mut Entry<T>, generation: Generation) -> Option<&T> {
        // SAFETY: what is published came from a box, and is neither changed after that nor freed before
        // this is dropped.
        while let Some(found) = unsafe { latest.as_ref() } {
            if found.generation == generation {
                return Some(&found.value);
            }
            latest = found.before;
        }
        None
    }

    /// Takes the entry of a process out, if it is the latest, as the current process's is.
    fn take(&mut self, generation: Generation) -> Option<Box<Entry<T>>> {
        let latest = *self.children.get_mut();
        // SAFETY: as in `find`.
        let before = match unsafe { latest.as_ref() } {
            Some(entry) if entry.generation == generation => entry.before,
            _ => return None,
        };
        *self.children.get_mut() = before;
        // SAFETY: it came from a box. No entry names it, as it was the latest, nor does anybody else, as
        // whoever found it had borrowed this.
        Some(unsafe { Box::from_raw(latest) })
    }
}

impl<T: Send + 'static> Drop for PerProcess<T> {
    fn drop(&mut self) {
        let generation = Generation::current();
        if generation.is_first() {
            // SAFETY: nothing uses it after this.
            unsafe { ManuallyDrop::drop(&mut self.own) };
        } else {
            drop(self.take(generation));
        }
    }
}

/// Makes forks known from now on, and keeps this library's code in memory. Once is enough.
///
/// Called before anything that a forked child must not find half-done, such as a lock.
pub fn watch() {
    // Not a `Once`: a child could find it begun by a thread that it does not have. Two threads
    // that come here first at the same time both register, and a child then counts two forks.
    static WATCHING: AtomicBool = AtomicBool::new(false);
    if !WATCHING.load(Ordering::Acquire) {
        // Before the system is given addresses of code.
        loaded::stay();
        register();
        WATCHING.store(true, Ordering::Release);
    }
}

#[cfg(unix)]
fn register() {
    extern "C" fn in_child() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }

    crate::thread::note_stack_size();
    // SAFETY: `in_child` only adds to an atomic, which a child of a threaded process may do.
    let refused = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    if refused != 0 {
        caught::contain("the logger", || {
            log::warn!(
                target: "crochet::reactor",
                "a forked child will not know that it has no reactor: {}",
                std::io::Error::from_raw_os_error(refused),
            );
        });
    }
}

#[cfg(not(unix))]
fn register() {}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    static LIVING: AtomicUsize = AtomicUsize::new(0);

    #[derive(Debug)]
    struct Counted;

    impl Counted {
        fn new() -> Self {
            LIVING.fetch_add(1, Ordering::Relaxed);
            Self
        }
    }

    impl Drop for Counted {
        fn drop(&mut self) {
            LIVING.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn living() -> usize {
        LIVING.load(Ordering::Relaxed)
    }

    #[test]
    fn each_process_drops_its_own_value_alone() {
        let (first, child, grandchild) = (Generation(0), Generation(1), Generation(2));
        let mut values = PerProcess::new(Counted::new());
        let made: *const _ = values.of_child(child, Counted::new);
        assert!(ptr::eq(made, values.of_child(child, Counted::new)));
        assert_eq!(living(), 2);
        // A process that has forked off since, and has made none.
        assert!(values.take(grandchild).is_none());
        values.of_child(grandchild, Counted::new);
        assert!(values.take(first).is_none() && values.take(child).is_none());
        assert_eq!(living(), 3);
        assert!(values.take(grandchild).is_some());
        assert_eq!(living(), 2);
        assert!(values.take(grandchild).is_none());
        assert!(values.take(child).is_some());
        assert_eq!(living(), 1);
        drop(values);
        assert_eq!(living(), 0);
    }
}
