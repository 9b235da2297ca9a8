//! A place for a value that is read often, replaced seldom, and never freed.

use std::marker::PhantomData;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The latest of a few values, each of which lives for ever.
///
/// Reading is one load, without a lock that a forked child might find held.
///
/// ```compile_fail,E0277
/// fn shared<T: Sync>() {}
/// shared::<crochet_reactor::glue::Latest<std::cell::Cell<u8>>>();
/// ```
#[derive(Debug)]
pub struct Latest<T: 'static> {
    head: AtomicPtr<Entry<T>>,
    // Whoever has this has shared references to the values, and gives them to other threads.
    marker: PhantomData<&'static T>,
}

#[derive(Debug)]
struct Entry<T: 'static> {
    value: T,
    // Keeps those before reachable: they are not lost, and leak checkers see that.
    _before: Option<&'static Self>,
}

impl<T> Latest<T> {
    /// Makes a place without a value.
    pub const fn new() -> Self {
        Self {
            head: AtomicPtr::new(ptr::null_mut()),
            marker: PhantomData,
        }
    }

    /// Returns the latest value, if there is one.
    pub fn get(&self) -> Option<&'static T> {
        self.entry().map(|entry| &entry.value)
    }

    /// Puts a value in place of the one before, which goes on living. Meant to be done seldom; the
    /// callers see to it that they do not do so at the same time, or accept either order.
    pub fn set(&self, value: T) -> &'static T {
        let entry: &'static Entry<T> = Box::leak(Box::new(Entry {
            value,
            _before: self.entry(),
        }));
        self.head
            .store(ptr::from_ref(entry).cast_mut(), Ordering::Release);
        &entry.value
    }

    fn entry(&self) -> Option<&'static Entry<T>> {
        // SAFETY: what is stored here has been leaked, so it lives for ever, and is never changed.
        unsafe { self.head.load(Ordering::Acquire).as_ref() }
    }
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self::new()
    }
}
