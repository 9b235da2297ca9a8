//! Turns of the loop over a platform that records what it is asked for.
#![cfg(not(crochet_loom))]

use core::cell::{Cell, RefCell};
use core::convert::Infallible;
use std::collections::VecDeque;
use std::rc::Rc;

use crochet_core::driver::{Budget, Clock, Fire, Park, Sleep, Turn, Until, Work, turn};
use crochet_core::time::Tick;
use crochet_core::wheel::FixedWheel;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Event {
    Collected,
    Fired(u32),
    Ran(u32),
    TriedToSleep,
    Parked(Until),
    Awake,
}

type Log = Rc<RefCell<Vec<Event>>>;

/// Work that was sent, and work that was collected.
struct Queue {
    log: Log,
    sent: Rc<RefCell<VecDeque<u32>>>,
    ready: RefCell<VecDeque<u32>>,
    /// What the last turn has done, and how many events there had been when it told.
    accounted: Cell<Option<(Turn, usize)>>,
}

impl Queue {
    fn send(&self, number: u32) {
        self.sent.borrow_mut().push_back(number);
    }
}

impl Work for Queue {
    fn collect(&self) {
        self.log.borrow_mut().push(Event::Collected);
        self.ready.borrow_mut().append(&mut self.sent.borrow_mut());
    }

    fn run_one(&self) -> bool {
        let next = self.ready.borrow_mut().pop_front();
        let events = next.map(Event::Ran);
        self.log.borrow_mut().extend(events);
        next.is_some()
    }

    fn is_ready(&self) -> bool {
        !self.ready.borrow().is_empty()
    }

    fn try_sleep(&self) -> bool {
        self.log.borrow_mut().push(Event::TriedToSleep);
        self.sent.borrow().is_empty()
    }

    fn account(&self, done: &Turn) {
        let events = self.log.borrow().len();
        self.accounted.set(Some((*done, events)));
    }

    fn awake(&self) {
        self.log.borrow_mut().push(Event::Awake);
        self.ready.borrow_mut().append(&mut self.sent.borrow_mut());
    }
}

/// A platform whose time the test sets.
struct Platform<E = Infallible> {
    log: Log,
    now: Tick,
    reads: Cell<usize>,
    error: Option<E>,
}

impl<E> Clock for Platform<E> {
    fn now(&self) -> Tick {
        self.reads.set(self.reads.get() + 1);
        self.now
    }
}

impl<E> Park for Platform<E> {
    type Error = E;

    fn park(&mut self, until: Until) -> Result<(), E> {
        self.log.borrow_mut().push(Event::Parked(until));
        self.error.take().map_or(Ok(()), Err)
    }
}

struct Timer(Box<dyn FnOnce()>);

impl Fire for Timer {
    fn fire(self) {
        (self.0)();
    }
}

type Timers = RefCell<FixedWheel<Timer, 16>>;

struct Fixture<E = Infallible> {
    log: Log,
    work: Queue,
    timers: Rc<Timers>,
    platform: Platform<E>,
}

impl<E> Fixture<E> {
    fn new() -> Self {
        let log = Log::default();
        Self {
            work: Queue {
                log: Rc::clone(&log),
                sent: Rc::default(),
                ready: RefCell::default(),
                accounted: Cell::default(),
            },
            timers: Rc::new(RefCell::new(FixedWheel::fixed())),
            platform: Platform {
                log: Rc::clone(&log),
                now: Tick::ZERO,
                reads: Cell::new(0),
                error: None,
            },
            log,
        }
    }

    fn set(&self, deadline: u64, fire: impl FnOnce() + 'static) {
        let timer = Timer(Box::new(fire));
        let inserted = self.timers.borrow_mut().insert(Tick::new(deadline), timer);
        assert!(inserted.is_ok(), "there is room");
    }

    /// Sets a timer that records its number.
    fn set_numbered(&self, deadline: u64, number: u32) {
        let log = Rc::clone(&self.log);
        self.set(deadline, move || {
            log.borrow_mut().push(Event::Fired(number));
        });
    }

    fn turn(&mut self, budget: Budget, sleep: Sleep) -> Result<Turn, E> {
        turn(&self.work, &self.timers, &mut self.platform, budget, sleep)
    }

    /// Does one turn that may sleep, and returns what happened in it.
    fn events(&mut self) -> Vec<Event>
    where
        E: core::fmt::Debug,
    {
        self.turn(Budget::default(), Sleep::Allowed)
            .expect("the platform has no error");
        self.log.take()
    }

    /// Does one turn that may sleep, and returns how long.
    fn until(&mut self) -> Until
    where
        E: core::fmt::Debug,
    {
        let parked = self.events().into_iter().find_map(|event| match event {
            Event::Parked(until) => Some(until),
            _ => None,
        });
        parked.expect("every turn parks")
    }
}

