//! A process that has nothing to do does nothing. One test: it counts what the threads of the process do.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::future;
use std::time::Duration;

use crochet::EventualError;
use crochet_tests::LONG;
use crochet_tests::threads::Thread;

/// Returns how often each thread of the process has stopped running, by its id.
fn switches() -> BTreeMap<String, u64> {
    let threads = fs::read_dir("/proc/self/task").expect("/proc is there");
    let counted = threads.map(|thread| {
        let thread = thread.expect("an entry");
        let status = fs::read_to_string(thread.path().join("status")).expect("it lives");
        let counts = status
            .lines()
            .filter(|line| line.contains("ctxt_switches:"))
            .filter_map(|line| line.split_whitespace().last());
        let switches = counts.map(|count| count.parse::<u64>().expect("a number"));
        let id = thread.file_name().into_string().expect("a number");
        (id, switches.sum())
    });
    counted.collect()
}

/// Several times the tenth of a second after which the original's watchdog looks again.
const A_WHILE: Duration = Duration::from_millis(350);

#[test]
fn a_wait_for_a_while_wakes_no_thread_of_the_library() {
    let before = switches();
    crochet::setup().expect("a reactor");
    let pending = crochet::run_in_reactor(future::pending::<()>);
    let reactor = crochet::wait_for(LONG, || async { Thread::current() }).expect("a value");
    reactor.spin_until_asleep();
    let own = || {
        let mut own = switches();
        own.retain(|thread, _| !before.contains_key(thread));
        own
    };
    let idle = own();
    assert_eq!(idle.len(), 1, "the reactor's thread and no other");
    let waited = pending.wait(A_WHILE);
    assert!(matches!(waited, Err(EventualError::Timeout)), "{waited:?}");
    // A thread shows as asleep a moment before it is counted as having stopped.
    let woken = own().values().sum::<u64>() - idle.values().sum::<u64>();
    assert!(woken < 2, "it ran {woken} times");
}
