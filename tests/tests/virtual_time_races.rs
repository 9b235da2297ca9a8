//! Virtual time while several threads submit, wait and interrupt: it moves only when everybody has done what there
//! is to do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crochet::testing::{VirtualReactor, with_reactor};
use crochet::{EventualError, run_in_reactor, sleep, wait_for};

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);
const ROUNDS: usize = 2000;

fn start() -> VirtualReactor {
    VirtualReactor::start().expect("a thread can be started")
}

/// Calls `body` while another thread submits operations to the reactor, one after the other.
fn while_another_submits(reactor: &VirtualReactor, body: impl FnOnce()) {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            with_reactor(reactor.remote(), || {
                while !is_over.load(Ordering::Relaxed) {
                    let submitted = run_in_reactor(|| async {});
                    // One at a time: it is to come at any moment, not to flood the loop.
                    while !submitted.is_ready() && !is_over.load(Ordering::Relaxed) {
                        thread::yield_now();
                    }
                }
            });
        });
        with_reactor(reactor.remote(), body);
        is_over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn what_was_submitted_before_is_done_first_whoever_else_submits() {
    let reactor = start();
    while_another_submits(&reactor, || {
        for round in 0..ROUNDS {
            let slept = run_in_reactor(|| sleep(SECOND));
            reactor.clock().advance(SECOND);
            assert!(slept.is_ready(), "round {round}");
        }
    });
}

#[test]
fn no_time_passes_by_itself_while_the_loop_has_something_to_do_whoever_sent_it() {
    let reactor = start();
    while_another_submits(&reactor, || {
        let _passing = reactor.clock().auto_advance();
        for round in 0..ROUNDS {
            let called = wait_for(SECOND, || async { 1 });
            assert!(called.is_ok(), "round {round}: {called:?}");
        }
    });
}

#[test]
fn a_wait_that_cancels_does_so_at_its_limit_and_not_later() {
    for round in 0..200 {
        let reactor = start();
        let result = with_reactor(reactor.remote(), || {
            run_in_reactor(|| sleep(HOUR + MILLISECOND))
        });
        thread::scope(|scope| {
            let waiter = scope.spawn(|| result.wait_or_cancel(HOUR));
            reactor.clock().wait_for_blocked(1);
            reactor.clock().advance(HOUR * 2);
            let waited = waiter.join().expect("no panic");
            let timed_out = matches!(waited, Err(EventualError::Timeout));
            assert!(timed_out, "round {round}: {waited:?}");
        });
    }
}
