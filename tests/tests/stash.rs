//! Results that are kept under an id.

use std::collections::HashSet;
use std::future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::thread;
use std::time::Duration;

use crochet::{
    CancelOnDrop, EventualError, EventualResult, ResultId, RetrieveError, retrieve_result,
    run_in_reactor, try_run_in_reactor,
};
use crochet_tests::hold::Flag;
use crochet_tests::traces::Trace;
use crochet_tests::{LONG, SHORT, barrier, logs, start};

#[test]
fn the_very_object_comes_back() {
    start();
    let result = run_in_reactor(|| async { Box::new(5) });
    barrier();
    let id = result.stash();
    let result: EventualResult<Box<i32>> = retrieve_result(id).unwrap();
    let Ok(Ok(value)) = result.take(LONG) else {
        panic!("it has a value");
    };
    assert_eq!(*value, 5);

    let (setter, result) = EventualResult::<Box<u8>, &str>::pair();
    let id = result.stash();
    let value = Box::new(7);
    let address = &raw const *value;
    setter
        .set(Ok(value))
        .expect("the stash keeps the other half");
    let result = retrieve_result::<Box<u8>, &str>(id).unwrap();
    let Ok(Ok(value)) = result.take(LONG) else {
        panic!("it has a value");
    };
    assert_eq!(&raw const *value, address, "the same allocation");
}

#[test]
fn a_result_is_retrieved_once() {
    start();
    let id = run_in_reactor(|| async { 1 }).stash();
    let first = retrieve_result::<i32, std::convert::Infallible>(id);
    assert_eq!(first.unwrap().wait(LONG).unwrap(), 1);
    let second = retrieve_result::<i32, std::convert::Infallible>(id);
    assert_eq!(second.map(drop), Err(RetrieveError::Unknown));
}

#[test]
fn of_many_who_retrieve_it_one_gets_it() {
    start();
    for round in 0..50 {
        let id = run_in_reactor(move || async move { round }).stash();
        let got: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(move || retrieve_result::<i32, std::convert::Infallible>(id)))
                .collect();
            threads
                .into_iter()
                .filter_map(|thread| thread.join().unwrap().ok())
                .collect()
        });
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].wait(LONG).unwrap(), round);
    }
}

#[test]
fn a_wrong_type_leaves_it_where_it_is_and_names_the_right_one() {
    start();
    let id = try_run_in_reactor(|| async { Ok::<_, String>(3_u8) }).stash();
    for error in [
        retrieve_result::<u16, String>(id).map(drop),
        retrieve_result::<u8, &str>(id).map(drop),
    ] {
        let Err(RetrieveError::WrongType { stored }) = error else {
            panic!("{error:?}");
        };
        assert!(
            stored.contains("u8") && stored.contains("String"),
            "{stored}"
        );
        assert!(error.unwrap_err().to_string().contains(stored));
    }
    let result = retrieve_result::<u8, String>(id).unwrap();
    assert_eq!(result.wait(LONG).unwrap(), 3);
}

#[test]
fn an_operation_goes_on_in_the_stash() {
    start();
    let flag = Flag::new();
    let told = flag.clone();
    let result = run_in_reactor(move || async move {
        while !told.is_set() {
            crochet::sleep(Duration::from_micros(100)).await;
        }
        "done"
    });
    let id = result.stash();
    let result: EventualResult<&str> = retrieve_result(id).unwrap();
    assert!(matches!(result.wait(SHORT), Err(EventualError::Timeout)));
    let id = result.stash();
    flag.set();
    let result: EventualResult<&str> = retrieve_result(id).unwrap();
    assert_eq!(result.wait(LONG).unwrap(), "done");
}

#[test]
fn a_failure_in_the_stash_is_whoever_s_who_retrieves_it() {
    start();
    let (asked, unasked) = ("retrieved and looked at", "retrieved and dropped");
    let fail = |text: &'static str| {
        let result = try_run_in_reactor(move || async move { Err::<(), _>(text) });
        barrier();
        result.stash()
    };
    let result = retrieve_result::<(), &str>(fail(asked)).unwrap();
    let failure = result.original_failure().expect("it has failed");
    assert_eq!(failure.site().file(), file!());
    drop(result);
    logs::assert_none(asked);

    let id = fail(unasked);
    logs::assert_none(unasked);
    drop(retrieve_result::<(), &str>(id).unwrap());
    logs::assert_one_error(unasked);
}

#[test]
fn ids_are_never_used_twice_whoever_stashes() {
    start();
    const THREADS: usize = 8;
    const ROUNDS: usize = 1000;
    let ids: Vec<ResultId> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    let round = |_| {
                        let (setter, result) = EventualResult::<(), ()>::pair();
                        let id = result.stash();
                        setter.set(Ok(())).unwrap();
                        let result = retrieve_result::<(), ()>(id).unwrap();
                        assert!(result.is_ready());
                        id
                    };
                    (0..ROUNDS).map(round).collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    let distinct: HashSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), THREADS * ROUNDS);
    // Not one of them can be had from its neighbour by changing the last digits.
    let prefixes: HashSet<_> = ids
        .iter()
        .map(|id| id.to_string()[..16].to_owned())
        .collect();
    assert_eq!(prefixes.len(), THREADS * ROUNDS);
}

#[test]
fn an_id_goes_through_a_session_as_text() {
    start();
    let id = run_in_reactor(|| async { 4 }).stash();
    let session = id.to_string();
    assert_eq!(session.len(), 32);
    let id: ResultId = session.parse().unwrap();
    let result: EventualResult<i32> = retrieve_result(id).unwrap();
    assert_eq!(result.wait(LONG).unwrap(), 4);

    let near = format!(
        "{}{}",
        &session[..31],
        if session.ends_with('0') { '1' } else { '0' }
    );
    let near: ResultId = near.parse().unwrap();
    let none = retrieve_result::<i32, std::convert::Infallible>(near);
    assert_eq!(none.map(drop), Err(RetrieveError::Unknown));
    assert!("session".parse::<ResultId>().is_err());
}

#[test]
fn what_is_retrieved_can_be_cancelled() {
    start();
    let trace = Trace::new();
    let value = trace.value();
    let result = run_in_reactor(move || async move {
        let _value = value;
        future::pending::<()>().await;
    });
    let id = result.stash();
    barrier();
    let result: EventualResult<()> = retrieve_result(id).unwrap();
    drop(result.cancel_on_drop());
    barrier();
    assert_eq!(trace.count(), 1);
}

#[test]
fn handles_go_anywhere() {
    fn assert<T: Send + Sync + UnwindSafe + RefUnwindSafe + Unpin>() {}
    assert::<EventualResult<u8, String>>();
    assert::<CancelOnDrop<u8, String>>();
    assert::<crochet::ResultSetter<u8, String>>();
    assert::<crochet::Failure>();
    assert::<ResultId>();
}
