//! Interrupts on virtual time. One test: an interrupt goes to all waits of the process.

use std::thread;
use std::time::Duration;

use crochet::testing::{VirtualReactor, with_reactor};
use crochet::{WaitError, interrupt_waits, sleep, wait_for};

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

#[test]
fn an_interrupted_wait_ends_before_the_time_moves() {
    for _ in 0..100 {
        let reactor = VirtualReactor::start().expect("a thread can be started");
        thread::scope(|scope| {
            let caller =
                scope.spawn(|| with_reactor(reactor.remote(), || wait_for(HOUR, || sleep(SECOND))));
            reactor.clock().wait_for_blocked(1);
            interrupt_waits();
            reactor.clock().advance(HOUR);
            let called = caller.join().expect("no panic");
            assert!(matches!(called, Err(WaitError::Interrupted)), "{called:?}");
        });
    }

    // The same when the time passes by itself.
    let reactor = VirtualReactor::start().expect("a thread can be started");
    with_reactor(reactor.remote(), || {
        let _passing = reactor.clock().auto_advance();
        for _ in 0..100 {
            let called = wait_for(HOUR, || async {
                sleep(SECOND).await;
                interrupt_waits();
                sleep(SECOND).await;
            });
            assert!(matches!(called, Err(WaitError::Interrupted)), "{called:?}");
        }
    });
}
