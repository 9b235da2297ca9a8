//! The thread pool of a reactor: what it runs where, when, and on how many threads.

use std::collections::HashSet;
use std::future::Future;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crochet::{JoinError, PoolError, PoolStats, Reactor, Remote, ThreadPool, WaitError};
use crochet_reactor::{BlockingError, Label};
use crochet_tests::executor::block_on;
use crochet_tests::hold::Held;
use crochet_tests::host::Host;
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, SHORT, logs, start};

/// A job that is busy, without waiting for a reactor, until it is told to end.
struct Busy {
    release: Sender<()>,
    begun: Receiver<()>,
}

impl Busy {
    /// Hands the job over.
    fn hand_to(pool: &ThreadPool) -> Self {
        let (release, released) = mpsc::channel();
        let (tell, begun) = mpsc::channel();
        pool.call(move || {
            tell.send(()).expect("the test lives");
            assert!(released.recv().is_err(), "the sender is dropped");
        })
        .expect("the pool takes the job");
        Self { release, begun }
    }

    /// Hands the job over, and waits until it has begun.
    fn begin_in(pool: &ThreadPool) -> Self {
        let busy = Self::hand_to(pool);
        busy.wait_until_begun();
        busy
    }

    fn wait_until_begun(&self) {
        self.begun.recv_timeout(LONG).expect("the job begins");
    }

    fn has_begun(&self) -> bool {
        self.begun.try_recv().is_ok()
    }

    fn end(self) {
        drop(self.release);
    }
}

fn sized(size: usize) -> Host {
    Host::with(Reactor::builder().pool_size(size))
}

fn pool_of(host: &Host) -> ThreadPool {
    host.remote().thread_pool()
}

/// Computes until the pool is in such a state.
#[track_caller]
fn spin_until(pool: &ThreadPool, is_so: impl Fn(PoolStats) -> bool) {
    let begun = Instant::now();
    while !is_so(pool.stats()) {
        assert!(begun.elapsed() < LONG, "still {:?}", pool.stats());
        thread::yield_now();
    }
}

/// Calls an operation of the reactor, from a job.
fn call<M, F>(remote: &Remote, make: M) -> Result<F::Output, BlockingError>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future<Output: Send> + 'static,
{
    remote.call(Label::here(), LONG, make)
}

#[test]
fn nothing_is_started_before_the_first_job() {
    let host = Host::new();
    let pool = pool_of(&host);
    assert_eq!(pool.stats(), PoolStats::default());
    block_on(pool.defer(|| ())).unwrap();
    assert_eq!(pool.stats().started, 1);
}

#[test]
fn a_job_runs_in_a_thread_of_its_own_and_its_result_goes_to_the_loop() {
    let host = Host::new();
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
}

#[test]
fn jobs_begin_in_the_order_in_which_they_were_handed_over() {
    let host = sized(1);
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
}

#[test]
fn as_many_jobs_run_at_a_time_as_the_size_says() {
    let host = sized(2);
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
}

#[test]
fn an_idle_thread_is_used_again() {
    let host = Host::new();
    let pool = pool_of(&host);
    for done in 1..=5 {
        block_on(pool.defer(|| ())).unwrap();
        spin_until(&pool, |stats| stats.idle == 1 && stats.completed == done);
    }
    assert_eq!(pool.stats().started, 1);
}

#[test]
fn the_size_can_be_changed_and_none_run_with_zero() {
    let host = sized(0);
    let pool = pool_of(&host);
    let jobs = [Busy::hand_to(&pool), Busy::hand_to(&pool)];
    assert_eq!(pool.stats().workers, 0);
    pool.set_size(2);
    for job in jobs {
        job.wait_until_begun();
        job.end();
    }
}

#[test]
fn a_job_may_wait_for_an_operation_that_needs_the_pool() {
    let host = sized(1);
    let job = host.remote().defer_to_thread({
        let remote = host.remote().clone();
        move || call(&remote, async || crochet::defer_to_thread(|| 42).await)
    });
    assert_eq!(block_on(job).unwrap().unwrap().unwrap(), 42);
}

#[test]
fn the_pool_grows_by_as_many_as_are_blocked() {
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

    let host = sized(1);
    let remote = host.remote().clone();
    let blocked = block_on(host.remote().defer_to_thread(move || nested(&remote, 20)));
    assert_eq!(blocked.unwrap(), 20);
    let stats = host.remote().thread_pool().stats();
    assert_eq!((stats.blocked, stats.queued), (0, 0));
    assert!(stats.workers <= 21, "{stats:?}");
}

#[test]
fn the_pool_does_not_grow_beyond_its_cap() {
    logs::capture();
    let host = Host::with(Reactor::builder().pool_size(1).pool_cap(2));
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
    assert_eq!(logs::containing("its cap is too low").len(), 1);
}

type Tokens = Arc<Mutex<Vec<()>>>;

