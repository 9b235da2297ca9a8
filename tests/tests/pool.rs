//! The thread pool of a reactor, on every back end: what it runs where, and what becomes of the results.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;

use crochet::{JoinError, PoolError, PoolStats, ThreadPool, WaitError};
use crochet_tests::backends::for_every_backend;
use crochet_tests::executor::block_on;
use crochet_tests::host::Host;
use crochet_tests::jobs::{Busy, call, pool_of, sized, spin_until};
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, logs};

#[test]
fn nothing_is_started_before_the_first_job() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let pool = pool_of(&host);
        assert_eq!(pool.stats(), PoolStats::default());
        block_on(pool.defer(|| ())).unwrap();
        assert_eq!(pool.stats().started, 1);
    });
}

#[test]
fn a_job_runs_in_a_thread_of_its_own_and_its_result_goes_to_the_loop() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let ran = call(host.remote(), async || {
            let job = crochet::defer_to_thread(|| {
                let name = thread::current().name().map(String::from);
                (thread::current().id(), name, crochet::is_reactor_thread())
            });
            (job.await, thread::current().id())
        });
        let (job, on_loop) = ran.unwrap();
        let (in_pool, name, is_reactor) = job.unwrap();
        assert_ne!(in_pool, on_loop);
        assert_eq!(name.as_deref(), Some("crochet-pool"));
        assert!(!is_reactor);
    });
}

#[test]
fn jobs_begin_in_the_order_in_which_they_were_handed_over() {
    for_every_backend(|settings| {
        let host = sized(settings, 1);
        let pool = pool_of(&host);
        let order = Arc::new(Mutex::new(Vec::new()));
        let first = Busy::begin_in(&pool);
        let jobs: Vec<_> = (0..100)
            .map(|number| {
                let order = Arc::clone(&order);
                pool.defer(move || order.lock().unwrap().push(number))
            })
            .collect();
        first.end();
        for job in jobs {
            block_on(job).unwrap();
        }
        assert_eq!(*order.lock().unwrap(), (0..100).collect::<Vec<_>>());
    });
}

#[test]
fn a_panic_reaches_whoever_awaits_with_its_place() {
    for_every_backend(|settings| {
        logs::capture();
        let host = Host::with(settings);
        let line = line!() + 1;
        let job = || -> u8 { panic!("the job panics") };
        let job = host.remote().defer_to_thread(job);
        let Err(JoinError::Panicked(panic)) = block_on(job) else {
            panic!("the panic is passed on");
        };
        assert_eq!(panic.message(), "the job panics");
        assert_eq!((panic.file(), panic.line()), (Some(file!()), Some(line)));
        logs::assert_none("the job panics");
        let next = block_on(host.remote().defer_to_thread(|| "the pool goes on"));
        assert_eq!(next.unwrap(), "the pool goes on");
    });
}

#[test]
fn a_panic_that_nobody_asks_for_is_logged_once() {
    for_every_backend(|settings| {
        logs::capture();
        let host = Host::with(settings);
        let pool = pool_of(&host);
        host.remote()
            .call_in_thread(|| panic!("a call panics"))
            .unwrap();
        let (release, released) = mpsc::channel::<()>();
        let (tell, begun) = mpsc::channel();
        let job = pool.defer(move || {
            tell.send(()).unwrap();
            assert!(released.recv().is_err());
            panic!("a job panics when nobody waits any more");
        });
        begun.recv_timeout(LONG).unwrap();
        drop::<crochet::DeferToThread<()>>(job);
        drop(release);
        spin_until(&pool, |stats| stats.completed == 2);
        for text in ["a call panics", "a job panics when nobody waits any more"] {
            let message = logs::take_one_error(text);
            assert!(message.text.contains(file!()), "{message:?}");
        }
    });
}

