//! Threads that use a reactor of their own in place of the process's. No test here sets that up.

use std::panic;
use std::time::Duration;

use crochet::testing::{VirtualReactor, with_reactor};
use crochet::{EventualError, WaitError, run_in_reactor};

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

fn start() -> VirtualReactor {
    VirtualReactor::start().expect("a thread can be started")
}

#[run_in_reactor]
async fn sleep_in_the_background(length: Duration) -> &'static str {
    crochet::sleep(length).await;
    "slept"
}

#[test]
fn calls_go_to_the_threads_own_reactor_and_then_to_the_one_before() {
    let (outer, inner) = (start(), start());
    assert!(matches!(crochet::remote(), Err(WaitError::NotSetUp)));
    with_reactor(outer.remote(), || {
        let on_outer = sleep_in_the_background(SECOND);
        let unwound = panic::catch_unwind(|| {
            with_reactor(inner.remote(), || {
                let on_inner = sleep_in_the_background(SECOND);
                inner.clock().advance(SECOND);
                assert!(on_inner.is_ready());
                panic::resume_unwind(Box::new("out of it"));
            });
        });
        assert!(unwound.is_err());
        assert!(!on_outer.is_ready(), "its time has not moved");
        let also_on_outer = sleep_in_the_background(SECOND);
        outer.clock().advance(SECOND);
        assert!(on_outer.is_ready() && also_on_outer.is_ready());
    });
    let refused = sleep_in_the_background(SECOND).wait(SECOND);
    assert!(matches!(refused, Err(EventualError::NotSetUp)));
}

#[test]
fn setting_up_does_nothing_on_a_thread_with_a_reactor_of_its_own() {
    let reactor = start();
    with_reactor(reactor.remote(), || crochet::setup().unwrap());
    assert!(matches!(crochet::remote(), Err(WaitError::NotSetUp)));
}

#[test]
fn operations_submit_to_the_reactor_that_they_run_on() {
    let reactor = start();
    let clock = reactor.clock();
    let result = with_reactor(reactor.remote(), || {
        run_in_reactor(|| async { sleep_in_the_background(HOUR).await })
    });
    clock.advance(HOUR);
    assert_eq!(result.wait(Duration::ZERO).unwrap().unwrap(), "slept");
}
