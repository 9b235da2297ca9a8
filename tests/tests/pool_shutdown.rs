//! What becomes of the thread pool when its reactor stops, on every back end.

use std::cell::RefCell;
use std::future;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crochet::testing::Harness;
use crochet::{Builder, JoinError, Phase, PoolError, Remote};
use crochet_reactor::{BlockingError, Label};
use crochet_tests::backends::for_every_backend;
use crochet_tests::executor::block_on;
use crochet_tests::host::Host;
use crochet_tests::tidy::Tidy;
use crochet_tests::traces::{Trace, Traced};
use crochet_tests::{LONG, SHORT, logs};

/// Far below [`LONG`], which is how long a shutdown takes that waits for something.
const PROMPT: Duration = Duration::from_secs(5);

/// Settings under which a pool that is waited for in vain takes too long for every test.
fn patient(settings: Builder) -> Builder {
    settings.pool_join_timeout(LONG)
}

/// A thread of the pool, as seen by the values that go with it.
struct Worker(Trace);

thread_local! {
    static KEPT: RefCell<Vec<Traced>> = const { RefCell::new(Vec::new()) };
}

impl Worker {
    /// Tells whether the thread has ended; certain when it has been joined.
    fn has_ended(&self) -> bool {
        self.0.count() > 0
    }
}

/// Hands over a job that is busy until the other end of the channel is dropped; returns when it has
/// begun.
fn occupy(remote: &Remote) -> (Sender<()>, Worker) {
    let (release, released) = mpsc::channel::<()>();
    let worker = begin(remote, move || assert!(released.recv().is_err()));
    (release, worker)
}

/// Hands over a job; returns when it has begun.
fn begin(remote: &Remote, job: impl FnOnce() + Send + 'static) -> Worker {
    let trace = Trace::new();
    let value = trace.value();
    let (tell, begun) = mpsc::channel();
    remote
        .call_in_thread(move || {
            KEPT.with_borrow_mut(|kept| kept.push(value));
            tell.send(()).expect("the test lives");
            job();
        })
        .expect("the pool takes the job");
    begun.recv_timeout(LONG).expect("the job begins");
    Worker(trace)
}

/// Tells whether a wait ended because the reactor stopped: while that, or after the operation, did.
fn is_stopped<T>(waited: &Result<T, BlockingError>) -> bool {
    matches!(
        waited,
        Err(BlockingError::Stopped | BlockingError::Ended(JoinError::Stopped))
    )
}

#[track_caller]
fn assert_prompt(begun: Instant) {
    assert!(begun.elapsed() < PROMPT, "{:?}", begun.elapsed());
}

#[test]
fn the_threads_are_joined() {
    for_every_backend(|settings| {
        let host = Host::with(patient(settings));
        let remote = host.remote().clone();
        let (release, busy) = occupy(&remote);
        let idle = begin(&remote, || ());
        remote.stop();
        assert!(!busy.has_ended(), "the job is not interrupted");
        drop(release);
        drop(host);
        assert!(busy.has_ended() && idle.has_ended());
        assert_eq!(remote.thread_pool().stats().workers, 0);
    });
}

#[test]
fn jobs_that_have_not_begun_are_revoked() {
    for_every_backend(|settings| {
        let host = Host::with(patient(settings).pool_size(1));
        let remote = host.remote().clone();
        let (release, _) = occupy(&remote);
        let trace = Trace::new();
        let (first, second) = (trace.value(), trace.value());
        let revoked = remote.defer_to_thread(move || drop(first));
        remote.call_in_thread(move || drop(second)).unwrap();
        remote.stop();
        assert!(matches!(block_on(revoked), Err(JoinError::Stopped)));
        drop(release);
        drop(host);
        assert_eq!(trace.count(), 2);
        assert_eq!(remote.thread_pool().stats().completed, 1);
    });
}

#[test]
fn the_loop_turns_until_the_last_job_has_ended() {
    for_every_backend(|settings| {
        let host = Host::with(patient(settings));
        let remote = host.remote().clone();
        let (tell, told) = mpsc::channel();
        let (begin, begun) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let submitted = remote.submit(async move || {
            let job = crochet::defer_to_thread(move || {
                begin.send(()).expect("the test lives");
                assert!(released.recv().is_err());
            });
            tell.send(job.await.is_ok()).expect("the test lives");
        });
        drop(submitted.unwrap());
        begun.recv_timeout(LONG).expect("the job begins");
        remote.stop();
        drop(release);
        // The operation is still there to hear of it, as it is dropped after the phase alone.
        assert_eq!(told.recv_timeout(LONG), Ok(true));
        drop(host);
    });
}

