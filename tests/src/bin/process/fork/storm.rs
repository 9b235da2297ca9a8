//! Programs that fork while other threads are busy in the library.

use std::convert::Infallible;
use std::future;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use crochet::channel::{RecvError, SendError};
use crochet::{EventualError, EventualResult, Phase, WaitError};
use crochet_tests::child::say;
use crochet_tests::forked::{self, Child};
use crochet_tests::hold::Flag;
use crochet_tests::{LONG, logs};

use super::{assert_forked, assert_works, setup};

/// Forks while other threads use the library in every way, so that whatever lock there is, is held at some fork.
pub(crate) fn forks_whatever_is_locked() {
    logs::capture();
    setup();
    let stop = Flag::new();
    let remote = crochet::remote().expect("there is a reactor");
    let (sender, receiver) = remote.channel::<usize>(4);
    let busy: Vec<_> = (0..8)
        .map(|number| {
            let stop = stop.clone();
            let (sender, receiver) = (sender.clone(), receiver.clone());
            thread::spawn(move || {
                while !stop.is_set() {
                    use_everything(number);
                    sender.send_within(number, LONG).expect("there is room");
                    receiver.recv_within(LONG).expect("each has sent one");
                }
            })
        })
        .collect();
    for round in 0..200 {
        let inherited = crochet::run_in_reactor(future::pending::<()>);
        let (setter, set) = EventualResult::<usize>::pair();
        let mut setter = Some(setter);
        let child = forked::fork(|| {
            assert!(matches!(inherited.wait(LONG), Err(EventualError::Forked)));
            assert!(matches!(set.wait(LONG), Err(EventualError::Forked)));
            let setter = setter.take().expect("the child's copy");
            assert_eq!(setter.set(Ok(round)), Err(Ok(round)));
            let sent = sender.send_within(round, LONG);
            assert_eq!(sent, Err(SendError::Forked(round)));
            assert_eq!(receiver.recv_within(LONG), Err(RecvError::Forked));
            assert_forked(crochet::wait_for(LONG, || async {}));
            if round % 2 == 0 {
                crochet::setup().expect("a reactor of the child's");
                assert_works();
                crochet::stop(LONG).expect("it stops");
            }
        });
        child.assert_ends_well();
        inherited.cancel();
        let setter = setter.take().expect("the parent's");
        setter.set(Ok(round)).expect("somebody waits");
        assert_eq!(set.wait(LONG).expect("a value"), round);
    }
    stop.set();
    for thread in busy {
        thread.join().expect("the parent's threads go on");
    }
    assert_works();
    say("200 forks");
}

fn use_everything(number: usize) {
    let waited = crochet::wait_for(LONG, move || async move { number });
    assert_eq!(waited.expect("a value"), number);
    let waited = crochet::wait_for(Duration::ZERO, future::pending::<()>);
    assert!(matches!(waited, Err(WaitError::Timeout)));
    crochet::wait_for_borrowed(LONG, || async { number }).expect("a value");
    let result =
        crochet::run_in_reactor(|| async { crochet::sleep(Duration::from_micros(50)).await });
    result.wait(LONG).expect("it ends");
    let failed = crochet::try_run_in_reactor(|| async { Err::<(), _>("nobody asks") });
    drop(failed);
    let stashed = crochet::run_in_reactor(move || async move { number }).stash();
    let result = crochet::retrieve_result::<usize, Infallible>(stashed);
    assert_eq!(result.expect("stored").wait(LONG).expect("a value"), number);
    let (setter, result) = EventualResult::<usize>::pair();
    setter.set(Ok(number)).expect("somebody waits");
    assert_eq!(result.wait(LONG).expect("a value"), number);
    let pooled = crochet::wait_for(LONG, || crochet::defer_to_thread(|| 7));
    assert_eq!(pooled.expect("it ends").expect("a value"), 7);
    let remote = crochet::remote().expect("there is a reactor");
    let trigger = remote.add_trigger(Phase::After, LONG, || async {});
    assert!(remote.remove_trigger(trigger));
    log::info!("thread {number}");
}

/// Forks while the very first reactor is being made.
pub(crate) fn forks_during_the_first_setup() {
    let ready = Arc::new(Barrier::new(5));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let ready = Arc::clone(&ready);
            thread::spawn(move || {
                ready.wait();
                crochet::setup().expect("a reactor");
                assert_works();
            })
        })
        .collect();
    ready.wait();
    let children: Vec<_> = (0..20)
        .map(|_| {
            forked::fork(|| {
                crochet::setup().expect("a reactor of the child's");
                assert_works();
            })
        })
        .collect();
    children.into_iter().for_each(Child::assert_ends_well);
    for thread in threads {
        thread.join().expect("no panic");
    }
    say("set up");
}