/// Takes a token when there is one.
async fn next_token(tokens: &Tokens) {
    while tokens.lock().unwrap().pop().is_none() {
        crochet::sleep(Duration::from_micros(100)).await;
    }
}

#[test]
fn whatever_a_job_waits_for_by_this_library_counts_as_blocked() {
    start();
    let waits: [fn(); 4] = [
        || {
            let waited = crochet::wait_for(SHORT, std::future::pending::<()>);
            assert!(matches!(waited, Err(WaitError::Timeout)));
        },
        || {
            let result = crochet::run_in_reactor(std::future::pending::<()>);
            assert!(result.wait(SHORT).is_err());
            result.cancel();
        },
        || {
            let name = String::from("borrowed");
            let waited = crochet::wait_for_borrowed(SHORT, async || {
                std::future::pending::<()>().await;
                name.len()
            });
            assert!(matches!(waited, Err(WaitError::Timeout)));
        },
        || {
            let bounded = Host::with(Reactor::builder().queue_limit(1));
            let _held = Held::hold_this(bounded.remote());
            let waiting = bounded.remote().submit(async || {}).expect("there is room");
            let full = bounded.remote().call(Label::here(), SHORT, async || {});
            assert!(matches!(full, Err(BlockingError::Full)));
            waiting.cancel();
        },
    ];
    for wait in waits {
        let host = sized(1);
        let pool = pool_of(&host);
        let waiting = pool.defer(wait);
        // Only a second thread can begin this while the first is there.
        let second = Busy::hand_to(&pool);
        block_on(waiting).unwrap();
        second.wait_until_begun();
        assert_eq!(pool.stats().started, 2, "a wait that did not count");
        second.end();
    }
}

#[test]
fn threads_without_work_leave() {
    let host = Host::with(Reactor::builder().pool_keep_alive(SHORT));
    let pool = pool_of(&host);
    let busy = [(); 3].map(|()| Busy::begin_in(&pool));
    assert_eq!(pool.stats().workers, 3);
    busy.into_iter().for_each(Busy::end);
    spin_until(&pool, |stats| stats.workers == 0);
    assert_eq!(pool.stats().started, 3);
}

#[test]
fn a_thread_stays_as_long_as_it_is_used() {
    let host = Host::with(Reactor::builder().pool_size(2).pool_keep_alive(LONG));
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
}

#[test]
fn after_all_threads_have_left_a_job_starts_another() {
    let host = Host::with(Reactor::builder().pool_keep_alive(Duration::ZERO));
    let pool = pool_of(&host);
    for number in 1..=20 {
        assert_eq!(block_on(pool.defer(move || number)).unwrap(), number);
        spin_until(&pool, |stats| stats.workers == 0);
    }
    assert_eq!(pool.stats().started, 20);
}

#[test]
fn a_panic_reaches_whoever_awaits_with_its_place() {
    logs::capture();
    let host = Host::new();
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
}

#[test]
fn a_panic_that_nobody_asks_for_is_logged_once() {
    logs::capture();
    let host = Host::new();
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
        let message = logs::assert_one_error(text);
        assert!(message.text.contains(file!()), "{message:?}");
    }
}

#[test]
fn dropping_the_future_revokes_a_job_that_has_not_begun() {
    let host = sized(1);
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
}

#[test]
fn a_running_job_goes_on_when_its_future_is_dropped_and_its_result_is_dropped() {
    let host = Host::new();
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
}

#[test]
fn a_job_ends_after_what_it_has_captured_is_gone() {
    let host = Host::new();
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
}

#[test]
fn a_result_whose_destructor_panics_harms_nobody() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("the result of a job panics when it is dropped");
        }
    }

    logs::capture();
    let host = Host::new();
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
    logs::assert_one_error("the result of a job panics when it is dropped");
    assert_eq!(block_on(pool.defer(|| 1)).unwrap(), 1);
}

#[test]
fn beyond_the_queue_limit_jobs_are_refused() {
    let settings = Reactor::builder().pool_size(1).pool_queue_limit(1);
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
fn a_blocking_call_of_a_job_goes_to_the_reactor_of_its_pool() {
    start();
    let host = Host::new();
    let on_loop = call(host.remote(), async || thread::current().id()).unwrap();
    let here = || crochet::blocking_call_from_thread(LONG, async || thread::current().id());
    let from_job = block_on(host.remote().defer_to_thread(here)).unwrap();
    assert_eq!(from_job.unwrap(), on_loop);
    let of_process = crochet::wait_for(LONG, async || thread::current().id()).unwrap();
    assert_eq!(here().unwrap(), of_process);
    let refused = call(host.remote(), async move || here()).unwrap();
    assert!(matches!(refused, Err(WaitError::OnReactorThread)));
}

#[test]
fn a_job_may_hand_over_another() {
    let host = Host::new();
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
}
