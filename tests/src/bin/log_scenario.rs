//! Programs whose logger is behind `NonBlocking`, and which end or fork. The argument names one.

use std::env;
use std::fmt::Display;
use std::io::{self, Write};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crochet::logs::{FlushError, NonBlocking};
use crochet_tests::child::LEAVING;
use crochet_tests::{LONG, SHORT, forked, program, threads};
use log::{LevelFilter, Log, Metadata, Record};

const SCENARIOS: &[(&str, fn())] = &[
    ("exit-main", || leave_after_logging(|| {})),
    ("exit-call", || leave_after_logging(|| process::exit(7))),
    ("exit-reactor", exit_with_a_reactor),
    ("exit-operation", exit_from_an_operation),
    ("exit-blocked", exit_with_a_blocked_logger),
    ("exit-late", log_after_the_end),
    ("exit-idle", exit_with_an_idle_log_thread),
    ("thread", the_thread_comes_and_goes),
    ("fork", fork_while_the_logger_writes),
    ("fork-unused", fork_before_the_first_record),
    ("fork-storm", fork_while_threads_log),
];

fn main() {
    let name = env::args().nth(1).expect("an argument names the scenario");
    let found = SCENARIOS.iter().find(|(known, _)| *known == name);
    let (_, scenario) = found.expect("the scenario exists");
    program::limit();
    scenario();
}

/// Prints what it is given, one record at a time.
struct Printer;

impl Log for Printer {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        // Long enough for the program's end to overtake it, if it could.
        thread::yield_now();
        say(record.args());
    }

    fn flush(&self) {
        say("flushed");
    }
}

/// Waits at a barrier, twice, while it holds a lock; then prints.
struct Held {
    lock: Mutex<()>,
    barrier: Barrier,
}

static HELD: Held = Held {
    lock: Mutex::new(()),
    barrier: Barrier::new(2),
};

impl Log for Held {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let locked = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if record.args().to_string() == "hold" {
            self.barrier.wait();
            self.barrier.wait();
        }
        say(record.args());
        drop(locked);
    }

    fn flush(&self) {}
}

/// The printer behind a bridge that waits for it however busy the machine is.
fn printer() -> NonBlocking {
    NonBlocking::builder().flush_limit(LONG).wrap(Printer)
}

fn install(logger: NonBlocking) -> &'static NonBlocking {
    let logger: &'static NonBlocking = Box::leak(Box::new(logger));
    log::set_logger(logger).expect("the program has no other logger");
    log::set_max_level(LevelFilter::Info);
    logger
}

/// Prints a line at once, without a lock that another thread could hold.
fn say(line: impl Display) {
    let line = format!("{line}\n");
    io::stdout()
        .write_all(line.as_bytes())
        .expect("somebody reads");
    io::stdout().flush().expect("somebody reads");
}

fn leave_after_logging(leave: fn()) {
    install(printer());
    (0..100).for_each(|number| log::info!("{number}"));
    leave();
}

fn exit_with_a_reactor() {
    install(printer());
    crochet::setup().expect("a reactor can be started");
    // Its failure is logged while the reactor stops at exit.
    let pending = crochet::run_in_reactor(|| async {
        let _panics = PanicOnDrop;
        std::future::pending::<()>().await;
    });
    let begun = crochet::wait_for(LONG, || async {});
    begun.expect("the reactor answers");
    std::mem::forget(pending);
}

/// Whose destructor panics.
struct PanicOnDrop;

impl Drop for PanicOnDrop {
    fn drop(&mut self) {
        panic!("dropped at exit");
    }
}

fn exit_from_an_operation() {
    install(printer());
    crochet::setup().expect("a reactor can be started");
    let left = crochet::wait_for(LONG, || async {
        log::info!("leaving from the reactor");
        process::exit(8);
    });
    unreachable!("{left:?}");
}

