//! What a reactor tells about itself.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::hint::spin_loop;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crochet::testing::Clock;
use crochet::{
    Budget, Reactor, Remote, Stats, TaskState, Timing, call_later, sleep, spawn, spawn_named,
    yield_now,
};
use crochet_reactor::BlockingError;
use crochet_tests::hold::Held;
use crochet_tests::host::Host;
use crochet_tests::operations::{submit, submit_pending};
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, SHORT, logs};
use log::Level;

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

/// Computes for so long, on the clock.
fn compute(time: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < time {
        spin_loop();
    }
}

/// Runs a reactor on virtual time in a thread while `test` uses it.
fn on_virtual_time(test: impl FnOnce(&Remote, &Clock)) {
    let (tell, told) = mpsc::channel();
    let host = thread::spawn(move || {
        let (mut reactor, clock) = Reactor::builder().build_virtual();
        tell.send((reactor.remote(), clock)).unwrap();
        reactor.run().unwrap();
    });
    let (remote, clock) = told.recv().unwrap();
    test(&remote, &clock);
    remote.stop();
    host.join().unwrap();
}

#[test]
fn turns_timers_and_polls_are_counted() {
    let mut reactor = Reactor::new().unwrap();
    assert_eq!(reactor.snapshot().stats, Stats::default());
    drop(reactor.spawn(async {
        for _ in 0..3 {
            drop(call_later(Duration::ZERO, || {}));
        }
        yield_now().await;
        yield_now().await;
    }));
    let mut fired = 0;
    let mut turns = 0;
    while fired < 3 {
        fired += reactor.turn(Budget::default()).unwrap().fired();
        turns += 1;
    }
    let stats = reactor.snapshot().stats;
    assert_eq!((stats.turns, stats.timers_fired), (turns, 3));
    assert_eq!(stats.tasks_polled, 3);
    assert_eq!((stats.sleeps, stats.unparks, stats.panics), (0, 0, 0));
}

#[test]
fn operations_are_counted_when_they_begin_and_when_they_end() {
    let host = Host::new();
    let counts = || {
        // The question is an operation as well.
        let stats = host.remote().snapshot(LONG).unwrap().stats;
        (stats.operations_begun - 1, stats.operations_ended)
    };
    let (begun, ended) = counts();
    let pending = submit_pending(host.remote(), Trace::new().value());
    submit(host.remote(), || ()).wait(LONG).unwrap();
    let (later_begun, later_ended) = counts();
    assert_eq!((later_begun - begun, later_ended - ended), (3, 2));
    pending.cancel();
    pending.wait(LONG).unwrap();
    assert_eq!(counts(), (later_begun + 1, later_ended + 2));
}

#[test]
fn operations_that_end_with_a_threads_locals_are_counted() {
    thread_local! {
        static LAST: RefCell<Option<Reactor>> = const { RefCell::new(None) };
    }
    let remote = thread::spawn(|| {
        // Made before any of the library's own locals, and destroyed after them.
        LAST.with_borrow_mut(|last| {
            let reactor = last.insert(Reactor::new().unwrap());
            drop(submit_pending(&reactor.remote(), Trace::new().value()));
            reactor.turn(Budget::default()).unwrap();
            reactor.remote()
        })
    });
    let stats = remote.join().unwrap().stats();
    assert_eq!((stats.operations_begun, stats.operations_ended), (1, 1));
}

#[test]
fn contained_panics_are_counted() {
    logs::capture();
    let host = Host::new();
    let operation = submit(host.remote(), || panic!("observe: an operation"));
    let outcome: Result<(), _> = operation.wait(LONG).map(drop);
    outcome.unwrap();
    assert!(operation.take().unwrap().is_err());
    let called = submit(host.remote(), || {
        drop(call_later(Duration::ZERO, || panic!("observe: a call")));
    });
    called.wait(LONG).unwrap();
    let rested = host.remote().submit(|| sleep(Duration::ZERO)).unwrap();
    rested.wait(LONG).unwrap();
    assert_eq!(host.remote().stats().panics, 2);
}