#[test]
fn a_turn_collects_then_fires_then_runs_then_parks() {
    let mut fixture = Fixture::<Infallible>::new();
    fixture.work.send(1);
    fixture.work.send(2);
    fixture.set_numbered(5, 4);
    fixture.set_numbered(3, 3);
    fixture.platform.now = Tick::new(5);
    let events = [
        Event::Collected,
        Event::Fired(3),
        Event::Fired(4),
        Event::Ran(1),
        Event::Ran(2),
        Event::TriedToSleep,
        Event::Parked(Until::Woken),
        Event::Awake,
    ];
    assert_eq!(fixture.events(), events);
}

#[test]
fn the_clock_is_not_read_when_there_are_no_timers() {
    let mut fixture = Fixture::<Infallible>::new();
    fixture.work.send(1);
    fixture.events();
    assert_eq!(fixture.platform.reads.get(), 0);
    fixture.set_numbered(1, 1);
    fixture.events();
    assert_eq!(fixture.platform.reads.get(), 1, "once in a turn");
}

#[test]
fn an_idle_loop_sleeps_until_the_next_timer_or_until_it_is_woken() {
    let mut fixture = Fixture::<Infallible>::new();
    assert_eq!(fixture.until(), Until::Woken);
    fixture.set_numbered(9, 1);
    fixture.set_numbered(7, 2);
    assert_eq!(fixture.until(), Until::Deadline(Tick::new(7)));
    fixture.platform.now = Tick::new(7);
    assert_eq!(fixture.until(), Until::Deadline(Tick::new(9)));
    fixture.platform.now = Tick::new(9);
    assert_eq!(fixture.until(), Until::Woken);
}

#[test]
fn a_turn_tells_what_it_did() {
    let mut fixture = Fixture::<Infallible>::new();
    fixture.work.send(1);
    fixture.work.send(2);
    fixture.set_numbered(0, 3);
    let Ok(done) = fixture.turn(Budget::default(), Sleep::Allowed);
    assert_eq!((done.fired(), done.ran(), done.slept()), (1, 2, true));
    fixture.work.send(1);
    let Ok(done) = fixture.turn(Budget::default(), Sleep::Refused);
    assert_eq!((done.fired(), done.ran(), done.slept()), (0, 1, false));
}

#[test]
fn a_turn_that_may_not_sleep_does_not_announce_a_sleep() {
    let mut fixture = Fixture::<Infallible>::new();
    let Ok(_) = fixture.turn(Budget::default(), Sleep::Refused);
    let events = [Event::Collected, Event::Parked(Until::Now), Event::Awake];
    assert_eq!(fixture.log.take(), events);
}

#[test]
fn nothing_sleeps_while_work_is_left_over() {
    let mut fixture = Fixture::<Infallible>::new();
    for number in 0..3 {
        fixture.work.send(number);
    }
    let Ok(done) = fixture.turn(Budget::new(1, 2), Sleep::Allowed);
    assert_eq!((done.ran(), done.slept()), (2, false));
    let log = fixture.log.take();
    assert!(log.contains(&Event::Parked(Until::Now)));
    assert!(!log.contains(&Event::TriedToSleep));
    let Ok(done) = fixture.turn(Budget::new(1, 2), Sleep::Allowed);
    assert_eq!((done.ran(), done.slept()), (1, true));
}

#[test]
fn nothing_sleeps_while_timers_are_left_over() {
    let mut fixture = Fixture::<Infallible>::new();
    for number in 0..3 {
        fixture.set_numbered(1, number);
    }
    fixture.platform.now = Tick::new(1);
    let Ok(done) = fixture.turn(Budget::new(2, 1), Sleep::Allowed);
    assert_eq!((done.fired(), done.slept()), (2, false));
    assert!(!fixture.log.take().contains(&Event::TriedToSleep));
    let Ok(done) = fixture.turn(Budget::new(2, 1), Sleep::Allowed);
    assert_eq!((done.fired(), done.slept()), (1, true));
    assert_eq!(fixture.log.borrow()[1], Event::Fired(2));
}

#[test]
fn a_budget_of_nothing_still_gets_on() {
    let mut fixture = Fixture::<Infallible>::new();
    fixture.work.send(1);
    fixture.set_numbered(0, 1);
    let Ok(done) = fixture.turn(Budget::new(0, 0), Sleep::Allowed);
    assert_eq!((done.fired(), done.ran()), (1, 1));
}

#[test]
fn what_is_sent_during_a_turn_waits_for_the_next_and_keeps_the_loop_awake() {
    let mut fixture = Fixture::<Infallible>::new();
    let sent = Rc::clone(&fixture.work.sent);
    fixture.set(0, move || sent.borrow_mut().push_back(7));
    let first = [
        Event::Collected,
        Event::TriedToSleep,
        Event::Parked(Until::Now),
        Event::Awake,
    ];
    assert_eq!(fixture.events(), first);
    assert_eq!(fixture.events()[1], Event::Ran(7));
}

