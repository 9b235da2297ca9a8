//! Reactors that something goes wrong with.

use std::future;
use std::thread;
use std::time::Duration;

use crochet::{EventualError, EventualResult, Phase};
use crochet_tests::LONG;
use crochet_tests::child::LEAVING;
use crochet_tests::child::say;
use crochet_tests::hold::Flag;

use crate::exit;

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("a destructor's panic");
    }
}

/// Everything of a program's that a reactor calls panics; then the program ends.
pub(crate) fn panics_everywhere() {
    exit::setup();
    let result: EventualResult<()> = crochet::run_in_reactor(|| async {
        panic!("an operation's panic");
    });
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let waited = result.wait(LONG);
                assert!(matches!(waited, Err(EventualError::Panicked(_))));
            });
        }
    });
    crochet::wait_for(LONG, || async {
        crochet::call_later(Duration::ZERO, || panic!("a timer's panic"));
        drop(crochet::spawn(async { panic!("a task's panic") }));
        crochet::sleep(Duration::from_micros(10)).await;
    })
    .expect("the reactor goes on");
    let begun = Flag::new();
    let tell = begun.clone();
    drop(crochet::run_in_reactor(move || async move {
        let _value = PanicsWhenDropped;
        tell.set();
        future::pending::<()>().await;
    }));
    begun.spin();
    let remote = crochet::remote().expect("there is a reactor");
    remote.add_trigger(Phase::Before, LONG, || async {
        panic!("a trigger's panic")
    });
    say(LEAVING);
}

/// The system's poller fails for good, as it does when a program closes files that are not its own.
#[cfg(target_os = "linux")]
pub(crate) fn loses_its_poller() {
    use crochet::WaitError;
    use crochet_tests::pollers;

    exit::setup();
    let begun = [Flag::new(), Flag::new()];
    let [first, second] = begun.clone();
    let result = crochet::run_in_reactor(move || {
        first.set();
        future::pending::<()>()
    });
    thread::scope(|scope| {
        let waiter = scope.spawn(|| result.wait(LONG));
        let caller = scope.spawn(|| {
            crochet::wait_for(LONG, move || {
                second.set();
                future::pending::<()>()
            })
        });
        begun.iter().for_each(Flag::spin);
        drop(crochet::run_in_reactor(|| async { pollers::break_all() }));
        let waited = waiter.join().expect("no panic");
        assert!(matches!(waited, Err(EventualError::Stopped)), "{waited:?}");
        let called = caller.join().expect("no panic");
        assert!(matches!(called, Err(WaitError::Stopped)), "{called:?}");
    });
    say("all were told");
    crochet::stop(LONG).expect("it has stopped");
    crochet::setup().expect("another reactor");
    assert_eq!(crochet::wait_for(LONG, || async { 7 }).expect("it runs"), 7);
    say(LEAVING);
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn loses_its_poller() {
    unreachable!("the test is for Linux");
}
