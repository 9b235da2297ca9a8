//! The state by itself: who is summoned, started or sent away, and when.

use std::sync::{Arc, Mutex};

use crochet_core::eventual;

use super::*;

/// A job that notes its number when it is done.
struct Note(u32, Arc<Mutex<Vec<u32>>>);

impl Job for Note {
    fn run(self: Box<Self>) {
        self.1.lock().unwrap().push(self.0);
    }

    fn refuse(self: Box<Self>, _why: PoolError) {}
}

fn state(size: usize, cap: usize) -> State {
    State::new(&Settings {
        size,
        cap,
        ..Settings::default()
    })
}

fn limited(size: usize, limit: usize) -> State {
    State::new(&Settings {
        size,
        queue_limit: Some(limit),
        ..Settings::default()
    })
}

fn job() -> Box<dyn Job> {
    Box::new(Note(0, Arc::default()))
}

#[track_caller]
fn put(state: &mut State) -> Hands {
    state.put(job()).ok().expect("the job is taken").1
}

#[track_caller]
fn put_and_start(state: &mut State) -> Arc<Seat> {
    match put(state) {
        Hands::Start(seat) => seat,
        other => panic!("a worker is to be started, not {other:?}"),
    }
}

/// Starts a worker and gives it a job.
#[track_caller]
fn busy(state: &mut State) -> Arc<Seat> {
    let seat = put_and_start(state);
    state.arrive();
    assert!(state.take().is_some());
    seat
}

/// Ends a worker's job and lets it sit down.
#[track_caller]
fn rest(state: &mut State, seat: &Arc<Seat>) {
    state.finish();
    assert!(state.take().is_none());
    state.sit_down(Arc::clone(seat));
}

#[test]
fn a_worker_is_started_for_each_job_up_to_the_size() {
    let mut state = state(2, 9);
    assert!(matches!(put(&mut state), Hands::Start(_)));
    assert!(matches!(put(&mut state), Hands::Start(_)));
    assert!(matches!(put(&mut state), Hands::Enough));
    assert_eq!((state.workers, state.coming, state.queue.len()), (2, 2, 3));
}

#[test]
fn the_worker_that_sat_down_last_is_summoned_first() {
    let mut state = state(2, 9);
    let (first, second) = (busy(&mut state), busy(&mut state));
    rest(&mut state, &second);
    rest(&mut state, &first);
    let Hands::Summon(seat) = put(&mut state) else {
        panic!("an idle worker is summoned");
    };
    assert_eq!(seat.id(), first.id());
    assert!(!state.is_sitting(&first) && state.is_sitting(&second));
}

#[test]
fn two_jobs_summon_two_workers_though_the_first_has_not_come() {
    let mut state = state(2, 9);
    let (first, second) = (busy(&mut state), busy(&mut state));
    rest(&mut state, &second);
    rest(&mut state, &first);
    assert!(matches!(put(&mut state), Hands::Summon(_)));
    assert!(matches!(put(&mut state), Hands::Summon(_)));
}

#[test]
fn a_blocked_worker_makes_room_for_another() {
    let mut state = state(1, 2);
    busy(&mut state);
    assert!(matches!(put(&mut state), Hands::Enough));
    assert!(matches!(state.block(), Hands::Start(_)));
    assert_eq!(state.stats().blocked, 1);
}

#[test]
fn at_the_cap_the_shortage_is_told_of_once() {
    let mut state = state(1, 1);
    busy(&mut state);
    assert!(matches!(state.block(), Hands::Enough));
    assert!(matches!(put(&mut state), Hands::Starved));
    assert!(matches!(put(&mut state), Hands::Enough));
    state.unblock();
    assert!(matches!(state.block(), Hands::Starved));
}

#[test]
fn the_cap_is_never_below_the_size() {
    let mut state = state(2, 0);
    busy(&mut state);
    busy(&mut state);
}

#[test]
fn after_a_wait_nobody_begins_a_job_until_no_more_run_than_may() {
    let mut state = state(1, 9);
    let first = busy(&mut state);
    assert!(matches!(state.block(), Hands::Enough));
    busy(&mut state);
    state.unblock();
    assert!(matches!(put(&mut state), Hands::Enough));
    state.finish();
    assert!(state.take().is_none(), "two workers were running");
    state.sit_down(Arc::clone(&first));
    state.finish();
    assert!(state.take().is_some());
}

#[test]
fn a_job_is_revoked_wherever_it_waits() {
    let mut state = state(0, 9);
    let done = Arc::default();
    let ids: Vec<JobId> = (0..5)
        .map(|number| {
            let job = Box::new(Note(number, Arc::clone(&done)));
            state.put(job).ok().expect("the job is taken").0
        })
        .collect();
    for at in [2, 0, 4] {
        assert!(state.revoke(ids[at]).is_some());
        assert!(state.revoke(ids[at]).is_none(), "only once");
    }
    state.take_all().into_iter().for_each(Job::run);
    assert_eq!(*done.lock().unwrap(), [1, 3]);
}

