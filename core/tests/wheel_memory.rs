//! A wheel on the heap when there is no more memory.
#![cfg(all(feature = "alloc", not(crochet_loom)))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;

use crochet_core::time::Tick;
use crochet_core::wheel::{Key, Wheel};

/// Refuses memory to a thread when its allowance is used up.
struct Limited;

thread_local! {
    static ALLOWED: Cell<usize> = const { Cell::new(usize::MAX) };
}

// SAFETY: what it gives out is the system's; a null pointer says that there is none.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let left = ALLOWED.get().checked_sub(1);
        ALLOWED.set(left.unwrap_or(0));
        match left {
            // SAFETY: the caller keeps the contract of `alloc`.
            Some(_) => unsafe { System.alloc(layout) },
            None => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the memory came from the system, with this layout.
        unsafe { System.dealloc(memory, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Limited = Limited;

/// Calls `body` with so many allocations allowed.
fn with_allowance<R>(allocations: usize, body: impl FnOnce() -> R) -> R {
    ALLOWED.set(allocations);
    let result = body();
    ALLOWED.set(usize::MAX);
    result
}

#[test]
fn growth_that_fails_half_way_loses_nothing() {
    // Growing takes an allocation for the entries and some for what tells the vacant ones.
    for allocations in 0..6 {
        for filled in [0, 16, 100, 500] {
            let mut wheel: Wheel<usize> = Wheel::new();
            let mut keys: Vec<Key> = Vec::with_capacity(10_000);
            while keys.len() < filled || wheel.len() < wheel.capacity() {
                keys.push(wheel.insert(Tick::new(1), keys.len()).unwrap());
            }
            let refused = with_allowance(allocations, || wheel.insert(Tick::new(1), usize::MAX));
            match refused {
                Ok(key) => assert_eq!(wheel.cancel(key), Some(usize::MAX)),
                Err(full) => assert_eq!(full.into_inner(), usize::MAX),
            }
            for _ in 0..5 {
                keys.push(wheel.insert(Tick::new(1), keys.len()).unwrap());
            }
            for (value, key) in keys.iter().enumerate() {
                assert_eq!(wheel.cancel(*key), Some(value));
            }
            assert!(wheel.is_empty());
        }
    }
}
