//! What threads do that wait for an operation. One test: they share the cores.
#![cfg(target_os = "linux")]

use std::future;
use std::sync::mpsc;
use std::thread::{self, available_parallelism};
use std::time::Instant;

use crochet_reactor::{BlockingError, Builder, WaitStrategy, interrupt_waits, sleep};
use crochet_tests::backends::for_every_backend;
use crochet_tests::host::Host;
use crochet_tests::threads::Thread;
use crochet_tests::{LONG, SHORT};

/// Returns how often the calling thread sleeps while it waits for `calls` short sleeps.
fn sleeps_in(calls: u32, host: &Host) -> u64 {
    let this = Thread::current();
    let before = this.sleeps();
    for _ in 0..calls {
        // It has not ended before it is waited for.
        let napping = host.remote().submit(|| sleep(SHORT)).expect("no limit");
        napping.wait(LONG).expect("it ends");
    }
    this.sleeps() - before
}

fn awaited(settings: &Builder, strategy: WaitStrategy) -> Host {
    Host::with(settings.clone().wait_strategy(strategy))
}

#[test]
fn a_caller_spins_if_it_is_to_and_ends_its_wait_all_the_same() {
    for_every_backend(|settings| {
        let spins = available_parallelism().is_ok_and(|cores| cores.get() > 1);
        let host = awaited(&settings, WaitStrategy::SpinThenPark(LONG));
        sleeps_in(1, &host);
        assert_eq!(sleeps_in(10, &host) == 0, spins);

        let pending = || {
            host.remote()
                .submit(future::pending::<()>)
                .expect("no limit")
        };

        // The time is up.
        let begun = Instant::now();
        let waited = pending().wait(SHORT);
        assert!(matches!(waited, Err(BlockingError::TimedOut)), "{waited:?}");
        assert!(begun.elapsed() >= SHORT);

        // All waits are interrupted, as often as it takes for one to have begun before.
        let waited = thread::scope(|scope| {
            let waiting = scope.spawn(|| pending().wait(LONG));
            while !waiting.is_finished() {
                interrupt_waits();
                thread::yield_now();
            }
            waiting.join().expect("no panic")
        });
        assert!(
            matches!(waited, Err(BlockingError::Interrupted)),
            "{waited:?}"
        );

        // The reactor stops.
        let waited = thread::scope(|scope| {
            let waiting = scope.spawn(|| pending().wait(LONG));
            host.remote().stop();
            waiting.join().expect("no panic")
        });
        assert!(
            matches!(waited, Err(BlockingError::Stopped) | Ok(())),
            "{waited:?}"
        );

        // One that parks.
        let host = awaited(&settings, WaitStrategy::Park);
        let pending = host.remote().submit(future::pending::<()>);
        let pending = pending.expect("no limit");
        thread::scope(|scope| {
            let (tell, told) = mpsc::channel();
            let waiting = scope.spawn(|| {
                let tell = tell;
                tell.send(Thread::current()).expect("it is received");
                pending.wait(LONG)
            });
            told.recv().expect("it begins").spin_until_asleep();
            pending.cancel();
            waiting.join().expect("no panic").expect("it ends");
        });
    });
}