#[test]
fn before_the_phase_during_the_pool_takes_jobs_and_from_then_on_none() {
    for_every_backend(|settings| {
        let host = Host::with(patient(settings));
        let remote = host.remote().clone();
        let (tell, told) = mpsc::channel();
        for phase in [Phase::Before, Phase::During, Phase::After] {
            let tell = tell.clone();
            remote.add_trigger(phase, LONG, async move || {
                let result = crochet::defer_to_thread(|| ()).await;
                tell.send((phase, result.is_ok())).expect("the test lives");
            });
        }
        drop(host);
        let seen: Vec<_> = told.try_iter().collect();
        let expected = [
            (Phase::Before, true),
            (Phase::During, false),
            (Phase::After, false),
        ];
        assert_eq!(seen, expected);
    });
}

#[test]
fn a_job_that_does_not_end_is_left_behind_at_the_deadline() {
    for_every_backend(|settings| {
        logs::capture();
        let limit = Duration::from_micros(21_003);
        let host = Host::with(settings.pool_join_timeout(limit));
        let (release, worker) = occupy(host.remote());
        let remote = host.remote().clone();
        let begun = Instant::now();
        drop(host);
        assert!(begun.elapsed() >= limit);
        assert_prompt(begun);
        assert!(!worker.has_ended());
        let left = logs::take("21.003ms");
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(left[0].level, log::Level::Warn);
        assert_eq!(remote.thread_pool().stats().workers, 0);
        drop(release);
        while !worker.has_ended() {
            thread::yield_now();
        }
    });
}

#[test]
fn a_job_that_waits_for_an_operation_is_told_of_the_stop_at_once() {
    for_every_backend(|settings| {
        let host = Host::with(patient(settings));
        let remote = host.remote().clone();
        let (tell, told) = mpsc::channel();
        for _ in 0..5 {
            let (remote, tell) = (remote.clone(), tell.clone());
            begin(&remote.clone(), move || {
                let waited = remote.call(Label::here(), LONG, future::pending::<()>);
                tell.send(is_stopped(&waited)).expect("the test lives");
            });
        }
        while remote.thread_pool().stats().blocked < 5 {
            thread::yield_now();
        }
        let begun = Instant::now();
        drop(host);
        assert_prompt(begun);
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [true; 5]);
    });
}

#[test]
fn a_job_whose_operation_borrows_gets_it_dropped() {
    for_every_backend(|settings| {
        let host = Host::with(patient(settings));
        let remote = host.remote().clone();
        let trace = Trace::new();
        let (value, theirs) = (trace.value(), remote.clone());
        let (tell, told) = mpsc::channel();
        let (running, runs) = mpsc::channel();
        begin(&remote, move || {
            let waited = theirs.call_borrowed(Label::here(), LONG, async || {
                running.send(()).expect("the test lives");
                future::pending::<()>().await;
                drop(value.another());
            });
            tell.send(is_stopped(&waited)).expect("the test lives");
        });
        runs.recv_timeout(LONG).expect("the operation begins");
        let begun = Instant::now();
        drop(host);
        assert_prompt(begun);
        assert_eq!(told.try_recv(), Ok(true));
    });
}

#[test]
fn after_the_stop_jobs_are_refused_and_another_run_takes_them_again() {
    for_every_backend(|settings| {
        let mut reactor = Tidy::with(patient(settings));
        let remote = reactor.remote();
        reactor.block_on(async {}).unwrap();
        let trace = Trace::new();
        let value = trace.value();
        let refused = remote.call_in_thread(move || drop(value));
        assert_eq!(refused, Err(PoolError::Stopped));
        assert_eq!(trace.count(), 1);
        let refused = block_on(remote.defer_to_thread(|| ()));
        assert!(matches!(refused, Err(JoinError::Stopped)));
        for number in 0..3 {
            let ran =
                reactor.block_on(async move { crochet::defer_to_thread(move || number).await });
            assert_eq!(ran.unwrap().unwrap(), number);
        }
    });
}

