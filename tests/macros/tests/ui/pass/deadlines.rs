//! Every way to write a deadline.

#![deny(warnings)]

use core::time::Duration;
use std::sync::Arc;

use crochet::{Deferred, EventualResult, run_in_reactor};

const LIMIT: Duration = Duration::from_secs(5);

#[run_in_reactor(deadline = 5)]
fn integer() {}

#[run_in_reactor(deadline = 5.5)]
async fn float() {}

#[run_in_reactor(deadline = "5s")]
fn text() -> u8 {
    1
}

#[run_in_reactor(deadline = LIMIT * 2)]
async fn computed() -> Result<u8, String> {
    Ok(2)
}

/// The limit serves nothing else.
#[run_in_reactor(deadline = limit)]
fn argument(limit: Duration) -> Deferred<u8> {
    Deferred::fired(Ok(3))
}

struct Client {
    limit: Duration,
}

impl Client {
    #[run_in_reactor(deadline = self.limit)]
    async fn call<T: Send + 'static>(self: Arc<Self>, value: T) -> Result<T, String> {
        Ok(value)
    }

    #[run_in_reactor(deadline = 1, associated)]
    fn associated() -> u8 {
        4
    }

    #[run_in_reactor(deadline = "250ms", nested)]
    async fn nested(value: u8) -> u8 {
        value
    }
}

fn main() {
    crochet::setup().unwrap();
    integer().wait(LIMIT).unwrap();
    float().wait(LIMIT).unwrap();
    assert_eq!(text().wait(LIMIT).unwrap(), 1);
    let result: EventualResult<u8, String> = computed();
    assert_eq!(result.wait(LIMIT).unwrap(), 2);
    assert_eq!(argument(LIMIT).wait(LIMIT).unwrap(), 3);
    let client = Arc::new(Client { limit: LIMIT });
    assert_eq!(client.call("x").wait(LIMIT).unwrap(), "x");
    assert_eq!(Client::associated().wait(LIMIT).unwrap(), 4);
    assert_eq!(Client::nested(5).wait(LIMIT).unwrap(), 5);
    assert_eq!(text_wrapped(), 1);
}
