//! The sleeps that hyper is given: `Send` and `Sync`, though the reactor is neither.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use crochet::JoinHandle;
use crochet::hyper::HyperTimer;
use crochet::testing::Harness;
use crochet_tests::backends::{for_every_backend, on_every_backend};
use hyper::rt::{Sleep, Timer};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const TICK: Duration = Duration::from_micros(1);

/// A sleep that a test and a task share.
type Shared = Rc<RefCell<Pin<Box<dyn Sleep>>>>;

/// Makes a sleep on the harness, and a task that waits for it.
fn start(harness: &mut Harness, duration: Duration) -> (Shared, JoinHandle<()>) {
    let make = async move { Rc::new(RefCell::new(HyperTimer.sleep(duration))) };
    let sleep: Shared = harness.block_on(make).expect("it is made");
    let theirs = Rc::clone(&sleep);
    let task = harness.spawn(poll_fn(move |cx| theirs.borrow_mut().as_mut().poll(cx)));
    harness.run_until_idle();
    (sleep, task)
}

/// Moves the sleep's deadline to so long from now.
fn reset(harness: &mut Harness, sleep: &Shared, duration: Duration) {
    let sleep = Rc::clone(sleep);
    let moved =
        async move { HyperTimer.reset(&mut sleep.borrow_mut(), HyperTimer.now() + duration) };
    harness.block_on(moved).expect("it is moved");
}

#[test]
fn a_sleep_ends_when_its_time_has_come_and_not_before() {
    let mut harness = Harness::new();
    let (_sleep, task) = start(&mut harness, secs(3));
    harness.advance(secs(3) - TICK);
    assert!(!task.is_finished());
    harness.advance(TICK);
    assert!(task.is_finished());
}

#[test]
fn a_sleep_until_an_instant_ends_then() {
    let mut harness = Harness::new();
    harness.advance(Duration::from_nanos(1500));
    let task = harness.spawn(async {
        let before = HyperTimer.now();
        HyperTimer.sleep_until(before + secs(2)).await;
        let late = HyperTimer.now() - (before + secs(2));
        assert!(late < TICK, "{late:?}");
        // An instant that has passed is no longer waited for.
        HyperTimer.sleep_until(before).await;
        assert!(HyperTimer.now() - before < secs(2) + TICK);
    });
    harness.advance(secs(1));
    assert!(!task.is_finished());
    harness.block_on(task).expect("it ends").expect("no panic");
}

#[test]
fn a_sleep_is_moved_with_its_timer() {
    let mut harness = Harness::new();
    let (sleep, task) = start(&mut harness, secs(10));
    assert_eq!(timers(&harness), 1);
    harness.advance(secs(9));
    reset(&mut harness, &sleep, secs(10));
    assert_eq!(timers(&harness), 1);
    harness.advance(secs(10) - TICK);
    assert!(!task.is_finished());
    reset(&mut harness, &sleep, 2 * TICK);
    harness.advance(TICK);
    assert!(!task.is_finished());
    harness.advance(TICK);
    assert!(task.is_finished());
    assert_eq!(timers(&harness), 0);
}

#[test]
fn a_sleep_that_has_ended_can_be_begun_anew() {
    let mut harness = Harness::new();
    let (sleep, task) = start(&mut harness, secs(1));
    harness.advance(secs(1));
    assert!(task.is_finished());
    reset(&mut harness, &sleep, secs(5));
    let task = harness.spawn(poll_fn(move |cx| sleep.borrow_mut().as_mut().poll(cx)));
    harness.advance(secs(5) - TICK);
    assert!(!task.is_finished());
    harness.advance(TICK);
    assert!(task.is_finished());
}

#[test]
fn a_sleep_wakes_the_task_that_polled_last() {
    let mut harness = Harness::new();
    let (sleep, first) = start(&mut harness, secs(1));
    let second = harness.spawn(poll_fn(move |cx| sleep.borrow_mut().as_mut().poll(cx)));
    harness.advance(secs(1));
    assert!(second.is_finished());
    assert!(!first.is_finished(), "it was not woken");
}

#[test]
fn dropping_a_sleep_takes_its_timer_back() {
    let mut harness = Harness::new();
    let (sleep, task) = start(&mut harness, secs(1));
    assert_eq!(timers(&harness), 1);
    task.cancel();
    harness
        .block_on(async move { drop(sleep) })
        .expect("it ends");
    assert_eq!(timers(&harness), 0);
}

/// A sleep of some other timer, which never ends.
struct Strange;

impl Future for Strange {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Sleep for Strange {}

#[test]
fn a_sleep_of_another_timer_is_replaced() {
    let mut harness = Harness::new();
    let task = harness.spawn(async {
        let mut sleep: Pin<Box<dyn Sleep>> = Box::pin(Strange);
        HyperTimer.reset(&mut sleep, HyperTimer.now() + secs(1));
        sleep.await;
    });
    harness.advance(secs(1));
    assert!(task.is_finished());
}

#[test]
fn a_sleep_may_be_dropped_on_another_thread() {
    let mut harness = Harness::new();
    let (sleep, task) = start(&mut harness, secs(5));
    task.cancel();
    harness.run_until_idle();
    let sleep = Rc::into_inner(sleep)
        .expect("the task is gone")
        .into_inner();
    thread::spawn(move || drop(sleep)).join().expect("it drops");
    // What it leaves behind wakes nobody, and is gone when its time has come.
    assert_eq!(timers(&harness), 1);
    harness.advance(secs(5));
    assert_eq!(timers(&harness), 0);
}

#[test]
fn a_sleep_is_only_polled_on_its_reactor() {
    let mut harness = Harness::new();
    let (sleep, _task) = start(&mut harness, secs(5));
    let poll = |sleep: &Shared| {
        let mut cx = Context::from_waker(Waker::noop());
        sleep.borrow_mut().as_mut().poll(&mut cx)
    };
    let nowhere = catch_unwind(AssertUnwindSafe(|| poll(&sleep)));
    assert!(nowhere.is_err(), "this thread is not in the reactor");
    let theirs = Rc::clone(&sleep);
    let other = Harness::new().block_on(async move { poll(&theirs) });
    assert!(other.is_err(), "another reactor is not the reactor");
    harness.advance(secs(5));
    let polled = harness.block_on(async move { poll(&sleep) });
    assert!(polled.expect("its own is").is_ready());
}

#[test]
fn a_sleep_goes_on_in_the_next_run_of_its_reactor() {
    for_every_backend(|settings| {
        let mut reactor = settings.build().expect("a reactor can be made");
        let length = Duration::from_millis(5);
        let first = reactor.block_on(async move {
            let begun = Instant::now();
            let mut sleep = HyperTimer.sleep(length);
            let polled = poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx))).await;
            assert!(polled.is_pending());
            (sleep, begun)
        });
        let (sleep, begun) = first.expect("the first run ends");
        reactor.block_on(sleep).expect("the second run ends");
        assert!(begun.elapsed() >= length);
    });
}

#[test]
fn the_time_is_the_reactors() {
    let mut harness = Harness::new();
    let now = |harness: &mut Harness| harness.block_on(async { HyperTimer.now() }).unwrap();
    let before = now(&mut harness);
    harness.advance(secs(3600));
    assert_eq!(now(&mut harness) - before, secs(3600));

    on_every_backend(|| async {
        let (before, now, after) = (Instant::now(), HyperTimer.now(), Instant::now());
        assert!(before <= now && now <= after);
    });
    let before = Instant::now();
    assert!(HyperTimer.now() >= before, "where there is no reactor");
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
