//! How many threads the pool of a reactor has, on every back end.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crochet::Remote;
use crochet_tests::backends::for_every_backend;
use crochet_tests::executor::block_on;
use crochet_tests::host::Host;
use crochet_tests::jobs::{Busy, call, pool_of, sized, spin_until};
use crochet_tests::{LONG, SHORT, logs};

#[test]
fn as_many_jobs_run_at_a_time_as_the_size_says() {
    for_every_backend(|settings| {
        let host = sized(settings, 2);
        let pool = pool_of(&host);
        let first = Busy::begin_in(&pool);
        let second = Busy::begin_in(&pool);
        let third = Busy::hand_to(&pool);
        let stats = pool.stats();
        assert_eq!((stats.workers, stats.queued, stats.idle), (2, 1, 0));
        assert!(!third.has_begun());
        first.end();
        third.wait_until_begun();
        assert_eq!(pool.stats().started, 2);
        second.end();
        third.end();
        spin_until(&pool, |stats| stats.completed == 3 && stats.idle == 2);
    });
}

#[test]
fn an_idle_thread_is_used_again() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let pool = pool_of(&host);
        for done in 1..=5 {
            block_on(pool.defer(|| ())).unwrap();
            spin_until(&pool, |stats| stats.idle == 1 && stats.completed == done);
        }
        assert_eq!(pool.stats().started, 1);
    });
}

#[test]
fn the_size_can_be_changed_and_none_run_with_zero() {
    for_every_backend(|settings| {
        let host = sized(settings, 0);
        let pool = pool_of(&host);
        let jobs = [Busy::hand_to(&pool), Busy::hand_to(&pool)];
        assert_eq!(pool.stats().workers, 0);
        pool.set_size(2);
        for job in jobs {
            job.wait_until_begun();
            job.end();
        }
    });
}

#[test]
fn a_job_may_wait_for_an_operation_that_needs_the_pool() {
    for_every_backend(|settings| {
        let host = sized(settings, 1);
        let job = host.remote().defer_to_thread({
            let remote = host.remote().clone();
            move || call(&remote, async || crochet::defer_to_thread(|| 42).await)
        });
        assert_eq!(block_on(job).unwrap().unwrap().unwrap(), 42);
    });
}

#[test]
fn the_pool_grows_by_as_many_as_are_blocked() {
    for_every_backend(|settings| {
        fn nested(remote: &Remote, depth: usize) -> usize {
            if depth == 0 {
                return remote.thread_pool().stats().blocked;
            }
            let theirs = remote.clone();
            let called = call(remote, async move || {
                crochet::defer_to_thread(move || nested(&theirs, depth - 1)).await
            });
            called.expect("the loop runs it").expect("the pool does it")
        }

        let host = sized(settings, 1);
        let remote = host.remote().clone();
        let blocked = block_on(host.remote().defer_to_thread(move || nested(&remote, 20)));
        assert_eq!(blocked.unwrap(), 20);
        let stats = host.remote().thread_pool().stats();
        assert_eq!((stats.blocked, stats.queued), (0, 0));
        assert!(stats.workers <= 21, "{stats:?}");
    });
}

#[test]
fn the_pool_does_not_grow_beyond_its_cap() {
    for_every_backend(|settings| {
        logs::capture();
        let host = Host::with(settings.pool_size(1).pool_cap(2));
        let pool = pool_of(&host);
        let release = Tokens::default();
        let jobs = [1, 2, 3].map(|_| {
            let (remote, release) = (host.remote().clone(), Arc::clone(&release));
            pool.defer(move || call(&remote, async move || next_token(&release).await))
        });
        spin_until(&pool, |stats| stats.blocked == 2);
        let stats = pool.stats();
        assert_eq!((stats.workers, stats.queued), (2, 1));
        for _ in 0..3 {
            release.lock().unwrap().push(());
        }
        for job in jobs {
            block_on(job).unwrap().unwrap();
        }
        assert_eq!(pool.stats().started, 2);
        assert_eq!(logs::take("its cap is too low").len(), 1);
    });
}

#[test]
fn threads_without_work_leave() {
    for_every_backend(|settings| {
        let host = Host::with(settings.pool_keep_alive(SHORT));
        let pool = pool_of(&host);
        let busy = [(); 3].map(|()| Busy::begin_in(&pool));
        assert_eq!(pool.stats().workers, 3);
        busy.into_iter().for_each(Busy::end);
        spin_until(&pool, |stats| stats.workers == 0);
        assert_eq!(pool.stats().started, 3);
    });
}

#[test]
fn a_thread_stays_as_long_as_it_is_used() {
    for_every_backend(|settings| {
        let host = Host::with(settings.pool_size(2).pool_keep_alive(LONG));
        let pool = pool_of(&host);
        let busy = [(); 2].map(|()| Busy::begin_in(&pool));
        busy.into_iter().for_each(Busy::end);
        spin_until(&pool, |stats| stats.idle == 2);
        let threads: HashSet<_> = (3..=20)
            .map(|completed| {
                let thread = block_on(pool.defer(|| thread::current().id())).unwrap();
                spin_until(&pool, |stats| {
                    stats.completed == completed && stats.idle == 2
                });
                thread
            })
            .collect();
        assert_eq!(threads.len(), 1, "the other could leave");
    });
}

#[test]
fn after_all_threads_have_left_a_job_starts_another() {
    for_every_backend(|settings| {
        let host = Host::with(settings.pool_keep_alive(Duration::ZERO));
        let pool = pool_of(&host);
        for number in 1..=20 {
            assert_eq!(block_on(pool.defer(move || number)).unwrap(), number);
            spin_until(&pool, |stats| stats.workers == 0);
        }
        assert_eq!(pool.stats().started, 20);
    });
}

type Tokens = Arc<Mutex<Vec<()>>>;

/// Takes a token when there is one.
async fn next_token(tokens: &Tokens) {
    while tokens.lock().unwrap().pop().is_none() {
        crochet::sleep(Duration::from_micros(100)).await;
    }
}
