//! The thread pool of the process's reactor, and jobs that stop that very reactor.

use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crochet::{PoolError, WaitError};
use crochet_tests::LONG;
use crochet_tests::child::{self, LEAVING};
use crochet_tests::executor::block_on;

/// Far below [`LONG`].
const PROMPT: Duration = Duration::from_secs(2);

/// How long the end of a process takes that nothing holds up, on a machine that is busy. Less than
/// the exit hook waits for a reactor that something does hold up.
const SOON: Duration = Duration::from_millis(500);

#[test]
fn a_job_may_end_the_process() {
    let ran = child::run(&mut Command::new(env!("CARGO_BIN_EXE_pool_exit")));
    assert_eq!(ran.status, Some(3), "{ran:?}");
    assert_eq!(ran.out, [LEAVING, "Before", "During", "After"], "{ran:?}");
    assert_eq!(ran.err, "");
    assert!(ran.leaving < SOON, "{ran:?}");
}

/// One test of what this process has just one of, and is to begin without.
#[test]
fn a_job_may_stop_or_drain_the_reactor_and_wait_for_its_end() {
    assert_eq!(crochet::call_in_thread(|| ()), Err(PoolError::NoReactor));
    let refused = block_on(crochet::defer_to_thread(|| ())).map_err(WaitError::from);
    assert!(matches!(refused, Err(WaitError::NotSetUp)));
    assert!(matches!(crochet::thread_pool(), Err(WaitError::NotSetUp)));

    for end in [crochet::stop, crochet::drain] {
        crochet::setup().unwrap();
        assert_eq!(block_on(crochet::defer_to_thread(|| 42)).unwrap(), 42);
        let (tell, told) = mpsc::channel();
        let begun = Instant::now();
        crochet::call_in_thread(move || {
            let ended = end(LONG);
            tell.send((ended, crochet::setup().is_ok()))
                .expect("the test lives");
        })
        .unwrap();
        assert_eq!(told.recv_timeout(LONG), Ok((Ok(()), true)));
        assert!(begun.elapsed() < PROMPT, "{:?}", begun.elapsed());
    }

    // Its thread is not the next reactor's.
    let pool = crochet::thread_pool().unwrap();
    while pool.stats().workers > 0 {
        thread::yield_now();
    }
    assert_eq!(block_on(crochet::defer_to_thread(|| 42)).unwrap(), 42);
    crochet::stop(LONG).unwrap();
    assert_eq!(crochet::call_in_thread(|| ()), Err(PoolError::Stopped));
}
