//! Intervals, deadlines and time limits that share one, on virtual time.

use std::future::pending;
use std::task::Poll;
use std::time::Duration;

use crochet::testing::{Harness, block_loop_for};
use crochet::{Deadline, Interval, interval, interval_at, sleep, sleep_until, timeout, timeout_at};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

fn secs(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Runs a test on a reactor with virtual time; returns how long it took.
fn on_reactor(body: impl Future<Output = ()> + 'static) -> Duration {
    let mut harness = Harness::new();
    harness.block_on(body).expect("the test ends");
    harness.now()
}

/// Waits for a tick, and returns how many it stands for, and when it came.
async fn tick(interval: &mut Interval, end_of_day: &Deadline) -> (u64, f64) {
    let count = interval.tick().await;
    (count, (DAY - end_of_day.left()).as_secs_f64())
}

#[test]
fn the_first_tick_is_at_once_and_the_others_are_on_the_grid() {
    on_reactor(async {
        let day = Deadline::after(DAY);
        let mut interval = interval(secs(1.5));
        assert_eq!(interval.period(), secs(1.5));
        for expected in [(1, 0.), (1, 1.5), (1, 3.), (1, 4.5)] {
            assert_eq!(tick(&mut interval, &day).await, expected);
        }
    });
}

#[test]
fn the_first_tick_may_be_at_a_given_time() {
    on_reactor(async {
        let day = Deadline::after(DAY);
        let mut interval = interval_at(&Deadline::after(secs(0.5)), SECOND);
        for expected in [(1, 0.5), (1, 1.5), (1, 2.5)] {
            assert_eq!(tick(&mut interval, &day).await, expected);
        }
    });
}

#[test]
fn ticks_that_nobody_waited_for_are_counted_and_not_made_up_for() {
    on_reactor(async {
        let day = Deadline::after(DAY);
        let mut interval = interval(SECOND);
        assert_eq!(tick(&mut interval, &day).await, (1, 0.));
        sleep(secs(3.5)).await;
        assert_eq!(tick(&mut interval, &day).await, (4, 4.));
        assert_eq!(tick(&mut interval, &day).await, (1, 5.));
    });
}

#[test]
fn ticks_that_pass_while_the_loop_is_busy_are_counted() {
    on_reactor(async {
        let day = Deadline::after(DAY);
        let mut interval = interval(SECOND);
        assert_eq!(tick(&mut interval, &day).await, (1, 0.));
        crochet::call_later(secs(0.5), || block_loop_for(secs(2.75)));
        assert_eq!(tick(&mut interval, &day).await, (3, 3.25));
        assert_eq!(tick(&mut interval, &day).await, (1, 4.));
    });
}

#[test]
fn giving_up_a_wait_for_a_tick_loses_none() {
    on_reactor(async {
        let day = Deadline::after(DAY);
        let mut interval = interval(SECOND);
        interval.tick().await;
        for _ in 0..3 {
            assert!(timeout(secs(0.25), interval.tick()).await.is_err());
        }
        assert_eq!(tick(&mut interval, &day).await, (1, 1.));
        assert!(timeout(secs(0.25), interval.tick()).await.is_err());
        // It comes while nobody waits, and had been waited for.
        sleep(SECOND).await;
        assert_eq!(tick(&mut interval, &day).await, (1, 2.25));
        assert_eq!(tick(&mut interval, &day).await, (1, 3.));
    });
}

#[test]
fn reset_anchors_the_grid_anew() {
    on_reactor(async {
        let day = Deadline::after(DAY);
        let mut interval = interval(SECOND);
        interval.tick().await;
        sleep(secs(2.25)).await;
        interval.reset();
        assert_eq!(tick(&mut interval, &day).await, (1, 3.25));
        assert_eq!(tick(&mut interval, &day).await, (1, 4.25));
    });
}

#[test]
fn a_period_of_zero_ticks_once_a_turn() {
    let took = on_reactor(async {
        let mut interval = interval(Duration::ZERO);
        for _ in 0..100 {
            assert_eq!(interval.tick().await, 1);
            let polled = std::future::poll_fn(|cx| Poll::Ready(interval.poll_tick(cx))).await;
            assert!(polled.is_pending(), "others have their turns between");
        }
    });
    assert_eq!(took, Duration::ZERO);
}

#[test]
fn periods_do_not_add_up_errors() {
    let took = on_reactor(async {
        let mut interval = interval(Duration::from_nanos(1_000_333));
        for _ in 0..=3000 {
            assert_eq!(interval.tick().await, 1);
        }
    });
    assert_eq!(took, Duration::from_micros(3_000_999));
}

#[test]
fn several_steps_share_a_deadline() {
    let took = on_reactor(async {
        let deadline = Deadline::after(SECOND * 3);
        for _ in 0..2 {
            let ended = timeout_at(&deadline, sleep(SECOND)).await;
            assert!(ended.is_ok());
        }
        assert_eq!(deadline.left(), SECOND);
        assert!(timeout_at(&deadline, pending::<()>()).await.is_err());
        assert_eq!(deadline.left(), Duration::ZERO);
        let ready = timeout_at(&deadline, async { 7 }).await;
        assert_eq!(ready, Ok(7), "what is ready is not given up");
    });
    assert_eq!(took, SECOND * 3);
}

#[test]
fn sleeping_until_a_deadline_that_has_passed_lasts_a_turn() {
    let took = on_reactor(async {
        let deadline = Deadline::after(SECOND);
        sleep(SECOND * 2).await;
        sleep_until(&deadline).await;
    });
    assert_eq!(took, SECOND * 2);
}

#[test]
fn a_sleep_can_be_begun_anew() {
    let took = on_reactor(async {
        let mut rest = std::pin::pin!(sleep(SECOND));
        for _ in 0..3 {
            assert!(timeout(secs(0.75), rest.as_mut()).await.is_err());
            rest.reset(SECOND);
        }
        rest.as_mut().await;
        rest.reset(SECOND);
        rest.await;
    });
    assert_eq!(took, secs(0.75 * 3. + 2.));
}
