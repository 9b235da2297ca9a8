//! The thread pool in a forked child, which has none of its threads.

use std::sync::mpsc;
use std::thread;

use crochet::{DeferToThread, JoinError, PoolError, PoolStats, Reactor};
use crochet_tests::LONG;
use crochet_tests::executor::block_on;
use crochet_tests::forked::fork;
use crochet_tests::host::Host;

fn assert_forked(job: DeferToThread<()>) {
    assert!(matches!(block_on(job), Err(JoinError::Forked)));
}

#[test]
fn every_entry_point_is_refused_at_once_whatever_the_threads_were_doing() {
    let host = Host::with(Reactor::builder().pool_size(2));
    let remote = host.remote().clone();
    let pool = remote.thread_pool();
    let (halt, halted) = mpsc::channel::<()>();
    let handing = thread::spawn({
        let remote = remote.clone();
        move || {
            // Locks are held most of the time.
            while halted.try_recv() == Err(mpsc::TryRecvError::Empty) {
                block_on(remote.defer_to_thread(|| ())).expect("the parent goes on");
            }
        }
    });
    for _ in 0..100 {
        let (waiting, dropped) = (pool.defer(|| ()), pool.defer(|| ()));
        let child = fork(|| {
            assert_eq!(pool.call(|| ()), Err(PoolError::Forked));
            assert_forked(pool.defer(|| ()));
            assert_eq!(pool.stats(), PoolStats::default());
            pool.set_size(3);
            drop(dropped);
            // It may have ended before.
            match block_on(waiting) {
                Ok(()) | Err(JoinError::Forked) => {}
                Err(error) => panic!("{error}"),
            }
        });
        child.assert_ends_well();
    }
    halt.send(()).expect("the thread listens");
    handing.join().expect("the parent's pool is untouched");
    drop(host);
}

#[test]
fn a_job_may_fork() {
    let host = Host::new();
    let remote = host.remote().clone();
    let job = host.remote().defer_to_thread(move || {
        let child = fork(|| {
            let waited = crochet::blocking_call_from_thread(LONG, async || ());
            assert!(matches!(waited, Err(crochet::WaitError::Forked)));
            assert_forked(remote.defer_to_thread(|| ()));
        });
        child.assert_ends_well();
    });
    block_on(job).unwrap();
}

#[test]
fn the_child_may_drop_the_reactor_with_its_pool() {
    let reactor = Reactor::new().unwrap();
    let remote = reactor.remote();
    block_on(remote.defer_to_thread(|| ())).unwrap();
    let mut reactor = Some(reactor);
    let mut remote = Some(remote);
    let child = fork(|| {
        drop(remote.take());
        drop(reactor.take());
    });
    child.assert_ends_well();
    let again = reactor.take().expect("the parent has it");
    block_on(again.remote().defer_to_thread(|| ())).unwrap();
}
