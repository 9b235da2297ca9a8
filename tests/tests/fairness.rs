//! What one turn may do, and who comes first, on every back end.

use std::cell::Cell;
use std::io::Write as _;
use std::net;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use crochet::net::TcpStream;
use crochet::{
    Budget, JoinHandle, LoopingCall, Reactor, call_later, interval, sleep, spawn, yield_now,
};
use crochet_tests::backends::for_every_backend;
use crochet_tests::operations::{submit, submit_pending};
use crochet_tests::tidy::Tidy;
use crochet_tests::traces::Trace;

/// Tasks that are always ready, until this is dropped.
struct Flood {
    polls: Rc<Cell<u64>>,
    _tasks: Vec<JoinHandle<()>>,
}

impl Flood {
    /// Returns how often the tasks were polled.
    fn polls(&self) -> u64 {
        self.polls.get()
    }
}

fn flood(reactor: &Reactor, tasks: u32) -> Flood {
    let polls = Rc::new(Cell::new(0));
    let always_ready = |polls: Rc<Cell<u64>>| async move {
        loop {
            polls.set(polls.get() + 1);
            yield_now().await;
        }
    };
    let tasks = (0..tasks).map(|_| reactor.spawn(always_ready(Rc::clone(&polls))));
    Flood {
        _tasks: tasks.map(JoinHandle::cancel_on_drop).collect(),
        polls,
    }
}

#[test]
fn a_turn_runs_as_many_tasks_as_its_budget_allows() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let flooding = flood(&reactor, 10);
        for budget in [1, 3, 10, 100] {
            let before = flooding.polls();
            let turn = reactor.turn(Budget::new(1, budget)).unwrap();
            assert_eq!(turn.ran(), budget);
            assert_eq!(flooding.polls() - before, u64::from(budget));
        }
    });
}

#[test]
fn tasks_that_are_left_over_come_first_in_the_next_turn() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let floods: Vec<_> = (0..5).map(|_| flood(&reactor, 1)).collect();
        for _ in 0..5 {
            reactor.turn(Budget::new(1, 3)).unwrap();
        }
        assert!(floods.iter().all(|flood| flood.polls() == 3));
    });
}

#[test]
fn a_turn_fires_as_many_timers_as_its_budget_allows() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let fired = Rc::new(Cell::new(0));
        let theirs = Rc::clone(&fired);
        drop(reactor.spawn(async move {
            for _ in 0..10 {
                let fired = Rc::clone(&theirs);
                drop(call_later(Duration::ZERO, move || {
                    fired.set(fired.get() + 1);
                }));
            }
        }));
        reactor.turn(Budget::default()).unwrap();
        while fired.get() < 10 {
            let before = fired.get();
            let turn = reactor.turn(Budget::new(4, 1)).unwrap();
            assert!(turn.fired() <= 4, "{turn:?}");
            assert_eq!(fired.get() - before, turn.fired());
        }
    });
}

#[test]
fn a_reactor_keeps_to_the_budget_that_it_was_made_with() {
    for_every_backend(|settings| {
        for budget in [1, 7, 128] {
            let settings = settings.clone().budget(Budget::new(16, budget));
            let mut reactor = Tidy::with(settings);
            let flooding = flood(&reactor, 100);
            let timed = reactor.block_on(async {
                for _ in 0..10 {
                    sleep(Duration::from_micros(100)).await;
                    spawn(async {}).await.unwrap();
                }
            });
            timed.expect("timers and other tasks have their turn");
            let stats = reactor.snapshot().stats;
            assert!(flooding.polls() > 0);
            let most = stats.turns * u64::from(budget);
            assert!(stats.tasks_polled <= most, "{stats:?}");
            // The tasks are always ready, so every turn but those at the reactor's end is full.
            assert!(stats.tasks_polled >= most / 2, "{stats:?}");
        }
    });
}

/// Submits operations on another thread, and returns how many have begun.
fn submit_many(reactor: &Reactor, operations: u32) -> Arc<AtomicU32> {
    let begun = Arc::new(AtomicU32::new(0));
    let (remote, theirs) = (reactor.remote(), Arc::clone(&begun));
    let submitter = thread::spawn(move || {
        for _ in 0..operations {
            let begun = Arc::clone(&theirs);
            let submitted = remote.submit(move || async move {
                begun.fetch_add(1, Ordering::Relaxed);
            });
            drop(submitted.expect("the reactor takes it"));
        }
    });
    submitter.join().expect("it ends");
    begun
}

#[test]
fn a_task_that_is_woken_does_not_wait_for_all_that_threads_have_submitted() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let flooding = flood(&reactor, 1);
        let budget = Budget::new(16, 16);
        reactor.turn(budget).unwrap();
        assert_eq!(flooding.polls(), 16);
        let begun = submit_many(&reactor, 1000);
        for turn in 1..=10 {
            reactor.turn(budget).unwrap();
            assert_eq!(flooding.polls(), u64::from(16 + turn * 8));
            assert_eq!(begun.load(Ordering::Relaxed), turn * 8);
        }
    });
}