#[test]
fn the_queue_limit_does_not_count_jobs_for_which_somebody_comes() {
    let mut state = limited(2, 1);
    assert!(matches!(put(&mut state), Hands::Start(_)));
    assert!(matches!(put(&mut state), Hands::Start(_)));
    assert!(matches!(put(&mut state), Hands::Enough));
    let refused = state.put(job()).map_err(|(_, error)| error);
    assert!(matches!(refused, Err(PoolError::Full)));
    state.arrive();
    assert!(state.take().is_some());
    assert!(state.put(job()).is_err(), "it came for one of the others");
}

#[test]
fn without_room_in_the_queue_a_job_needs_a_worker() {
    let mut state = limited(1, 0);
    let worker = busy(&mut state);
    assert!(state.put(job()).is_err());
    rest(&mut state, &worker);
    assert!(matches!(put(&mut state), Hands::Summon(_)));
}

#[test]
fn a_larger_size_starts_workers_for_what_waits() {
    let mut state = state(0, 0);
    assert!(matches!(put(&mut state), Hands::Enough));
    assert!(matches!(put(&mut state), Hands::Enough));
    assert!(matches!(state.resize(3), Hands::Start(_)));
    assert!(matches!(state.resize(3), Hands::Start(_)));
    assert!(matches!(state.resize(3), Hands::Enough));
}

#[test]
fn jobs_are_given_up_only_when_no_worker_is_left_for_them() {
    let mut state = state(2, 2);
    let (first, second) = (put_and_start(&mut state), put_and_start(&mut state));
    assert!(state.not_started(&first).jobs.is_empty());
    assert_eq!(state.not_started(&second).jobs.len(), 2);
    assert!(state.is_empty());
}

#[test]
fn jobs_are_given_up_when_all_workers_are_blocked() {
    let mut state = state(1, 9);
    busy(&mut state);
    assert!(matches!(state.block(), Hands::Enough));
    let refused = put_and_start(&mut state);
    assert!(matches!(put(&mut state), Hands::Enough));
    assert_eq!(state.not_started(&refused).jobs.len(), 2);
    assert_eq!(state.stats().workers, 1);
}

#[test]
fn jobs_wait_for_a_worker_that_is_not_blocked_until_it_is() {
    let mut state = state(2, 9);
    busy(&mut state);
    let refused = put_and_start(&mut state);
    assert!(state.not_started(&refused).jobs.is_empty());
    let Hands::Start(refused) = state.block() else {
        panic!("the system is asked once more");
    };
    assert_eq!(state.not_started(&refused).jobs.len(), 1);
}

#[test]
fn one_that_sat_down_is_summoned_instead_of_one_that_was_refused() {
    let mut state = state(1, 9);
    let first = busy(&mut state);
    assert!(matches!(state.block(), Hands::Enough));
    let refused = put_and_start(&mut state);
    state.unblock();
    rest(&mut state, &first);
    let instead = state.not_started(&refused);
    assert!(instead.jobs.is_empty());
    assert_eq!(instead.instead.map(|seat| seat.id()), Some(first.id()));
    state.arrive();
    assert!(state.take().is_some());
}

#[test]
fn jobs_that_are_to_wait_do_so_though_a_worker_was_refused() {
    let mut state = state(1, 9);
    let refused = put_and_start(&mut state);
    assert!(matches!(state.resize(0), Hands::Enough));
    assert!(state.not_started(&refused).jobs.is_empty());
    assert!(matches!(state.resize(1), Hands::Start(_)));
}

#[test]
fn closing_sends_idle_workers_away_and_the_last_one_tells() {
    let mut state = state(2, 9);
    let (first, second) = (busy(&mut state), busy(&mut state));
    rest(&mut state, &first);
    assert!(matches!(put(&mut state), Hands::Summon(_)));
    assert!(matches!(put(&mut state), Hands::Enough));
    let (empty, reader) = eventual::pair();
    let (jobs, idle) = state.close(empty);
    assert_eq!((jobs.len(), idle.len()), (2, 0));
    assert!(!reader.is_ended());
    state.arrive();
    state.begin_to_leave();
    assert!(state.leave().is_none());
    state.finish();
    state.begin_to_leave();
    assert!(state.leave().is_some());
    assert!(state.is_empty() && state.knows(&second));
    let refused = state.put(job()).map_err(|(_, error)| error);
    assert!(matches!(refused, Err(PoolError::Stopped)));
}

#[test]
fn closing_without_workers_is_the_end() {
    let (empty, reader) = eventual::pair();
    state(2, 9).close(empty);
    assert!(reader.is_ended());
}

#[test]
fn workers_that_are_let_go_of_do_not_count_in_the_next_run() {
    let mut state = state(1, 9);
    let old = busy(&mut state);
    let (empty, _reader) = eventual::pair();
    state.close(empty);
    assert_eq!(state.let_go(), 1);
    state.open();
    assert!(!state.knows(&old) && state.is_empty());
    let new = busy(&mut state);
    assert!(state.knows(&new));
}

#[test]
fn one_that_resigns_is_replaced() {
    let mut state = state(1, 9);
    busy(&mut state);
    assert!(matches!(put(&mut state), Hands::Enough));
    let (hands, empty) = state.resign(false);
    assert!(matches!(hands, Hands::Start(_)) && empty.is_none());
    assert_eq!(state.workers, 1);
}