#[test]
fn dropping_the_future_revokes_a_job_that_has_not_begun() {
    for_every_backend(|settings| {
        let host = sized(settings, 1);
        let pool = pool_of(&host);
        let first = Busy::begin_in(&pool);
        let trace = Trace::new();
        let value = trace.value();
        let job = pool.defer(move || drop(value));
        assert_eq!(pool.stats().queued, 1);
        drop(job);
        assert_eq!(trace.threads(), [thread::current().id()]);
        assert_eq!(pool.stats().queued, 0);
        first.end();
        spin_until(&pool, |stats| stats.idle == 1);
        assert_eq!(pool.stats().completed, 1);
    });
}

#[test]
fn a_running_job_goes_on_when_its_future_is_dropped_and_its_result_is_dropped() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let pool = pool_of(&host);
        let trace = Trace::new();
        let value = trace.value();
        let (release, released) = mpsc::channel::<()>();
        let (tell, begun) = mpsc::channel();
        let job = pool.defer(move || {
            tell.send(thread::current().id()).unwrap();
            assert!(released.recv().is_err());
            value
        });
        let worker = begun.recv_timeout(LONG).unwrap();
        drop(job);
        assert_eq!(trace.count(), 0);
        drop(release);
        spin_until(&pool, |stats| stats.completed == 1);
        assert_eq!(trace.threads(), [worker]);
    });
}

#[test]
fn a_job_ends_after_what_it_has_captured_is_gone() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let trace = Trace::new();
        for _ in 0..100 {
            let value = trace.value();
            let before = trace.count();
            let job = host.remote().defer_to_thread(move || {
                let _value = &value;
            });
            block_on(job).unwrap();
            assert_eq!(trace.count(), before + 1);
        }
    });
}

#[test]
fn a_result_whose_destructor_panics_harms_nobody() {
    for_every_backend(|settings| {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("the result of a job panics when it is dropped");
            }
        }

        logs::capture();
        let host = Host::with(settings);
        let pool = pool_of(&host);
        let (release, released) = mpsc::channel::<()>();
        let (tell, begun) = mpsc::channel();
        let job = pool.defer(move || {
            tell.send(()).unwrap();
            assert!(released.recv().is_err());
            Bomb
        });
        begun.recv_timeout(LONG).unwrap();
        drop(job);
        drop(release);
        spin_until(&pool, |stats| stats.completed == 1);
        logs::take_one_error("the result of a job panics when it is dropped");
        assert_eq!(block_on(pool.defer(|| 1)).unwrap(), 1);
    });
}

#[test]
fn beyond_the_queue_limit_jobs_are_refused() {
    for_every_backend(|settings| {
        let settings = settings.pool_size(1).pool_queue_limit(1);
        let host = Host::with(settings);
        let pool = pool_of(&host);
        let first = Busy::begin_in(&pool);
        let second = Busy::hand_to(&pool);
        assert_eq!(pool.call(|| ()), Err(PoolError::Full));
        let refused = block_on(pool.defer(|| ()));
        assert!(matches!(refused, Err(JoinError::Refused(PoolError::Full))));
        assert!(matches!(
            WaitError::from(refused.unwrap_err()),
            WaitError::QueueFull
        ));
        first.end();
        second.wait_until_begun();
        let third = pool.defer(|| ());
        second.end();
        block_on(third).unwrap();
    });
}

#[test]
fn a_thread_without_a_reactor_is_told_so() {
    assert_eq!(
        crochet_reactor::call_in_thread(|| ()),
        Err(PoolError::NoReactor)
    );
    let refused = block_on(crochet_reactor::defer_to_thread(|| ()));
    assert!(matches!(
        refused,
        Err(JoinError::Refused(PoolError::NoReactor))
    ));
}

#[test]
fn a_job_may_hand_over_another() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let (tell, told) = mpsc::channel();
        host.remote()
            .call_in_thread(move || {
                let current = ThreadPool::current().expect("it works for one");
                crochet::call_in_thread(move || {
                    tell.send(current.stats().workers).expect("the test lives");
                })
                .expect("the pool takes it");
            })
            .unwrap();
        assert!(told.recv_timeout(LONG).unwrap() > 0);
    });
}