fn exit_with_a_blocked_logger() {
    install(NonBlocking::builder().flush_limit(SHORT).wrap(&HELD));
    log::info!("hold");
    HELD.barrier.wait();
    log::info!("never written");
    say(LEAVING);
}

fn log_after_the_end() {
    extern "C" fn late() {
        log::info!("late");
    }

    // Hooks are called in the opposite order, so this one after the library's.
    // SAFETY: `late` is an `extern "C"` function, and it does not panic: printing is all it does.
    let refused = unsafe { libc::atexit(late) };
    assert_eq!(refused, 0, "there is room for a hook");
    install(printer());
    log::info!("in time");
}

fn exit_with_an_idle_log_thread() {
    let logger = install(printer());
    log::info!("said");
    logger.flush_within(LONG).expect("the logger is quick");
    say(LEAVING);
}

fn the_thread_comes_and_goes() {
    let count = || {
        let names = threads::names();
        names.iter().filter(|name| *name == "crochet-log").count()
    };
    let logger = printer();
    let (all, files) = (threads::names().len(), threads::open_files());
    say(count());
    logger.flush();
    say(count());
    let mut record = Record::builder();
    logger.log(&record.args(format_args!("first")).build());
    logger.flush();
    say(count());
    drop(logger);
    threads::assert_count(all);
    say(count());
    assert_eq!(threads::open_files(), files);
}

/// The parent's log thread is in the logger, which holds a lock, and has more to write.
fn fork_while_the_logger_writes() {
    let logger = install(NonBlocking::builder().flush_limit(SHORT).wrap(&HELD));
    log::info!("hold");
    HELD.barrier.wait();
    log::info!("of the parent");
    let child = forked::fork(|| {
        // Nobody will ever unlock the child's copy of the logger's lock, but only its log thread
        // waits for that.
        log::info!("of the child, never written");
        logger.flush_within(SHORT).expect_err("the logger hangs");
        say("the child leaves");
        process::exit(0);
    });
    child.assert_ends_well();
    HELD.barrier.wait();
    logger
        .flush_within(LONG)
        .expect("the parent's logger goes on");
    assert_eq!(logger.dropped(), 0);
}

fn fork_before_the_first_record() {
    let logger = install(printer());
    let child = forked::fork(|| {
        log::info!("of the child");
        logger
            .flush_within(LONG)
            .expect("the child has a log thread");
        let grandchild = forked::fork(|| {
            log::info!("of the grandchild");
            process::exit(0);
        });
        grandchild.assert_ends_well();
        log::info!("of the child again");
        process::exit(0);
    });
    child.assert_ends_well();
    log::info!("of the parent");
}

/// Whatever the parent's threads hold, each child logs and ends.
fn fork_while_threads_log() {
    static ENOUGH: AtomicUsize = AtomicUsize::new(0);
    static WRITTEN: AtomicUsize = AtomicUsize::new(0);

    struct Count;

    impl Log for Count {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn log(&self, _: &Record<'_>) {
            WRITTEN.fetch_add(1, Ordering::SeqCst);
        }

        fn flush(&self) {}
    }

    let logger = install(NonBlocking::builder().capacity(16).wrap(Count));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while ENOUGH.load(Ordering::Relaxed) == 0 {
                    log::info!("{}", "of the parent");
                    match logger.flush_within(Duration::ZERO) {
                        Ok(()) | Err(FlushError::Timeout) => {}
                        Err(refused) => unreachable!("{refused}"),
                    }
                }
            });
        }
        for _ in 0..100 {
            let child = forked::fork(|| {
                WRITTEN.store(0, Ordering::SeqCst);
                log::info!("of the child");
                logger
                    .flush_within(LONG)
                    .expect("the child has a log thread");
                assert_eq!(WRITTEN.load(Ordering::SeqCst), 1);
                log::info!("of the child again");
                process::exit(0);
            });
            child.assert_ends_well();
        }
        ENOUGH.store(1, Ordering::Relaxed);
    });
    say("all ended");
}