#[test]
fn what_threads_submit_does_not_wait_for_all_tasks_that_are_ready() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let flooding = flood(&reactor, 1000);
        let budget = Budget::new(16, 16);
        reactor.turn(budget).unwrap();
        let begun = submit_many(&reactor, 100);
        for turn in 1..=10 {
            reactor.turn(budget).unwrap();
            assert_eq!(begun.load(Ordering::Relaxed), turn * 8);
            assert_eq!(flooding.polls(), u64::from(16 + turn * 8));
        }
    });
}

#[test]
fn an_operation_finds_what_its_thread_has_cancelled_before_gone_however_many_wait() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let remote = reactor.remote();
        let trace = Trace::new();
        let (pending, seen) = (submit_pending(&remote, trace.value()), trace.clone());
        reactor.turn(Budget::default()).unwrap();
        let _flood = flood(&reactor, 100);
        let elsewhere = move || {
            let others: Vec<_> = (0..20).map(|_| submit(&remote, || ())).collect();
            pending.cancel();
            (others, submit(&remote, move || seen.count()))
        };
        let (_others, probe) = thread::spawn(elsewhere).join().unwrap();
        while !probe.is_ended() {
            reactor.turn(Budget::new(16, 16)).unwrap();
        }
        assert!(matches!(probe.peek(), Some(Ok(1))), "{probe:?}");
    });
}

#[test]
fn a_thread_that_fills_the_queue_again_and_again_does_not_starve_timers() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings.queue_limit(64));
        let remote = reactor.remote();
        let submitter = thread::spawn(move || {
            let mut submitted = 0_u64;
            while !remote.is_stopped() {
                match remote.submit(|| async {}) {
                    Ok(_) => submitted += 1,
                    Err(_) => thread::yield_now(),
                }
            }
            submitted
        });
        let timed = reactor.block_on(async {
            for _ in 0..50 {
                sleep(Duration::from_micros(100)).await;
            }
        });
        timed.expect("the timers fire");
        assert!(submitter.join().unwrap() > 0);
    });
}

#[test]
fn what_waits_for_no_time_goes_on_in_the_next_turn() {
    const TURNS: u32 = 1_000;

    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let counts = [(); 3].map(|()| Rc::new(Cell::new(0_u32)));
        let [slept, ticked, called] = counts.each_ref().map(Rc::clone);
        let count = |count: &Cell<u32>| count.set(count.get() + 1);
        let sleeping = reactor.spawn(async move {
            loop {
                sleep(Duration::ZERO).await;
                count(&slept);
            }
        });
        let ticking = reactor.spawn(async move {
            let mut interval = interval(Duration::ZERO);
            loop {
                interval.tick().await;
                count(&ticked);
            }
        });
        let looping = Rc::new(LoopingCall::new(move || count(&called)));
        let to_start = Rc::clone(&looping);
        drop(reactor.spawn(async move {
            drop(to_start.start(Duration::ZERO).expect("it starts"));
        }));
        let mut turn = |turns: u32| {
            for _ in 0..turns {
                reactor.turn(Budget::default()).unwrap();
            }
            counts.each_ref().map(|count| count.get())
        };
        // Each begins in a turn of its own.
        let begun = turn(10);
        assert!(begun.iter().all(|&count| count > 0));
        assert_eq!(turn(TURNS), begun.map(|count| count + TURNS));
        looping.stop().expect("it runs");
        sleeping.cancel();
        ticking.cancel();
        turn(2);
    });
}

#[test]
fn a_delayed_call_may_use_a_ready_socket_in_every_turn() {
    const CALLS: u32 = 300;

    /// Reads a byte in each call, without a task.
    fn read_on(stream: Rc<TcpStream>, bytes: Rc<Cell<u32>>) {
        let mut byte = [0];
        let mut reading = pin!(stream.read(&mut byte));
        let polled = reading
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Ready(Ok(1))), "{polled:?}");
        bytes.set(bytes.get() + 1);
        if bytes.get() < CALLS {
            let stream = Rc::clone(&stream);
            drop(call_later(Duration::ZERO, move || read_on(stream, bytes)));
        }
    }

    for_every_backend(|settings| {
        let mut reactor = Tidy::with(settings);
        let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut peer = net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        peer.write_all(&[0; CALLS as usize]).unwrap();
        let ours = listener.accept().unwrap().0;
        let bytes = Rc::new(Cell::new(0));
        let theirs = Rc::clone(&bytes);
        drop(reactor.spawn(async move {
            let stream = TcpStream::from_std(ours).unwrap();
            read_on(Rc::new(stream), theirs);
        }));
        for turn in 1..=CALLS {
            reactor.turn(Budget::default()).unwrap();
            assert_eq!(bytes.get(), turn);
        }
    });
}
