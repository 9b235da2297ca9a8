//! Timers on the real clock: never early, and finer than a millisecond.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use crochet::{Reactor, sleep, spawn, timeout};

fn measure(duration: Duration) -> Duration {
    let mut reactor = Reactor::new().unwrap();
    let measured = reactor.block_on(async move {
        let begun = Instant::now();
        sleep(duration).await;
        begun.elapsed()
    });
    measured.unwrap()
}

#[test]
fn no_sleep_on_the_real_clock_is_early() {
    let durations = [0, 1, 2, 50, 999, 1000, 1001, 3333, 1_500_000].map(Duration::from_micros);
    for duration in durations {
        let measured = measure(duration);
        assert!(measured >= duration, "{measured:?} for {duration:?}");
        assert!(
            measured < duration + Duration::from_secs(10),
            "{measured:?} for {duration:?}"
        );
    }
    for nanos in (1..5000).step_by(13) {
        let duration = Duration::from_nanos(nanos);
        let measured = measure(duration);
        assert!(measured >= duration, "{measured:?} for {duration:?}");
    }
}

#[test]
fn a_sleep_below_a_millisecond_ends_well_below_a_millisecond_late() {
    // A poller that counts in milliseconds would be late in every round; a busy machine is in some.
    let medians: Vec<_> = (0..10)
        .map(|_| median_lateness(Duration::from_micros(50)))
        .collect();
    let best = medians.iter().min().expect("ten rounds");
    assert!(*best < Duration::from_micros(500), "{medians:?}");
}

fn median_lateness(duration: Duration) -> Duration {
    let mut reactor = Reactor::new().unwrap();
    let measured = reactor.block_on(async move {
        let mut lateness = Vec::new();
        for _ in 0..31 {
            let begun = Instant::now();
            sleep(duration).await;
            lateness.push(begun.elapsed() - duration);
        }
        lateness
    });
    let mut lateness = measured.unwrap();
    lateness.sort();
    lateness[lateness.len() / 2]
}

#[test]
fn an_earlier_timer_that_is_set_later_is_in_time() {
    let mut reactor = Reactor::new().unwrap();
    let begun = Instant::now();
    reactor
        .block_on(async {
            let far = spawn(sleep(Duration::from_secs(3600)));
            let near = spawn(sleep(Duration::from_millis(900)));
            sleep(Duration::from_micros(100)).await;
            let nearer = spawn(sleep(Duration::from_micros(500)));
            nearer.await.expect("no panic");
            near.cancel();
            sleep(Duration::from_micros(500)).await;
            far.cancel();
        })
        .unwrap();
    assert!(begun.elapsed() >= Duration::from_micros(1100));
}

#[test]
fn a_sleep_that_outlives_a_stop_does_not_end_early() {
    let mut reactor = Reactor::new().unwrap();
    let duration = Duration::from_millis(20);
    let begun = Instant::now();
    let (tell, told) = mpsc::channel();
    reactor
        .block_on(async move {
            let mut nap = Box::pin(sleep(duration));
            assert!(timeout(Duration::ZERO, &mut nap).await.is_err());
            tell.send(nap).expect("the test listens");
        })
        .unwrap();
    // Between the runs its timer was taken back.
    let nap = told.recv().expect("it was sent");
    reactor.block_on(nap).unwrap();
    assert!(begun.elapsed() >= duration, "never early");
}
