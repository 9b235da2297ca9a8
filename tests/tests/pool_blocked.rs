//! Jobs of a pool that wait for the process's reactor or for their own, which is on every back end.

use std::thread;

use crochet::{Reactor, WaitError};
use crochet_reactor::{BlockingError, Label};
use crochet_tests::backends::for_every_backend;
use crochet_tests::executor::block_on;
use crochet_tests::hold::Held;
use crochet_tests::host::Host;
use crochet_tests::jobs::{Busy, call, pool_of, sized};
use crochet_tests::{LONG, SHORT, start};

#[test]
fn whatever_a_job_waits_for_by_this_library_counts_as_blocked() {
    start();
    for_every_backend(|settings| {
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
            let host = sized(settings.clone(), 1);
            let pool = pool_of(&host);
            let waiting = pool.defer(wait);
            // Only a second thread can begin this while the first is there.
            let second = Busy::hand_to(&pool);
            block_on(waiting).unwrap();
            second.wait_until_begun();
            assert_eq!(pool.stats().started, 2, "a wait that did not count");
            second.end();
        }
    });
}

#[test]
fn a_blocking_call_of_a_job_goes_to_the_reactor_of_its_pool() {
    start();
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let on_loop = call(host.remote(), async || thread::current().id()).unwrap();
        let here = || crochet::blocking_call_from_thread(LONG, async || thread::current().id());
        let from_job = block_on(host.remote().defer_to_thread(here)).unwrap();
        assert_eq!(from_job.unwrap(), on_loop);
        let of_process = crochet::wait_for(LONG, async || thread::current().id()).unwrap();
        assert_eq!(here().unwrap(), of_process);
        let refused = call(host.remote(), async move || here()).unwrap();
        assert!(matches!(refused, Err(WaitError::OnReactorThread)));
    });
}
