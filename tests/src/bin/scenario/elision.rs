//! System calls that wake the loop, for a tracer to count.

use crochet_tests::child::say;
use crochet_tests::hold::Held;
use crochet_tests::program::case_and_settings;
use crochet_tests::threads::Thread;
use crochet_tests::{LONG, logs};

pub(crate) fn submits_to_a_busy_and_a_sleeping_loop() {
    let (_this, settings) = case_and_settings();
    logs::capture();
    crochet::setup_with(&settings).expect("a reactor can be started");
    let reactor = crochet::wait_for(LONG, || async { Thread::current() }).expect("a value");

    let held = Held::hold();
    say("the loop is busy");
    let results: Vec<_> = (0..1000)
        .map(|x| crochet::run_in_reactor(move || async move { x }))
        .collect();
    say("the loop goes on");
    drop(held);
    for (x, result) in results.iter().enumerate() {
        assert_eq!(result.wait(LONG).expect("a value"), x);
    }

    for x in 0..10 {
        reactor.spin_until_asleep();
        say("the loop sleeps");
        let result = crochet::run_in_reactor(move || async move { x });
        say("submitted");
        assert_eq!(result.wait(LONG).expect("a value"), x);
    }
}
