//! Functions that return `impl Future`, whose future runs on the reactor.

#![deny(warnings)]

#[path = "../support/poll.rs"]
mod poll;

use std::cell::Cell;
use std::fmt::Display;
use std::future::{self, Future};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crochet::{Deferred, EventualResult, WaitError, run_in_reactor, wait_for};

// The future is not `Send`.
#[wait_for(timeout = 5.0)]
fn value() -> impl Future<Output = u8> {
    let shared = Rc::new(Cell::new(1));
    async move { shared.get() }
}

#[wait_for(timeout = 5.0)]
fn result(text: &str) -> impl Future<Output = io::Result<u8>> {
    async { text.parse().map_err(io::Error::other) }
}

#[wait_for(timeout = 5.0)]
fn captured<'a>(long: &'a str, short: &str) -> impl Future<Output = &'a str> + use<'a> {
    let length = short.len();
    async move { &long[length..] }
}

#[wait_for(timeout = 5.0)]
fn opaque() -> impl core::future::Future<Output = Option<impl Display>> + Send {
    future::ready(Some(2))
}

#[wait_for(timeout = 5.0)]
fn deferred() -> impl Future<Output = Deferred<u8>> {
    async { Deferred::fired(Ok(3)) }
}

#[wait_for(timeout = 5.0)]
async fn of_async(text: &str) -> impl Future<Output = usize> {
    future::ready(text.len())
}

#[wait_for(timeout = 5.0)]
async fn deferred_of_async() -> impl Future<Output = Deferred<u8, io::Error>> {
    async { Deferred::fired(Ok(4)) }
}

#[run_in_reactor]
fn started() -> impl Future<Output = Result<u8, String>> {
    future::ready(Ok(5))
}

#[run_in_reactor]
async fn started_of_async() -> impl Future<Output = u8> {
    future::ready(6)
}

trait Load {
    fn load(&self, key: &str) -> io::Result<u8>;
    fn start(self: Arc<Self>) -> EventualResult<u8>;
    fn length(&self) -> Result<u8, WaitError>;
}

struct Entry {
    key: String,
    value: u8,
}

impl Load for Entry {
    #[wait_for(timeout = 5.0, nested)]
    fn load(&self, key: &str) -> impl Future<Output = io::Result<u8>> {
        let found = self.key == key;
        async move {
            if !found {
                Err(io::ErrorKind::NotFound)?;
            }
            Ok(self.value)
        }
    }

    #[run_in_reactor(nested)]
    fn start(self: Arc<Self>) -> impl Future<Output = u8> {
        async move { self.value }
    }

    #[wait_for(timeout = 5.0, nested)]
    async fn length(&self) -> impl Future<Output = Deferred<u8>> {
        let length = self.value;
        async move { Deferred::fired(Ok(length)) }
    }
}

fn main() {
    crochet::setup().expect("setup");

    let outcome: Result<u8, WaitError> = value();
    assert_eq!(outcome.expect("success"), 1);
    assert_eq!(result("2").expect("success"), 2);
    assert!(result("two").is_err());
    let text = String::from("local");
    let rest = {
        let short = String::from("lo");
        captured(&text, &short).expect("success")
    };
    assert_eq!(rest, "cal");
    assert_eq!(opaque().expect("success").expect("some").to_string(), "2");
    assert_eq!(deferred().expect("success"), 3);
    assert_eq!(of_async(&text).expect("success"), 5);
    let outcome: io::Result<u8> = deferred_of_async();
    assert_eq!(outcome.expect("success"), 4);

    let limit = Duration::from_secs(5);
    let eventual: EventualResult<u8, String> = started();
    assert_eq!(eventual.wait(limit).expect("success"), 5);
    let eventual: EventualResult<u8> = started_of_async();
    assert_eq!(eventual.wait(limit).expect("success"), 6);

    let entry = Entry {
        key: "k".to_owned(),
        value: 7,
    };
    assert_eq!(entry.load("k").expect("success"), 7);
    assert_eq!(
        entry.load("x").expect_err("failure").kind(),
        io::ErrorKind::NotFound
    );
    assert_eq!(entry.length().expect("success"), 7);
    assert_eq!(Arc::new(entry).start().wait(limit).expect("success"), 7);

    assert_eq!(poll::ready(value_wrapped()), 1);
    assert_eq!(poll::ready(poll::ready(of_async_wrapped("x"))), 1);
}
