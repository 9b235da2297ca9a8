//! Virtual time that passes by itself while everybody is blocked.

use std::future;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use crochet::testing::{Clock, VirtualReactor, with_reactor};
use crochet::{EventualError, Remote, WaitError, run_in_reactor, wait_for};

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

fn start() -> VirtualReactor {
    VirtualReactor::start().expect("a thread can be started")
}

#[wait_for(timeout = 3600.0)]
async fn sleep_within_an_hour(length: Duration) -> Result<&'static str, WaitError> {
    crochet::sleep(length).await;
    Ok("slept")
}

#[run_in_reactor]
async fn sleep_in_the_background(length: Duration) -> &'static str {
    crochet::sleep(length).await;
    "slept"
}

#[test]
fn the_time_passes_by_itself_while_the_caller_is_blocked() {
    let reactor = start();
    let clock = reactor.clock();
    with_reactor(reactor.remote(), || {
        let _auto = clock.auto_advance();
        assert_eq!(sleep_within_an_hour(SECOND).unwrap(), "slept");
        assert_eq!(clock.now(), SECOND);

        let background = sleep_in_the_background(HOUR * 10);
        assert!(matches!(background.wait(HOUR), Err(EventualError::Timeout)));
        assert_eq!(clock.now(), SECOND + HOUR);
        assert_eq!(background.wait(HOUR * 24).unwrap(), "slept");
        assert_eq!(clock.now(), SECOND + HOUR * 10);

        for _ in 0..200 {
            let before = clock.now();
            assert_eq!(crochet::wait_for(HOUR, || async { 1 }).unwrap(), 1);
            assert_eq!(clock.now(), before, "no time passes without need");
        }
    });
    let later = with_reactor(reactor.remote(), || sleep_in_the_background(SECOND));
    thread::scope(|scope| {
        let waiter = scope.spawn(|| later.wait(HOUR));
        clock.wait_for_blocked(1);
        assert_eq!(clock.blocked(), 1, "it stands still again");
        assert!(!waiter.is_finished());
        clock.advance(SECOND);
        waiter.join().unwrap().unwrap();
    });
}

#[test]
fn threads_that_let_the_time_pass_together_see_the_same_times_in_every_run() {
    fn times(clock: &Clock, remote: &Remote, start: &Barrier, timeout: Duration) -> Vec<Duration> {
        let _auto = clock.auto_advance();
        start.wait();
        with_reactor(remote, || {
            (0..5)
                .map(|_| {
                    let waited = crochet::wait_for(timeout, future::pending::<()>);
                    assert!(matches!(waited, Err(WaitError::Timeout)));
                    clock.now()
                })
                .collect()
        })
    }

    for _ in 0..20 {
        let reactor = start();
        let start = Barrier::new(3);
        let timeouts = [SECOND * 2, SECOND * 3, SECOND * 7];
        thread::scope(|scope| {
            let threads = timeouts.map(|timeout| {
                let (reactor, start) = (&reactor, &start);
                scope.spawn(move || times(reactor.clock(), reactor.remote(), start, timeout))
            });
            for (thread, timeout) in threads.into_iter().zip(timeouts) {
                let expected: Vec<_> = (1..=5).map(|times| timeout * times).collect();
                assert_eq!(thread.join().unwrap(), expected);
            }
        });
        assert_eq!(reactor.clock().now(), SECOND * 35);
    }
}
