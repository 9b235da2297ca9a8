//! Slack: timers are put off a little, so that they come together and the loop wakes up less often.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use crochet::testing::Harness;
use crochet::{
    Budget, CallError, Deadline, LoopingCall, call_later, interval, sleep, spawn, timeout,
};
use crochet_tests::backends::for_every_backend;
use crochet_tests::tidy::Tidy;

const MILLI: Duration = Duration::from_millis(1);
const DAY: Duration = Duration::from_secs(86_400);

/// When things happened, with how late they were allowed to be.
#[derive(Clone)]
struct Instants {
    instants: Rc<RefCell<Vec<Duration>>>,
    end_of_day: Deadline,
}

impl Instants {
    fn new() -> Self {
        Self {
            instants: Rc::default(),
            end_of_day: Deadline::after(DAY),
        }
    }

    fn now(&self) -> Duration {
        DAY - self.end_of_day.left()
    }

    fn note(&self, asked: Duration, slack: Duration) {
        let now = self.now();
        assert!(asked <= now, "asked for {asked:?}, came at {now:?}");
        assert!(now <= asked + slack, "asked for {asked:?}, came at {now:?}");
        self.instants.borrow_mut().push(now);
    }

    /// Returns how many different instants there were: so often the loop woke up.
    fn wake_ups(&self) -> usize {
        self.instants.borrow().iter().collect::<BTreeSet<_>>().len()
    }
}

/// Sets a hundred sleeps, a millisecond apart, and returns how often the loop woke up for them.
fn wake_ups_of_a_hundred_sleeps(slack: Duration) -> usize {
    let mut harness = Harness::new();
    let wake_ups = harness.block_on(async move {
        let instants = Instants::new();
        let sleepers: Vec<_> = (1..=100)
            .map(|number| {
                let instants = instants.clone();
                spawn(async move {
                    let length = MILLI * number;
                    sleep(length).slack(slack).await;
                    instants.note(length, slack);
                })
            })
            .collect();
        for sleeper in sleepers {
            sleeper
                .await
                .expect("no sleep is early, or later than its slack");
        }
        instants.wake_ups()
    });
    wake_ups.expect("all sleeps end")
}

#[test]
fn slack_saves_wake_ups() {
    assert_eq!(wake_ups_of_a_hundred_sleeps(Duration::ZERO), 100);
    let few = wake_ups_of_a_hundred_sleeps(MILLI * 16);
    assert!(few <= 13, "{few}");
    let fewer = wake_ups_of_a_hundred_sleeps(MILLI * 64);
    assert!(fewer <= 4, "{fewer}");
}

#[test]
fn slack_saves_turns_of_a_real_loop() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let left = Rc::new(Cell::new(100));
        let counts = Rc::clone(&left);
        let task = reactor.spawn(async move {
            for number in 1..=100 {
                let left = Rc::clone(&counts);
                let call = call_later(MILLI * number / 4, move || left.set(left.get() - 1));
                drop(call.slack(MILLI * 16));
            }
        });
        let mut turns = 0;
        while left.get() > 0 {
            let turn = reactor.turn(Budget::default()).expect("it turns");
            turns += u32::from(turn.fired() > 0);
        }
        assert!(task.is_finished());
        // Without slack there are up to a hundred: fewer when this machine is busy with something else.
        assert!(turns <= 4, "{turns}");
    });
}

#[test]
fn calls_looping_calls_intervals_and_timeouts_have_slack_too() {
    let mut harness = Harness::new();
    let wake_ups = harness.block_on(async {
        let instants = Instants::new();
        let slack = MILLI * 7;
        let of_call = instants.clone();
        let call = call_later(MILLI * 3, move || of_call.note(MILLI * 3, slack)).slack(slack);
        assert_eq!(call.remaining(), Ok(MILLI * 3), "without the slack");
        let of_looping = instants.clone();
        let looping = LoopingCall::new(move || of_looping.note(MILLI * 4, slack)).slack(slack);
        let completion = looping.start_later(MILLI * 4).expect("it was not running");
        let mut ticks = interval(MILLI * 5).slack(slack);
        ticks.tick().await;
        let began = instants.now();
        assert!(began <= slack);
        let limit = timeout(MILLI * 2, ticks.tick()).slack(MILLI).await;
        assert!(limit.is_err());
        assert_eq!(ticks.tick().await, 1);
        instants.note(MILLI * 5, slack);
        looping.stop().expect("it is running");
        completion.await.expect("it was stopped");
        instants.wake_ups()
    });
    assert_eq!(wake_ups.expect("it ends"), 1);
}

#[test]
fn a_call_with_slack_is_moved_from_its_deadline() {
    let mut harness = Harness::new();
    let task = harness.spawn(async {
        let call = call_later(MILLI * 10, || {}).slack(MILLI * 100);
        call.delay(MILLI * 5).expect("it is not made yet");
        assert_eq!(call.remaining(), Ok(MILLI * 15));
        call.hasten(MILLI * 2).expect("it is not made yet");
        assert_eq!(call.remaining(), Ok(MILLI * 13));
        call.reset(MILLI * 20).expect("it is not made yet");
        assert_eq!(call.remaining(), Ok(MILLI * 20));
        sleep(MILLI * 120).await;
        assert_eq!(call.remaining(), Err(CallError::AlreadyCalled));
    });
    let ended = harness.block_on(task).expect("it ends");
    ended.expect("nothing panics");
}

#[test]
fn without_slack_nothing_is_put_off() {
    let mut harness = Harness::new();
    let task = harness.spawn(async { sleep(MILLI * 3).await });
    harness.advance(MILLI * 3 - Duration::from_micros(1));
    assert!(!task.is_finished());
    harness.advance(Duration::from_micros(1));
    assert!(task.is_finished());
}

#[test]
fn a_call_that_is_moved_is_as_exact_as_one_that_is_not() {
    const NANO: Duration = Duration::from_nanos(1);

    let made = Rc::new(Cell::new(false));
    let theirs = Rc::clone(&made);
    let mut harness = Harness::new();
    harness.advance(NANO * 1_900);
    drop(harness.spawn(async move {
        let call = call_later(Duration::ZERO, move || theirs.set(true));
        assert_eq!(call.remaining(), Ok(Duration::ZERO));
        call.delay(NANO * 1_000).expect("it is not made yet");
        assert_eq!(call.remaining(), Ok(NANO * 1_000));
        call.delay(NANO * 600).expect("it is not made yet");
        call.hasten(NANO * 100).expect("it is not made yet");
        assert_eq!(call.remaining(), Ok(NANO * 1_500));
    }));
    harness.run_until_idle();
    // Due at 3.4 microseconds, which is rounded up to 4.
    harness.advance(NANO * 1_499);
    assert!(!made.get());
    harness.advance(NANO * 600);
    assert!(!made.get(), "not before");
    harness.advance(NANO);
    assert!(made.get());
}