#[test]
fn threads_of_an_earlier_run_do_not_count_in_the_next() {
    for_every_backend(|settings| {
        logs::capture();
        let settings = settings.pool_size(1).pool_join_timeout(SHORT);
        let mut reactor = Tidy::with(settings);
        let remote = reactor.remote();
        let (release, worker) = occupy(&remote);
        reactor.block_on(async {}).unwrap();
        assert!(!worker.has_ended());
        let ran = reactor.block_on(async {
            crochet::defer_to_thread(|| 1).await.unwrap();
            crochet::defer_to_thread(|| 2).await
        });
        assert_eq!(ran.unwrap().unwrap(), 2);
        drop(release);
        while !worker.has_ended() {
            thread::yield_now();
        }
        assert_eq!(remote.thread_pool().stats().workers, 0);
    });
}

#[test]
fn a_reactor_that_is_dropped_without_having_run_ends_its_pool() {
    for_every_backend(|settings| {
        let reactor = patient(settings).build().expect("a reactor can be made");
        let remote = reactor.remote();
        let (release, worker) = occupy(&remote);
        let waiter = remote.defer_to_thread({
            let remote = remote.clone();
            move || remote.call(Label::here(), LONG, future::pending::<()>)
        });
        while remote.thread_pool().stats().blocked == 0 {
            thread::yield_now();
        }
        drop(release);
        drop(reactor);
        assert!(worker.has_ended());
        let waited = block_on(waiter).unwrap();
        assert!(is_stopped(&waited));
    });
}

#[test]
fn draining_lets_jobs_end() {
    for_every_backend(|settings| {
        let host = Host::with(patient(settings).pool_size(1));
        let remote = host.remote().clone();
        let (release, _) = occupy(&remote);
        let (tell, told) = mpsc::channel();
        remote
            .call_in_thread(move || tell.send(()).expect("the test lives"))
            .unwrap();
        remote.drain();
        drop(release);
        while !remote.is_stopped() {
            thread::yield_now();
        }
        assert_eq!(told.try_recv(), Ok(()));
        drop(host);
    });
}

#[test]
fn a_revoked_job_does_not_hold_up_draining() {
    for_every_backend(|settings| {
        let host = Host::with(patient(settings).pool_size(0));
        let remote = host.remote().clone();
        let job = remote.defer_to_thread(|| ());
        remote.drain();
        drop(job);
        while !remote.is_stopped() {
            thread::yield_now();
        }
        drop(host);
    });
}

#[test]
fn virtual_time_ends_the_pool_in_real_time() {
    for_every_backend(|settings| {
        let mut harness = Harness::with(&patient(settings));
        let remote = harness.remote();
        let idle = begin(&remote, || ());
        let blocked = remote.defer_to_thread({
            let remote = remote.clone();
            move || remote.call(Label::here(), LONG, future::pending::<()>)
        });
        while remote.thread_pool().stats().blocked == 0 {
            thread::yield_now();
        }
        remote.stop();
        harness.run_until_idle();
        let waited = block_on(blocked).unwrap();
        assert!(is_stopped(&waited));
        drop(harness);
        assert!(idle.has_ended());
    });
}

#[test]
fn many_threads_hand_jobs_over_while_the_reactor_stops() {
    for_every_backend(|settings| {
        for _ in 0..50 {
            let host = Host::with(patient(settings.clone()).pool_size(2));
            let done = Arc::new(());
            let handing: Vec<_> = (0..4)
                .map(|_| {
                    let (remote, done) = (host.remote().clone(), Arc::clone(&done));
                    thread::spawn(move || hand_over_until_refused(&remote, &done))
                })
                .collect();
            while host.remote().thread_pool().stats().completed < 20 {
                thread::yield_now();
            }
            drop(host);
            for thread in handing {
                thread.join().expect("every job has an end");
            }
            assert_eq!(Arc::strong_count(&done), 1, "no job is left over");
        }
    });
}

fn hand_over_until_refused(remote: &Remote, done: &Arc<()>) {
    loop {
        let done = Arc::clone(done);
        match block_on(remote.defer_to_thread(move || drop(done))) {
            Ok(()) => {}
            Err(JoinError::Stopped) => return,
            Err(error) => panic!("{error}"),
        }
    }
}
