//! Plain and async functions, with and without a `Result`.

#![deny(warnings)]

#[path = "../support/poll.rs"]
mod poll;

use std::fmt;
use std::io;
use std::thread::{self, ThreadId};
use std::time::Duration;

use crochet::{EventualResult, WaitError, run_in_reactor, wait_for};

#[derive(Clone, Debug, PartialEq)]
enum OwnError {
    Refused,
    Wait,
}

impl From<WaitError> for OwnError {
    fn from(_: WaitError) -> Self {
        OwnError::Wait
    }
}

impl fmt::Display for OwnError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

impl std::error::Error for OwnError {}

type OwnResult<T> = Result<T, OwnError>;

mod alias {
    pub type Result<T> = std::result::Result<T, super::OwnError>;
}

#[wait_for(timeout = 5.0)]
fn plain(x: u8) -> u8 {
    x + 1
}

#[wait_for(timeout = 5.0)]
async fn asynchronous(x: u8) -> u8 {
    std::future::ready(x + 2).await
}

#[wait_for(timeout = 5.0)]
fn nothing() {}

#[wait_for(timeout = 5.0)]
async fn nothing_asynchronous() -> () {}

#[wait_for(timeout = 5.0)]
async fn here() -> ThreadId {
    thread::current().id()
}

#[wait_for(timeout = 5.0)]
fn result(x: u8) -> Result<u8, OwnError> {
    x.checked_add(1).ok_or(OwnError::Refused)
}

#[wait_for(timeout = 5.0)]
async fn result_of_wait(x: u8) -> std::result::Result<u8, WaitError> {
    Ok(x)
}

#[wait_for(timeout = 5.0)]
async fn alias_of_io(fail: bool) -> io::Result<u8> {
    if fail {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(3)
}

#[wait_for(timeout = 5.0)]
async fn alias_of_own(x: u8) -> alias::Result<u8> {
    Err(OwnError::Refused).or(Ok(x))
}

#[wait_for(timeout = 5.0)]
async fn boxed_error(text: String) -> Result<u8, Box<dyn std::error::Error + Send + Sync>> {
    Ok(text.parse()?)
}

// A name other than `Result` is a value like any other.
#[wait_for(timeout = 5.0)]
fn other_name(x: u8) -> OwnResult<u8> {
    Ok(x)
}

#[run_in_reactor]
fn started(x: u8) -> u8 {
    x + 1
}

#[run_in_reactor]
async fn started_asynchronous(x: u8) -> Result<u8, OwnError> {
    if x == 0 {
        Err(OwnError::Refused)
    } else {
        Ok(x)
    }
}

#[run_in_reactor]
async fn started_alias(x: u8) -> alias::Result<u8> {
    Ok(x)
}

#[run_in_reactor()]
fn started_nothing() {}

macro_rules! items {
    ($($item:item)*) => {
        $($item)*
    };
}

// Each `Self` is that of an inner item.
#[wait_for(timeout = 5.0)]
fn inner_items() -> u8 {
    struct Inner(u8);
    impl Inner {
        fn new(x: u8) -> Self {
            Self(x)
        }
    }
    items! {
        struct Other(u8);
        impl Other {
            fn new(x: u8) -> Self {
                Self(x)
            }
        }
    }
    Inner::new(1).0 + Other::new(2).0
}

fn main() {
    crochet::setup().expect("setup");

    assert_eq!(inner_items().expect("success"), 3);

    let outcome: Result<u8, WaitError> = plain(1);
    assert_eq!(outcome.expect("success"), 2);
    assert_eq!(plain_wrapped(1), 2);
    assert_eq!(asynchronous(1).expect("success"), 3);
    assert_eq!(poll::ready(asynchronous_wrapped(1)), 3);
    nothing().expect("success");
    nothing_wrapped();
    nothing_asynchronous().expect("success");
    assert_ne!(here().expect("success"), thread::current().id());
    assert_eq!(poll::ready(here_wrapped()), thread::current().id());

    assert_eq!(result(1).expect("success"), 2);
    assert_eq!(result(255), Err(OwnError::Refused));
    assert_eq!(result_of_wait(1).expect("success"), 1);
    assert_eq!(alias_of_io(false).expect("success"), 3);
    assert_eq!(
        alias_of_io(true).expect_err("failure").kind(),
        io::ErrorKind::NotFound
    );
    assert_eq!(alias_of_own(4).expect("success"), 4);
    assert_eq!(boxed_error("7".to_owned()).expect("a number"), 7);
    assert!(boxed_error("x".to_owned()).is_err());
    assert_eq!(other_name(1).expect("success"), Ok(1));

    let limit = Duration::from_secs(5);
    let eventual: EventualResult<u8> = started(1);
    assert_eq!(eventual.wait(limit).expect("success"), 2);
    assert_eq!(started_wrapped(1), 2);
    let eventual: EventualResult<u8, OwnError> = started_asynchronous(0);
    assert!(eventual.wait(limit).is_err());
    assert_eq!(poll::ready(started_asynchronous_wrapped(1)), Ok(1));
    let eventual: EventualResult<u8, OwnError> = started_alias(1);
    assert_eq!(eventual.wait(limit).expect("success"), 1);
    let eventual: EventualResult<()> = started_nothing();
    eventual.wait(limit).expect("success");
}
