//! What the stash gives up: nothing that failed is lost, and everything is counted. The limits are the process's, so
//! the tests take turns.

use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crochet::{
    EventualResult, ResultId, RetrieveError, StashLimits, StashStats, configure_stash,
    retrieve_result, run_in_reactor, stash_stats, try_run_in_reactor,
};
use crochet_tests::hold::Flag;
use crochet_tests::{LONG, barrier, logs, start};

/// The stash, empty and with the default limits, until it is dropped.
struct Turn {
    before: StashStats,
    _guard: MutexGuard<'static, ()>,
}

impl Turn {
    fn take() -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        start();
        let guard = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        configure_stash(StashLimits::default().max_results(0));
        configure_stash(StashLimits::default());
        Self {
            before: stash_stats(),
            _guard: guard,
        }
    }

    /// Asserts what has happened since the turn was taken.
    #[track_caller]
    fn assert_counts(&self, kept: usize, [stashed, retrieved, evicted, expired]: [u64; 4]) {
        let StashStats {
            kept: kept_now,
            stashed: stashed_now,
            retrieved: retrieved_now,
            evicted: evicted_now,
            expired: expired_now,
            ..
        } = stash_stats();
        let since = [
            stashed_now - self.before.stashed,
            retrieved_now - self.before.retrieved,
            evicted_now - self.before.evicted,
            expired_now - self.before.expired,
        ];
        assert_eq!(kept_now, kept);
        assert_eq!(since, [stashed, retrieved, evicted, expired]);
    }
}

fn failed(text: &'static str) -> ResultId {
    let result = try_run_in_reactor(move || async move { Err::<(), _>(text) });
    barrier();
    result.stash()
}

fn failed_at_once(text: &'static str) -> EventualResult<(), &'static str> {
    let (setter, result) = EventualResult::pair();
    setter.set(Err(text)).expect("somebody waits");
    result
}

fn retrieve(id: ResultId) -> Result<(), RetrieveError> {
    retrieve_result::<(), &str>(id).map(|result| assert!(result.wait(LONG).is_err()))
}

#[test]
fn one_too_many_drives_the_oldest_out() {
    let turn = Turn::take();
    configure_stash(StashLimits::default().max_results(2));
    let texts = ["limits: first", "limits: second", "limits: third"];
    let [first, second, third] = texts.map(failed);
    turn.assert_counts(2, [3, 0, 1, 0]);
    logs::assert_one_error(texts[0]);
    assert_eq!(retrieve(first), Err(RetrieveError::Unknown));
    assert_eq!(retrieve(second), Ok(()));
    assert_eq!(retrieve(third), Ok(()));
    turn.assert_counts(0, [3, 2, 1, 0]);
    logs::assert_none(texts[1]);
    logs::assert_none(texts[2]);
}

#[test]
fn what_was_retrieved_makes_room() {
    let turn = Turn::take();
    configure_stash(StashLimits::default().max_results(1));
    for _ in 0..10 {
        assert_eq!(retrieve(failed("limits: makes room")), Ok(()));
    }
    turn.assert_counts(0, [10, 10, 0, 0]);
}

#[test]
fn lower_limits_count_at_once() {
    let turn = Turn::take();
    let texts = ["limits: lower, first", "limits: lower, second"];
    let [first, second] = texts.map(failed);
    turn.assert_counts(2, [2, 0, 0, 0]);
    configure_stash(StashLimits::default().max_results(1));
    turn.assert_counts(1, [2, 0, 1, 0]);
    logs::assert_one_error(texts[0]);
    assert_eq!(retrieve(first), Err(RetrieveError::Unknown));
    configure_stash(StashLimits::default().max_age(Duration::ZERO));
    turn.assert_counts(0, [2, 0, 1, 1]);
    logs::assert_one_error(texts[1]);
    assert_eq!(retrieve(second), Err(RetrieveError::Unknown));
}

#[test]
fn an_age_of_zero_keeps_nothing() {
    let turn = Turn::take();
    configure_stash(StashLimits::default().max_age(Duration::ZERO));
    let text = "limits: no age";
    let id = failed(text);
    logs::assert_one_error(text);
    assert_eq!(retrieve(id), Err(RetrieveError::Unknown));
    turn.assert_counts(0, [1, 0, 0, 1]);
}

#[test]
fn a_value_that_is_given_up_is_not_logged_and_a_pending_operation_goes_on() {
    let turn = Turn::take();
    let line = format!("{}:{}", file!(), line!() + 1);
    let value = run_in_reactor(|| async { 1 });
    let flag = Flag::new();
    let told = flag.clone();
    let text = "limits: failed after it was given up";
    let pending: EventualResult<(), &str> = try_run_in_reactor(move || async move {
        while !told.is_set() {
            crochet::sleep(Duration::from_micros(100)).await;
        }
        Err(text)
    });
    barrier();
    let ids = (value.stash(), pending.stash());
    configure_stash(StashLimits::default().max_results(0));
    turn.assert_counts(0, [2, 0, 2, 0]);
    assert!(retrieve_result::<i32, Infallible>(ids.0).is_err());
    logs::assert_none(&line);
    logs::assert_none(text);
    flag.set();
    while logs::containing(text).is_empty() {
        std::thread::yield_now();
    }
    logs::assert_one_error(text);
    assert_eq!(retrieve(ids.1), Err(RetrieveError::Unknown));
}

#[test]
fn a_wrong_type_and_an_unknown_id_do_not_count_as_retrieved() {
    let turn = Turn::take();
    let id = failed("limits: wrong type");
    assert!(retrieve_result::<u8, u8>(id).is_err());
    turn.assert_counts(1, [1, 0, 0, 0]);
    assert_eq!(retrieve(id), Ok(()));
    assert_eq!(retrieve(id), Err(RetrieveError::Unknown));
    turn.assert_counts(0, [1, 1, 0, 0]);
}

#[test]
fn a_value_that_is_driven_out_may_stash_another_when_it_is_dropped() {
    struct Stashes;
    impl Drop for Stashes {
        fn drop(&mut self) {
            let _id = failed_at_once("limits: from a destructor").stash();
        }
    }
    let turn = Turn::take();
    configure_stash(StashLimits::default().max_results(1));
    let result = run_in_reactor(|| async { Stashes });
    barrier();
    let first = result.stash();
    let second = failed("limits: drives the first out");
    turn.assert_counts(1, [3, 0, 2, 0]);
    logs::assert_one_error("limits: drives the first out");
    logs::assert_none("limits: from a destructor");
    assert!(retrieve_result::<Stashes, Infallible>(first).is_err());
    assert_eq!(retrieve(second), Err(RetrieveError::Unknown));
    configure_stash(StashLimits::default().max_results(0));
    logs::assert_one_error("limits: from a destructor");
}
