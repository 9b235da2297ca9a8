//! The process's reactor on virtual time. One test: it has the process to itself.

use std::future;
use std::thread;
use std::time::Duration;

use crochet::testing::setup_virtual;
use crochet::{EventualError, SetupError, WaitError, interrupt_waits, run_in_reactor, wait_for};

const HOUR: Duration = Duration::from_secs(3600);

/// A limit in real time.
const LONG: Duration = Duration::from_secs(60);

#[wait_for(timeout = 3600.0)]
async fn wait_for_ever() -> Result<(), WaitError> {
    future::pending().await
}

#[test]
fn the_processes_reactor_can_be_on_virtual_time() {
    let clock = setup_virtual().unwrap();
    assert!(matches!(setup_virtual(), Err(SetupError::AlreadySetUp)));
    assert!(matches!(crochet::no_setup(), Err(SetupError::AlreadySetUp)));
    crochet::setup().expect("it does nothing");

    let caller = thread::spawn(wait_for_ever);
    clock.wait_for_blocked(1);
    clock.advance(HOUR - Duration::from_secs(1));
    assert_eq!(clock.blocked(), 1);
    clock.advance(Duration::from_secs(1));
    assert!(matches!(caller.join().unwrap(), Err(WaitError::Timeout)));

    let never = run_in_reactor(future::pending::<()>);
    thread::scope(|scope| {
        let waiter = scope.spawn(|| never.wait(HOUR));
        clock.wait_for_blocked(1);
        interrupt_waits();
        assert!(matches!(
            waiter.join().unwrap(),
            Err(EventualError::Interrupted)
        ));
    });

    crochet::stop(LONG).unwrap();
    assert!(matches!(wait_for_ever(), Err(WaitError::Stopped)));
    let again = setup_virtual().expect("the one before has stopped");
    assert_eq!(again.now(), Duration::ZERO, "each has a clock of its own");
    let _auto = again.auto_advance();
    assert!(matches!(wait_for_ever(), Err(WaitError::Timeout)));
    assert_eq!((again.now(), clock.now()), (HOUR, HOUR));

    crochet::stop(LONG).unwrap();
    crochet::setup().expect("a reactor in real time");
    assert_eq!(wait_for(LONG, || async { 1 }).unwrap(), 1);
}