#[test]
fn what_a_turn_has_done_is_counted_before_the_loop_sleeps() {
    on_virtual_time(|remote, clock| {
        clock.advance(SECOND);
        let before = remote.stats();
        let sleeping = submit(remote, || drop(spawn(sleep(SECOND))));
        sleeping.wait(LONG).unwrap();
        clock.advance(SECOND);
        let stats = remote.stats();
        assert_eq!(stats.timers_fired - before.timers_fired, 1);
        // The operation, and twice the task.
        assert_eq!(stats.tasks_polled - before.tasks_polled, 3);
        assert!(stats.turns >= before.turns + 2, "{stats:?}");
    });
}

#[test]
fn tasks_are_listed_with_name_place_state_and_age() {
    on_virtual_time(|remote, clock| {
        let line = line!() + 3;
        let spawned = submit(remote, || {
            // The listing finds the first two suspended, and the third woken, in the same turn.
            drop(spawn(pending::<()>()));
            drop(spawn_named("observe-sleeper", sleep(SECOND * 60)));
        });
        spawned.wait(LONG).unwrap();
        clock.advance(SECOND * 3);
        let young = submit_pending(remote, Trace::new().value());
        clock.advance(SECOND * 4);

        let tasks = remote.tasks(SECOND).unwrap();
        let seen: Vec<_> = tasks.iter().map(|task| (task.name(), task.age())).collect();
        let expected = [
            (None, Some(SECOND * 7)),
            (Some("observe-sleeper"), Some(SECOND * 7)),
            (None, Some(SECOND * 4)),
        ];
        assert_eq!(seen, expected);
        assert!(
            tasks
                .iter()
                .all(|task| task.state() == TaskState::Suspended)
        );
        assert_eq!(
            (tasks[0].site().file(), tasks[0].site().line()),
            (file!(), line)
        );
        assert_eq!(tasks[1].site().line(), line + 1);
        let told = tasks[1].to_string();
        let place = format!("{}:{}", file!(), line + 1);
        assert!(
            told.contains("observe-sleeper") && told.contains(&place),
            "{told}"
        );
        assert!(told.contains("suspended, 7s old"), "{told}");

        young.cancel();
        clock.advance(SECOND * 60);
        assert_eq!(remote.tasks(SECOND).unwrap().len(), 1);
    });
}

#[test]
fn a_task_is_queued_before_it_begins_and_ready_when_it_has_been_woken() {
    let mut reactor = Reactor::new().unwrap();
    drop(reactor.spawn(async {
        yield_now().await;
        yield_now().await;
        pending::<()>().await;
    }));
    let mut states = Vec::new();
    for _ in 0..5 {
        let tasks = reactor.snapshot().tasks;
        states.extend(
            tasks
                .iter()
                .map(|task| (task.state(), task.age().is_some())),
        );
        reactor.turn(Budget::new(1, 1)).unwrap();
    }
    let expected = [
        (TaskState::Queued, false),
        (TaskState::Ready, true),
        (TaskState::Ready, true),
        (TaskState::Suspended, true),
        (TaskState::Suspended, true),
    ];
    assert_eq!(states, expected);
}

#[test]
fn a_task_that_has_ended_is_not_listed_though_it_was_woken_again() {
    let mut reactor = Reactor::new().unwrap();
    let woken = reactor.spawn(async {
        std::future::poll_fn(|cx| {
            cx.waker().wake_by_ref();
            std::task::Poll::Ready(())
        })
        .await;
    });
    reactor.turn(Budget::new(1, 1)).unwrap();
    assert!(woken.is_finished());
    assert!(reactor.snapshot().tasks.is_empty());
    assert!(format!("{reactor:?}").contains("tasks: 0"));
}

#[test]
fn asking_for_the_tasks_on_the_loop_is_refused() {
    let host = Host::new();
    let remote = host.remote().clone();
    let asked = submit(host.remote(), move || remote.tasks(LONG).map(drop));
    asked.wait(LONG).unwrap();
    let answer = asked.take().unwrap().unwrap();
    assert!(matches!(answer, Err(BlockingError::OnReactorThread)));
}

#[test]
fn a_loop_that_is_busy_does_not_answer_in_time() {
    let host = Host::new();
    let held = Held::hold_this(host.remote());
    let asked = host.remote().tasks(SHORT);
    assert!(matches!(asked, Err(BlockingError::TimedOut)), "{asked:?}");
    drop(held);
    assert!(host.remote().tasks(LONG).unwrap().is_empty());
}

#[test]
fn nothing_is_measured_unless_it_is_asked_for() {
    let host = Host::new();
    submit(host.remote(), || ()).wait(LONG).unwrap();
    assert_eq!(host.remote().times(), None);
}

