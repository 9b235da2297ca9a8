//! Wraps loggers in a forked child and gives them up again, and looks at how much memory that has cost.

#[cfg(unix)]
fn main() {
    unix::main();
}

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
mod unix {
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use crochet::logs::NonBlocking;
    use crochet_tests::child::say;
    use crochet_tests::{LONG, forked, program};
    use log::{Log, Metadata, Record};

    /// The system's allocator, and how many bytes are in use.
    struct Counting;

    #[global_allocator]
    static ALLOCATOR: Counting = Counting;

    static IN_USE: AtomicUsize = AtomicUsize::new(0);

    // SAFETY: it gives out what the system's allocator gives out, and counts with atomics, which allocate nothing.
    unsafe impl GlobalAlloc for Counting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            IN_USE.fetch_add(layout.size(), Ordering::Relaxed);
            // SAFETY: the caller promises what this function asks for.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
            // SAFETY: the caller promises that the block is from `alloc`, which means from the system's allocator.
            unsafe { System.dealloc(block, layout) };
        }
    }

    struct Discards;

    impl Log for Discards {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn log(&self, _: &Record<'_>) {}

        fn flush(&self) {}
    }

    pub(crate) fn main() {
        program::limit();
        wrap_and_give_up();
        let child = forked::fork(|| {
            // Some memory is used once.
            wrap_and_give_up();
            let before = IN_USE.load(Ordering::Relaxed);
            (0..100).for_each(|_| wrap_and_give_up());
            assert_eq!(IN_USE.load(Ordering::Relaxed), before);
        });
        child.assert_ends_well();
        say("nothing is left");
    }

    fn wrap_and_give_up() {
        let logger = NonBlocking::builder().flush_limit(LONG).wrap(Discards);
        let mut record = Record::builder();
        logger.log(&record.args(format_args!("a record")).build());
        drop(logger);
    }
}
