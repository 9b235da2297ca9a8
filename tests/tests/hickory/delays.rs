//! hickory's delays and time limits, in virtual time.

use std::future::{Future, pending, poll_fn, ready};
use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use crochet::hickory::HickoryTime;
use crochet::testing::Harness;
use crochet_tests::backends::for_every_backend;
use crochet_tests::executor;
use hickory_resolver::proto::runtime::Time;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const TICK: Duration = Duration::from_micros(1);

type Delay = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Polls a delay once.
async fn begin(mut delay: Delay) -> Delay {
    let polled = poll_fn(|cx| Poll::Ready(delay.as_mut().poll(cx))).await;
    assert!(polled.is_pending());
    delay
}

#[test]
fn a_delay_ends_when_its_time_has_come_and_not_before() {
    let mut harness = Harness::new();
    let task = harness.spawn(HickoryTime::delay_for(secs(3)));
    harness.advance(secs(3) - TICK);
    assert!(!task.is_finished());
    harness.advance(TICK);
    assert!(task.is_finished());
}

#[test]
fn a_future_has_its_time_and_no_more() {
    let mut harness = Harness::new();
    let task = harness.spawn(HickoryTime::timeout(secs(3), pending::<()>()));
    harness.advance(secs(3) - TICK);
    assert!(!task.is_finished());
    harness.advance(TICK);
    let ended = harness.block_on(task).expect("it ends").expect("no panic");
    let why = ended.expect_err("it takes for ever");
    assert_eq!(why.kind(), io::ErrorKind::TimedOut);
}

#[test]
fn a_future_that_is_ready_at_the_deadline_is_in_time() {
    let mut harness = Harness::new();
    let task = harness.spawn(HickoryTime::timeout(secs(3), slowly(secs(3))));
    harness.advance(secs(3));
    let ended = harness.block_on(task).expect("it ends").expect("no panic");
    assert_eq!(ended.expect("it is in time"), "done");
    let ended = harness.block_on(HickoryTime::timeout(Duration::ZERO, ready(7)));
    assert_eq!(ended.expect("it ends").expect("it is in time"), 7);
    assert_eq!(timers(&harness), 0);
}

async fn slowly(length: Duration) -> &'static str {
    HickoryTime::delay_for(length).await;
    "done"
}

#[test]
fn giving_a_delay_up_takes_its_timer_back() {
    let mut harness = Harness::new();
    let task = harness.spawn(HickoryTime::timeout(secs(3), pending::<()>()));
    harness.run_until_idle();
    assert_eq!(timers(&harness), 1);
    task.cancel();
    harness.run_until_idle();
    assert_eq!(timers(&harness), 0);
}

#[test]
fn a_delay_that_is_dropped_on_another_thread_gives_its_timer_back() {
    let mut harness = Harness::new();
    let delay = harness.block_on(begin(HickoryTime::delay_for(secs(3))));
    let delay = delay.expect("it is begun");
    assert_eq!(timers(&harness), 1);
    thread::spawn(move || drop(delay)).join().expect("it drops");
    harness.run_until_idle();
    assert_eq!(timers(&harness), 0);
}

#[test]
fn a_delay_goes_on_in_the_next_run_of_its_reactor() {
    for_every_backend(|settings| {
        let mut reactor = settings.build().expect("a reactor can be made");
        let length = Duration::from_millis(5);
        let begun = Instant::now();
        let delay = reactor.block_on(begin(HickoryTime::delay_for(length)));
        let delay = delay.expect("the first run ends");
        reactor.block_on(delay).expect("the second run ends");
        assert!(begun.elapsed() >= length);
    });
}

#[test]
#[should_panic(expected = "this thread is not running a reactor")]
fn there_are_no_delays_where_there_is_no_reactor() {
    executor::block_on(HickoryTime::delay_for(TICK));
}

/// Returns how many timers are set.
fn timers(harness: &Harness) -> usize {
    let debug = format!("{harness:?}");
    let (_, rest) = debug.split_once("timers: ").expect("it is told");
    let digits = rest.split(|letter: char| !letter.is_ascii_digit()).next();
    digits
        .and_then(|digits| digits.parse().ok())
        .expect("a number")
}
