//! Knowing that the process is a forked child.
//!
//! A child has only the thread that forked: the reactors' threads are gone, and locks that other
//! threads held stay locked. So everything that blocks or submits asks here first, which costs one
//! load, and what a process shares between threads is kept apart for each generation.
//!
//! Nothing here waits for another thread, not even for the first one to be done with making
//! something: in a child that thread may not exist.

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

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
#[derive(Debug)]
pub struct PerProcess<T: 'static> {
    own: T,
    // The values of children, the latest first. Those of processes before this one are left alone.
    children: AtomicPtr<Entry<T>>,
}

#[derive(Debug)]
struct Entry<T: 'static> {
    generation: Generation,
    value: T,
    before: Option<&'static Self>,
}

impl<T> PerProcess<T> {
    /// Makes the value of the first process.
    pub const fn new(own: T) -> Self {
        Self {
            own,
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
        find(self.latest(), generation)
    }

    fn of_child(&self, generation: Generation, make: fn() -> T) -> &'static T {
        let mut before = self.latest();
        if let Some(value) = find(before, generation) {
            return value;
        }
        let mut entry = Box::new(Entry {
            generation,
            value: make(),
            before,
        });
        loop {
            let expected = before.map_or(ptr::null_mut(), |entry| ptr::from_ref(entry).cast_mut());
            let fresh = Box::into_raw(entry);
            let order = Ordering::AcqRel;
            let swapped = self
                .children
                .compare_exchange(expected, fresh, order, Ordering::Acquire);
            if swapped.is_ok() {
                // SAFETY: it came from a box just above, and is never freed or changed from here on.
                return &unsafe { &*fresh }.value;
            }
            // SAFETY: it came from a box just above, and was not published.
            entry = unsafe { Box::from_raw(fresh) };
            before = self.latest();
            if let Some(value) = find(before, generation) {
                return value;
            }
            entry.before = before;
        }
    }

    fn latest(&self) -> Option<&'static Entry<T>> {
        // SAFETY: what is published here came from a box, and is never freed or changed after that.
        unsafe { self.children.load(Ordering::Acquire).as_ref() }
    }
}

fn find<T>(mut entry: Option<&'static Entry<T>>, generation: Generation) -> Option<&'static T> {
    while let Some(found) = entry {
        if found.generation == generation {
            return Some(&found.value);
        }
        entry = found.before;
    }
    None
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

    // SAFETY: `in_child` only adds to an atomic, which a child of a threaded process may do.
    let refused = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    if refused != 0 {
        log::warn!(
            target: "crochet::reactor",
            "a forked child will not know that it has no reactor: {}",
            std::io::Error::from_raw_os_error(refused),
        );
    }
}

#[cfg(not(unix))]
fn register() {}