#[test]
fn a_timer_that_is_set_by_a_timer_fires_in_a_later_turn() {
    let mut fixture = Fixture::<Infallible>::new();
    let (timers, log) = (Rc::clone(&fixture.timers), Rc::clone(&fixture.log));
    fixture.set(1, move || {
        log.borrow_mut().push(Event::Fired(1));
        let timer = Timer(Box::new(move || log.borrow_mut().push(Event::Fired(2))));
        let inserted = timers.borrow_mut().insert(Tick::ZERO, timer);
        assert!(inserted.is_ok(), "there is room");
    });
    fixture.platform.now = Tick::new(1);
    let first = [
        Event::Collected,
        Event::Fired(1),
        Event::Parked(Until::Now),
        Event::Awake,
    ];
    assert_eq!(fixture.events(), first);
    assert_eq!(fixture.events()[1], Event::Fired(2));
}

#[test]
fn a_timer_can_cancel_one_that_is_due_with_it() {
    let mut fixture = Fixture::<Infallible>::new();
    let timers = Rc::clone(&fixture.timers);
    let other = Rc::new(Cell::new(None));
    let victim = Rc::clone(&other);
    fixture.set(1, move || {
        let key = victim.take().expect("it was set before the turn");
        assert!(timers.borrow_mut().cancel(key).is_some());
    });
    let log = Rc::clone(&fixture.log);
    let timer = Timer(Box::new(move || log.borrow_mut().push(Event::Fired(2))));
    let key = fixture.timers.borrow_mut().insert(Tick::new(1), timer);
    other.set(key.ok());
    fixture.platform.now = Tick::new(1);
    let Ok(done) = fixture.turn(Budget::default(), Sleep::Allowed);
    assert_eq!(done.fired(), 1);
    assert!(!fixture.log.borrow().contains(&Event::Fired(2)));
}

#[test]
fn what_a_turn_did_is_accounted_for_before_it_parks_also_when_that_fails() {
    let mut fixture = Fixture::new();
    fixture.set_numbered(0, 1);
    fixture.work.send(2);
    fixture.platform.error = Some("the platform fails");
    let Fixture {
        work,
        timers,
        platform,
        log,
    } = &mut fixture;
    let failed = turn(work, timers, platform, Budget::default(), Sleep::Allowed);
    assert_eq!(failed, Err("the platform fails"));
    let (done, events) = work.accounted.get().expect("it was told");
    assert_eq!((done.fired(), done.ran(), done.slept()), (1, 1, true));
    assert_eq!(log.borrow()[events], Event::Parked(Until::Woken));
}

#[test]
fn an_error_of_the_platform_loses_nothing() {
    let mut fixture = Fixture::new();
    fixture.set_numbered(3, 1);
    fixture.platform.error = Some("no descriptors left");
    let failed = fixture.turn(Budget::default(), Sleep::Allowed);
    assert_eq!(failed, Err("no descriptors left"));
    assert_eq!(fixture.log.take().last(), Some(&Event::Awake));
    fixture.platform.now = Tick::new(3);
    assert!(fixture.events().contains(&Event::Fired(1)));
}

#[cfg(feature = "alloc")]
mod heap {
    use core::cell::RefCell;
    use core::convert::Infallible;
    use core::future::poll_fn;
    use core::task::{Poll, Waker};
    use std::rc::Rc;
    use std::thread::{self, ThreadId};

    use crochet_core::driver::{Budget, Sleep, Unpark, Until, turn};
    use crochet_core::scheduler::{OnLoop, Scheduler};
    use crochet_core::time::Tick;
    use crochet_core::wheel::Wheel;

    use super::{Event, Fixture};

    struct ThisThread(ThreadId);

    impl Unpark for ThisThread {
        fn unpark(&self) {
            unreachable!("all wake-ups come from the loop");
        }
    }

    // SAFETY: the answer is true on one thread only.
    unsafe impl OnLoop for ThisThread {
        fn is_on_loop(&self) -> bool {
            thread::current().id() == self.0
        }
    }

    #[test]
    fn a_timer_wakes_a_task_which_runs_in_the_same_turn() {
        let mut platform = Fixture::<Infallible>::new().platform;
        let scheduler = Scheduler::new(ThisThread(thread::current().id()));
        let timers = Rc::new(RefCell::new(Wheel::<Waker>::new()));
        let clock = Rc::clone(&timers);
        let deadline = Tick::new(5);
        let sleeping = scheduler.spawn_local(poll_fn(move |cx| {
            let mut clock = clock.borrow_mut();
            if clock.now() >= deadline {
                return Poll::Ready(clock.now());
            }
            let inserted = clock.insert(deadline, cx.waker().clone());
            assert!(inserted.is_ok(), "there is room");
            Poll::Pending
        }));
        let operation = sleeping.expect("this is the loop");
        for (now, until) in [(0, Until::Deadline(deadline)), (5, Until::Woken)] {
            platform.now = Tick::new(now);
            assert!(operation.peek().is_none());
            let budget = Budget::default();
            let Ok(done) = turn(&scheduler, &timers, &mut platform, budget, Sleep::Allowed);
            assert_eq!(done.ran(), 1);
            assert_eq!(platform.log.take(), [Event::Parked(until)]);
        }
        assert_eq!(operation.peek(), Some(Ok(&deadline)));
    }
}
