//! Functions that return `impl Trait`, alone and inside other types, and own their arguments.

#![deny(warnings)]

#[path = "../support/poll.rs"]
mod poll;

use std::fmt::{Debug, Display};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crochet::{Deferred, EventualResult, WaitError, run_in_reactor, wait_for};

// `Send` need not be written: rustc sees it in the type that is hidden.
#[wait_for(timeout = 5.0)]
fn plain(end: u8) -> impl Iterator<Item = u8> {
    0..end
}

#[wait_for(timeout = 5.0)]
async fn of_async(end: u8) -> impl Iterator<Item = u8> + Clone + Send {
    0..end
}

#[wait_for(timeout = 5.0)]
fn in_result() -> Result<impl Display, WaitError> {
    Ok(1)
}

#[wait_for(timeout = 5.0)]
async fn in_alias(text: String) -> io::Result<Vec<impl Display>> {
    let number: u8 = text.parse().map_err(io::Error::other)?;
    Ok(vec![number])
}

#[wait_for(timeout = 5.0)]
fn in_error() -> Result<u8, impl From<WaitError> + Debug> {
    if false {
        return Ok(1);
    }
    Err(io::Error::other("refused"))
}

#[wait_for(timeout = 5.0)]
fn in_deferred() -> Deferred<impl Display> {
    Deferred::fired(Ok(2))
}

#[wait_for(timeout = 5.0)]
async fn in_fallible_deferred() -> Deferred<impl Display, io::Error> {
    Deferred::fired(Ok(3))
}

#[wait_for(timeout = 5.0)]
async fn in_others() -> (Option<impl Display>, [impl Display; 1]) {
    (Some(4), ['5'])
}

#[wait_for(timeout = 5.0)]
fn inside_another() -> impl Iterator<Item = impl Display> {
    [6, 7].into_iter()
}

#[wait_for(timeout = 5.0)]
fn function(plus: u8) -> impl Fn(u8) -> u8 {
    move |x| x + plus
}

#[wait_for(timeout = 5.0)]
fn object() -> Box<dyn Display + Send> {
    Box::new(8)
}

#[wait_for(timeout = 5.0)]
async fn generic<T: Display + Send + 'static>(value: T) -> impl Display {
    value
}

#[wait_for(timeout = 5.0, nested)]
async fn nested(end: u8) -> io::Result<impl Iterator<Item = u8>> {
    if end == 0 {
        Err(io::ErrorKind::InvalidInput)?;
    }
    Ok(0..end)
}

#[wait_for(timeout = 5.0, nested)]
fn nested_plain(plus: u8) -> impl Fn(u8) -> u8 {
    move |x| x + plus
}

#[run_in_reactor]
fn started(end: u8) -> impl Iterator<Item = u8> {
    0..end
}

#[run_in_reactor]
async fn started_result() -> Result<impl Display + Clone, String> {
    Ok(1)
}

#[run_in_reactor(deadline = 5)]
async fn started_alias() -> io::Result<Option<impl Display>> {
    Ok(Some(2))
}

#[run_in_reactor]
fn started_error() -> Result<u8, impl Debug> {
    if false {
        return Ok(1);
    }
    Err("refused")
}

#[run_in_reactor]
fn started_deferred() -> Deferred<impl Display, String> {
    Deferred::fired(Ok(3))
}

#[run_in_reactor(nested)]
async fn started_nested() -> io::Result<impl Display> {
    Ok(4)
}

struct Limits {
    end: u8,
}

impl Limits {
    #[wait_for(timeout = 5.0)]
    async fn consume(self) -> impl Iterator<Item = u8> {
        0..self.end
    }

    #[wait_for(timeout = 5.0)]
    fn shared(self: Arc<Self>) -> impl Fn() -> u8 {
        move || self.end
    }

    #[wait_for(timeout = 5.0, associated)]
    fn below(end: u8) -> impl Iterator<Item = u8> {
        0..end
    }

    #[run_in_reactor]
    async fn started<T: Display + Send + 'static>(self: Arc<Self>, value: T) -> impl Display {
        format!("{value} {}", self.end)
    }
}

fn main() {
    crochet::setup().expect("setup");

    assert!(plain(3).expect("success").eq(0..3));
    let outcome: Result<_, WaitError> = of_async(2);
    assert!(outcome.expect("success").clone().eq(0..2));
    assert_eq!(in_result().expect("success").to_string(), "1");
    assert_eq!(
        in_alias("2".to_owned()).expect("success")[0].to_string(),
        "2"
    );
    assert!(in_alias("two".to_owned()).is_err());
    assert!(format!("{:?}", in_error().expect_err("failure")).contains("refused"));
    assert_eq!(in_deferred().expect("success").to_string(), "2");
    let outcome: io::Result<_> = in_fallible_deferred();
    assert_eq!(outcome.expect("success").to_string(), "3");
    let (first, [second]) = in_others().expect("success");
    assert_eq!(first.expect("some").to_string(), "4");
    assert_eq!(second.to_string(), "5");
    let numbers = inside_another().expect("success");
    assert_eq!(numbers.map(|x| x.to_string()).collect::<String>(), "67");
    assert_eq!(function(1).expect("success")(2), 3);
    assert_eq!(object().expect("success").to_string(), "8");
    assert_eq!(generic("g").expect("success").to_string(), "g");
    assert!(nested(1).expect("success").eq(0..1));
    assert!(nested(0).is_err());
    assert_eq!(nested_plain(1).expect("success")(2), 3);

    let limit = Duration::from_secs(5);
    let eventual: EventualResult<_> = started(3);
    assert!(
        eventual
            .take(limit)
            .ok()
            .expect("ended")
            .expect("success")
            .eq(0..3)
    );
    let eventual: EventualResult<_, String> = started_result();
    assert_eq!(eventual.wait(limit).expect("success").to_string(), "1");
    let eventual: EventualResult<_, io::Error> = started_alias();
    let ended = eventual.take(limit).ok().expect("ended");
    assert_eq!(ended.expect("success").expect("some").to_string(), "2");
    assert!(started_error().take(limit).ok().expect("ended").is_err());
    let ended = started_deferred().take(limit).ok().expect("ended");
    assert_eq!(ended.expect("success").to_string(), "3");
    let ended = started_nested().take(limit).ok().expect("ended");
    assert_eq!(ended.expect("success").to_string(), "4");

    assert!(Limits { end: 2 }.consume().expect("success").eq(0..2));
    let limits = Arc::new(Limits { end: 3 });
    assert_eq!(Arc::clone(&limits).shared().expect("success")(), 3);
    assert!(Limits::below(1).expect("success").eq(0..1));
    let ended = limits.started("of").take(limit).ok().expect("ended");
    assert_eq!(ended.expect("success").to_string(), "of 3");

    // The undecorated functions return what is written.
    assert!(plain_wrapped(3).eq(0..3));
    assert!(poll::ready(of_async_wrapped(2)).clone().eq(0..2));
    assert_eq!(in_result_wrapped().expect("success").to_string(), "1");
    assert_eq!(function_wrapped(1)(2), 3);
    assert!(started_wrapped(3).eq(0..3));
    assert!(Limits::below_wrapped(1).eq(0..1));
}
