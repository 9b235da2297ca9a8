//! Programs that are sent `SIGINT` and `SIGTERM`.

use std::future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crochet::signals::{Settings, SignalGuard};
use crochet::{EventualError, Remote, WaitError};
use crochet_reactor::{BlockingError, Label};
use crochet_tests::child::say;
use crochet_tests::hold::{Flag, Held};
use crochet_tests::host::Host;
use crochet_tests::program::{Disposition, dispose, proceed, send};
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, barrier, threads};
use libc::{SIGINT, SIGTERM};

pub(crate) mod guard;
pub(crate) mod terminate;

/// Begins as a program does that no shell has put into the background.
fn begin() -> SignalGuard {
    begin_with(&Settings::default())
}

fn begin_with(settings: &Settings) -> SignalGuard {
    dispose_by_default();
    crochet::setup().expect("a reactor");
    settings.handle().expect("signals are handled")
}

fn dispose_by_default() {
    dispose(SIGINT, Disposition::Default);
    dispose(SIGTERM, Disposition::Default);
}

pub(crate) fn interrupts_wait_for() {
    let signals = begin();
    assert!(!signals.is_interrupted());
    let trace = Trace::new();
    let value = trace.value();
    let waited = crochet::wait_for(LONG, move || async move {
        let _value = value;
        say("waiting");
        future::pending::<()>().await;
    });
    assert!(matches!(waited, Err(WaitError::Interrupted)), "{waited:?}");
    assert!(signals.is_interrupted());
    barrier();
    assert_eq!(trace.count(), 1, "the operation has been cancelled");
    say("interrupted");
}

pub(crate) fn interrupts_a_borrowed_wait_for() {
    let _signals = begin();
    let trace = Trace::new();
    let waited = crochet::wait_for_borrowed(LONG, || async {
        let _value = trace.value();
        say("waiting");
        future::pending::<()>().await;
    });
    assert_eq!(
        trace.count(),
        1,
        "the operation was dropped before the call returned"
    );
    assert_ne!(trace.threads(), [thread::current().id()]);
    assert!(matches!(waited, Err(WaitError::Interrupted)), "{waited:?}");
    say("interrupted");
}

pub(crate) fn interrupts_all_threads() {
    let _signals = begin();
    let gate = Flag::new();
    let result = Arc::new({
        let gate = gate.clone();
        crochet::run_in_reactor(move || async move {
            future::poll_fn(|cx| {
                if gate.is_set() {
                    return std::task::Poll::Ready(7);
                }
                cx.waker().wake_by_ref();
                std::task::Poll::Pending
            })
            .await
        })
    });
    let (tell, told) = mpsc::channel();
    let waiters: Vec<_> = (0..4)
        .map(|_| {
            let (result, tell) = (Arc::clone(&result), tell.clone());
            thread::spawn(move || {
                let here = threads::Thread::current();
                tell.send(here).expect("the test waits");
                result.wait(LONG)
            })
        })
        .collect();
    let pool =
        thread::spawn(|| crochet::wait_for(LONG, || crochet::defer_to_thread(waits_in_pool)));
    for waiter in told.iter().take(waiters.len()) {
        waiter.spin_until_asleep();
    }
    IN_POOL.spin_until(1);
    say("waiting");
    for waiter in waiters {
        let waited = waiter.join().expect("no panic");
        assert!(
            matches!(waited, Err(EventualError::Interrupted)),
            "{waited:?}"
        );
    }
    // The worker is interrupted by itself, and so is the thread that waits for it.
    IN_POOL.spin_until(2);
    let waited = pool.join().expect("no panic");
    assert!(matches!(waited, Err(WaitError::Interrupted)), "{waited:?}");
    IN_POOL.add();
    say("interrupted");
    gate.set();
    assert_eq!(result.wait(LONG).expect("the operation goes on"), 7);
}

struct Count(AtomicUsize);

impl Count {
    fn spin_until(&self, count: usize) {
        while self.0.load(Ordering::Acquire) < count {
            thread::yield_now();
        }
    }

    fn add(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

static IN_POOL: Count = Count(AtomicUsize::new(0));

fn waits_in_pool() {
    let waited = crochet::wait_for(LONG, || async {
        IN_POOL.add();
        future::pending::<()>().await;
    });
    assert!(matches!(waited, Err(WaitError::Interrupted)), "{waited:?}");
    IN_POOL.add();
    // A result would be preferred to the interrupt.
    IN_POOL.spin_until(3);
}

/// Prints the median time, in microseconds, from the sending of `SIGINT` to the return of the wait.
pub(crate) fn interrupts_soon() {
    let signals = begin();
    let mut times: Vec<_> = (0..51).map(|_| time_of_an_interrupt(&signals)).collect();
    times.sort_unstable();
    say(times[times.len() / 2].as_micros());
}

fn time_of_an_interrupt(signals: &SignalGuard) -> Duration {
    let (tell, told) = mpsc::channel();
    let waiter = thread::spawn(move || {
        tell.send(threads::Thread::current())
            .expect("the test waits");
        let waited = crochet::wait_for(LONG, future::pending::<()>);
        let returned = Instant::now();
        assert!(matches!(waited, Err(WaitError::Interrupted)), "{waited:?}");
        returned
    });
    told.recv().expect("it begins").spin_until_asleep();
    let sent = Instant::now();
    send(own_id(), SIGINT);
    let returned = waiter.join().expect("no panic");
    assert!(signals.rearm());
    returned - sent
}

fn own_id() -> libc::pid_t {
    std::process::id().try_into().expect("ids are small")
}

pub(crate) fn interrupts_a_wait_for_room() {
    let _signals = begin();
    let host = Host::with(crochet::Reactor::builder().queue_limit(1));
    let _held = Held::hold_this(host.remote());
    let first = host
        .remote()
        .submit(|| async {})
        .expect("the one place is free");
    let (tell, told) = mpsc::channel();
    let remote: Remote = host.remote().clone();
    let waiter = thread::spawn(move || {
        tell.send(threads::Thread::current())
            .expect("the test waits");
        remote.call_borrowed(Label::here(), LONG, || async {})
    });
    told.recv().expect("it begins").spin_until_asleep();
    say("waiting");
    let waited = waiter.join().expect("no panic");
    assert!(
        matches!(waited, Err(BlockingError::Interrupted)),
        "{waited:?}"
    );
    assert!(!first.is_ended());
    say("interrupted");
}

pub(crate) fn dies_of_the_second_sigint() {
    let _signals = begin();
    let waited = crochet::wait_for(LONG, || async {
        say("waiting");
        future::pending::<()>().await;
    });
    assert!(matches!(waited, Err(WaitError::Interrupted)), "{waited:?}");
    say("interrupted");
    proceed();
    unreachable!("the second signal ends the process");
}

pub(crate) fn rearms() {
    let signals = begin();
    for _ in 0..3 {
        let waited = crochet::wait_for(LONG, || async {
            say("waiting");
            future::pending::<()>().await;
        });
        assert!(matches!(waited, Err(WaitError::Interrupted)), "{waited:?}");
        assert!(signals.rearm());
        assert!(!signals.rearm() && !signals.is_interrupted());
        say("interrupted");
    }
}
