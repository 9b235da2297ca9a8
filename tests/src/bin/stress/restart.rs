//! Stops the process's reactor and starts another.

use std::future;
use std::time::Duration;

use crochet::{EventualError, EventualResult, StopError};
use crochet_tests::LONG;

use crate::board::Post;
use crate::era;
use crate::hosts;
use crate::outcome::interrupt;
use crate::over;
use crate::payload::Payload;
use crate::random::Random;
use crate::records;
use crate::refusal::Refusal;
use crate::tally::Tally;

/// How long a stop may take: jobs of the pool that run are waited for.
const STOP: Duration = Duration::from_secs(1);

/// Restarts the process's reactor again and again until the time is over; then stops all others.
///
/// # Panics
///
/// As [`restart`].
pub(crate) fn restart_often(post: &Post, mut random: Random) -> Tally {
    let mut tally = Tally::default();
    while !over::within(random.micros(1_000..150_000)) {
        if random.one_in(4) {
            interrupt();
            tally.count("interrupt_waits", "done");
        }
        if random.one_in(8) {
            post.blocking("a change of loggers", STOP, records::change);
            tally.count("new log bridge", "done");
        }
        let how = restart(post, &mut random);
        tally.count("restart", how);
    }
    hosts::stop_all();
    tally
}

/// Restarts the process's reactor once.
///
/// # Panics
///
/// When it does not stop or start, or what it had to do has not ended when it has stopped.
pub(crate) fn restart(post: &Post, random: &mut Random) -> &'static str {
    let endless = crochet::run_in_reactor(future::pending::<()>);
    let (setter, unset) = EventualResult::<Payload, Refusal>::pair();
    era::of_process().stop_begins();
    let how = if random.one_in(3) {
        let limit = random.micros(1..5_000);
        match post.blocking("a drain", limit + STOP, || crochet::drain(limit)) {
            Ok(()) => "drained",
            Err(StopError::Timeout) => "not drained in time",
            Err(error) => panic!("a drain came to {error:?}"),
        }
    } else {
        "stopped"
    };
    let stopped = post.blocking("a stop", STOP, || crochet::stop(LONG));
    assert_eq!(stopped, Ok(()));
    let left = endless.wait(Duration::ZERO);
    assert!(matches!(left, Err(EventualError::Stopped)), "{left:?}");
    let left = unset.wait(Duration::ZERO);
    assert!(matches!(left, Err(EventualError::Stopped)), "{left:?}");
    assert!(!setter.is_wanted());
    // Others go on meanwhile, without a reactor unless one of them sets one up.
    over::within(random.micros(0..1_000));
    let set_up = post.blocking("setup after a stop", STOP, crochet::setup);
    set_up.expect("the system has room for a reactor");
    era::of_process().is_restarted();
    how
}
