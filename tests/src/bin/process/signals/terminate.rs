//! Programs that are sent `SIGTERM`.

use std::thread;
use std::time::Duration;

use crochet::WaitError;
use crochet::signals::{self, AfterDrain, Settings};
use crochet_tests::child::say;
use crochet_tests::hold::Flag;
use crochet_tests::program::proceed;
use crochet_tests::{LONG, SHORT};

use super::{begin, begin_with, dispose_by_default};

/// Says something when it is dropped.
struct Says(&'static str);

impl Drop for Says {
    fn drop(&mut self) {
        say(self.0);
    }
}

/// Waits until the reactor takes no more operations.
fn spin_until_draining() {
    while !matches!(
        crochet::wait_for(LONG, || async {}),
        Err(WaitError::Stopped)
    ) {
        thread::yield_now();
    }
}

/// Begins an operation that ends when the flag is set.
fn operate_until(end: &Flag) {
    let (begun, end) = (Flag::new(), end.clone());
    let tell = begun.clone();
    let result = crochet::run_in_reactor(move || async move {
        let _says = Says("the operation has ended");
        tell.set();
        while !end.is_set() {
            crochet::sleep(Duration::from_millis(1)).await;
        }
    });
    drop(result);
    begun.spin();
}

pub(crate) fn drains() {
    let signals = begin();
    let end = Flag::new();
    operate_until(&end);
    say("waiting");
    spin_until_draining();
    say("draining");
    end.set();
    // Waits until the operation has ended, and then the process ends.
    drop(signals);
    unreachable!("the signal ends the process");
}

pub(crate) fn drains_until_it_is_killed() {
    let _signals = begin_with(&Settings::default().drain_limit(LONG));
    operate_until(&Flag::new());
    say("waiting");
    spin_until_draining();
    say("draining");
    proceed();
    unreachable!("the second signal ends the process");
}

pub(crate) fn drains_for_a_limited_time() {
    let signals = begin_with(&Settings::default().drain_limit(SHORT));
    operate_until(&Flag::new());
    say("waiting");
    spin_until_draining();
    drop(signals);
    unreachable!("the signal ends the process");
}

pub(crate) fn drains_and_returns() {
    let signals = begin_with(&Settings::default().after_drain(AfterDrain::Return));
    let end = Flag::new();
    operate_until(&end);
    say("waiting");
    spin_until_draining();
    end.set();
    drop(signals);
    say("returned");
}

pub(crate) fn drains_the_applications_reactor() {
    dispose_by_default();
    let mut reactor = crochet::no_setup().expect("a reactor");
    let _signals = signals::handle().expect("signals are handled");
    let worker = thread::spawn(|| {
        let end = Flag::new();
        operate_until(&end);
        say("waiting");
        spin_until_draining();
        end.set();
    });
    reactor.run().expect("runs until it is drained");
    worker.join().expect("no panic");
    say("returned");
}

pub(crate) fn terminates_without_a_reactor() {
    dispose_by_default();
    let _signals = signals::handle().expect("signals are handled");
    say("waiting");
    proceed();
    unreachable!("the signal ends the process");
}