#[test]
fn turns_and_polls_are_measured_on_request() {
    for (timing, polls) in [(Timing::Turns, 0), (Timing::TurnsAndPolls, 3)] {
        let mut reactor = Reactor::builder().timing(timing).build().unwrap();
        drop(reactor.spawn(async { compute(MILLISECOND) }));
        drop(reactor.spawn(yield_now()));
        for _ in 0..4 {
            reactor.turn(Budget::default()).unwrap();
        }
        let times = reactor.snapshot().times.unwrap();
        assert_eq!((times.turns.count(), times.polls.count()), (4, polls));
        assert!(times.turns.quantile(1.0).unwrap() >= MILLISECOND);
        let longest = times.polls.quantile(1.0);
        assert!(longest.is_none_or(|longest| longest >= MILLISECOND));
    }
}

#[test]
fn a_slow_poll_is_warned_of_with_the_tasks_name_and_place() {
    logs::capture();
    let mut reactor = Reactor::builder().slow_poll(MILLISECOND).build().unwrap();
    let line = line!() + 2;
    let ran = reactor
        .block_on(async { spawn_named("observe-slow", async { compute(MILLISECOND * 2) }).await });
    ran.unwrap().unwrap();
    let warned = logs::containing("observe-slow");
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert_eq!(warned[0].level, Level::Warn);
    let place = format!("{}:{line}", file!());
    assert!(warned[0].text.contains(&place), "{warned:?}");
    assert!(reactor.snapshot().stats.slow_polls >= 1);
    // Nothing was to be recorded.
    assert_eq!(reactor.snapshot().times, None);
}

#[test]
fn a_slow_delayed_call_is_warned_of_with_its_place() {
    logs::capture();
    let mut reactor = Reactor::builder().slow_poll(MILLISECOND).build().unwrap();
    let line = line!() + 2;
    let ran = reactor.block_on(async {
        drop(call_later(Duration::ZERO, || compute(MILLISECOND * 2)));
        sleep(MILLISECOND).await;
    });
    ran.unwrap();
    let place = format!("the delayed call of {}:{line}", file!());
    let warned = logs::containing(&place);
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert_eq!(warned[0].level, Level::Warn);
    assert!(reactor.snapshot().stats.slow_polls >= 1);
}

#[test]
fn polls_within_the_limit_are_not_warned_of() {
    logs::capture();
    let mut reactor = Reactor::builder().slow_poll(LONG).build().unwrap();
    let ran = reactor.block_on(async { spawn_named("observe-quick", async {}).await });
    ran.unwrap().unwrap();
    assert_eq!(reactor.snapshot().stats.slow_polls, 0);
    assert!(logs::containing("observe-quick").is_empty());
}

#[test]
fn warnings_of_slow_polls_are_few_however_many_there_are() {
    logs::capture();
    let limit = Duration::from_micros(1);
    let mut reactor = Reactor::builder().slow_poll(limit).build().unwrap();
    let begun = Instant::now();
    let polls = Rc::new(Cell::new(0));
    let theirs = Rc::clone(&polls);
    drop(reactor.spawn(async move {
        drop(spawn_named("observe-often", async move {
            while theirs.get() < 1000 {
                theirs.set(theirs.get() + 1);
                compute(limit * 2);
                yield_now().await;
            }
        }));
    }));
    while polls.get() < 1000 {
        reactor.turn(Budget::default()).unwrap();
    }
    assert!(reactor.snapshot().stats.slow_polls >= 1000);
    // At most one a second, whatever the machine does meanwhile.
    let most = begun.elapsed().as_secs() as usize + 1;
    assert!(logs::containing("observe-often").len() <= most);
}

#[test]
fn a_long_turn_is_noted() {
    logs::capture();
    let mut reactor = Reactor::builder()
        .long_turn(MILLISECOND * 3)
        .build()
        .unwrap();
    for _ in 0..2 {
        drop(reactor.spawn(async { compute(MILLISECOND * 2) }));
    }
    reactor.turn(Budget::default()).unwrap();
    assert_eq!(reactor.snapshot().stats.long_turns, 1);
    let noted = logs::containing("a turn took");
    assert!(
        noted.iter().any(|note| note.level == Level::Info),
        "{noted:?}"
    );
}
