//! Counts heap allocations.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::alloc::System;
use std::sync::{Mutex, PoisonError};

/// The system's allocator with a counter that [`counted`] and [`held`] switch on.
///
/// While it is off an allocation pays for one load of a flag that nobody writes, so latencies measured then do not
/// favour the contestants that allocate less.
#[derive(Debug)]
pub struct CountingAllocator;

/// What was asked of the allocator, by all threads together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allocations {
    /// How many blocks were allocated or resized.
    pub count: u64,
    /// How many bytes those requests were for.
    pub bytes: u64,
}

/// Runs `work` and returns its value with the allocations that the whole process made meanwhile.
///
/// The counter is one for the process: a call that overlaps another waits for it.
pub fn counted<R>(work: impl FnOnce() -> R) -> (R, Allocations) {
    // A panic in `work` leaves nothing half done that the next call does not reset.
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    COUNT.store(0, Ordering::Relaxed);
    BYTES.store(0, Ordering::Relaxed);
    COUNTING.store(true, Ordering::SeqCst);
    let value = work();
    COUNTING.store(false, Ordering::SeqCst);
    let allocations = Allocations {
        count: COUNT.load(Ordering::Relaxed),
        bytes: BYTES.load(Ordering::Relaxed),
    };
    (value, allocations)
}

/// Runs `work` and returns its value with the bytes that the whole process has taken meanwhile and still holds.
///
/// Bytes that were asked for: what the allocator rounds up and keeps for itself is not known. What the process has given
/// back and held before is subtracted. Takes turns with [`counted`].
pub fn held<R>(work: impl FnOnce() -> R) -> (R, i64) {
    let ((value, bytes), _) = counted(|| {
        HELD.store(0, Ordering::Relaxed);
        let value = work();
        (value, HELD.load(Ordering::Relaxed))
    });
    (value, bytes)
}

/// Runs `work`; what the calling thread allocates and frees meanwhile is not counted.
pub fn exempt<R>(work: impl FnOnce() -> R) -> R {
    let before = EXEMPT.replace(true);
    let value = work();
    EXEMPT.set(before);
    value
}

thread_local! {
    // Constant and without a destructor, so that the allocator may look at it at any time.
    static EXEMPT: Cell<bool> = const { Cell::new(false) };
}

static TURN: Mutex<()> = Mutex::new(());
static COUNTING: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static HELD: AtomicI64 = AtomicI64::new(0);

fn note(taken: usize, given_back: usize) {
    if COUNTING.load(Ordering::Relaxed) && !EXEMPT.get() {
        if taken > 0 {
            COUNT.fetch_add(1, Ordering::Relaxed);
            BYTES.fetch_add(taken as u64, Ordering::Relaxed);
        }
        // A block is at most `isize::MAX` bytes.
        HELD.fetch_add(taken as i64 - given_back as i64, Ordering::Relaxed);
    }
}

// SAFETY: every method passes its arguments to `System` as they came and returns what `System` returns, so `System`'s
// own implementation of the contract carries over. `note` neither allocates nor unwinds.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: the caller keeps the contract of `alloc`, which is `System`'s as well.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: the caller keeps the contract of `alloc_zeroed`, which is `System`'s as well.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note(new_size, layout.size());
        // SAFETY: the caller keeps the contract of `realloc`; `block` came from `System`, as all blocks here do.
        unsafe { System.realloc(block, layout, new_size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        note(0, layout.size());
        // SAFETY: the caller keeps the contract of `dealloc`; `block` came from `System`, as all blocks here do.
        unsafe { System.dealloc(block, layout) }
    }
}

#[cfg(test)]
mod tests {
    use core::hint::black_box;

    use super::*;

    // "At least", because other tests' threads allocate too.
    #[test]
    fn allocations_of_every_thread_are_counted() {
        let ((), allocations) = counted(|| {
            let worker = std::thread::spawn(|| {
                for _ in 0..100 {
                    black_box(Box::new([0_u8; 64]));
                }
            });
            worker.join().expect("the worker only allocates");
        });
        assert!(allocations.count >= 100, "{allocations:?}");
        assert!(allocations.bytes >= 6_400, "{allocations:?}");
    }

    // Far more than other tests' threads hold at a time.
    const PLENTY: i64 = 64 << 20;

    #[test]
    fn what_has_been_given_back_is_not_held() {
        let half = PLENTY as usize / 2;
        let (kept, bytes) = held(|| {
            drop(black_box(vec![0_u8; 4 * half]));
            let mut kept = vec![0_u8; half];
            kept.reserve_exact(2 * half);
            kept
        });
        assert!((PLENTY..2 * PLENTY).contains(&bytes), "{bytes}");
        drop(kept);
    }

    #[test]
    fn exempt_allocations_are_not_held() {
        let (kept, bytes) = held(|| exempt(|| black_box(vec![0_u8; PLENTY as usize])));
        assert!(bytes < PLENTY / 2, "{bytes}");
        drop(kept);
    }
}
