//! Functions that return a `Deferred`.

#![deny(warnings)]

use std::time::Duration;

use crochet::{Deferred, EventualResult, WaitError, run_in_reactor, wait_for};

#[derive(Clone, Debug, PartialEq)]
struct OwnError;

impl From<WaitError> for OwnError {
    fn from(_: WaitError) -> Self {
        OwnError
    }
}

#[wait_for(timeout = 5.0)]
fn value() -> Deferred<u8> {
    Deferred::fired(Ok(1))
}

#[wait_for(timeout = 5.0)]
fn fallible(fail: bool) -> Deferred<u8, OwnError> {
    if fail {
        Deferred::fired(Err(OwnError))
    } else {
        Deferred::fired(Ok(2))
    }
}

#[wait_for(timeout = 5.0)]
async fn value_of_async() -> crochet::Deferred<u8> {
    Deferred::fired(Ok(3))
}

#[wait_for(timeout = 5.0)]
async fn fallible_of_async(fail: bool) -> Deferred<u8, OwnError> {
    fallible_wrapped(fail)
}

#[run_in_reactor]
fn started() -> Deferred<u8> {
    Deferred::fired(Ok(5))
}

#[run_in_reactor]
fn started_fallible(fail: bool) -> Deferred<u8, OwnError> {
    fallible_wrapped(fail)
}

#[run_in_reactor]
async fn started_of_async() -> Deferred<u8> {
    started_wrapped()
}

fn main() {
    crochet::setup().expect("setup");

    let outcome: Result<u8, WaitError> = value();
    assert_eq!(outcome.expect("success"), 1);
    assert_eq!(fallible(false).expect("success"), 2);
    assert_eq!(fallible(true), Err(OwnError));
    let outcome: Result<u8, WaitError> = value_of_async();
    assert_eq!(outcome.expect("success"), 3);
    assert_eq!(fallible_of_async(false).expect("success"), 2);
    assert_eq!(fallible_of_async(true), Err(OwnError));

    let limit = Duration::from_secs(5);
    let eventual: EventualResult<u8> = started();
    assert_eq!(eventual.wait(limit).expect("success"), 5);
    let eventual: EventualResult<u8, OwnError> = started_fallible(false);
    assert_eq!(eventual.wait(limit).expect("success"), 2);
    assert!(started_fallible(true).wait(limit).is_err());
    let eventual: EventualResult<u8> = started_of_async();
    assert_eq!(eventual.wait(limit).expect("success"), 5);

    let _wrapped: fn() -> Deferred<u8> = value_wrapped;
}
