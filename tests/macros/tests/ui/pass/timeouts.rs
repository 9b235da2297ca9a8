//! Every way to write a time limit.

#![deny(warnings)]

use core::time::Duration;
use std::sync::atomic::{AtomicU32, Ordering};

use crochet::{WaitError, wait_for};

const LIMIT: Duration = Duration::from_secs(5);

static EVALUATED: AtomicU32 = AtomicU32::new(0);

fn counted(limit: Duration) -> Duration {
    EVALUATED.fetch_add(1, Ordering::Relaxed);
    limit
}

#[wait_for(timeout = 5)]
fn integer() {}

#[wait_for(timeout = 5.5)]
fn float() {}

#[wait_for(timeout = 1_000u64)]
fn suffix() {}

#[wait_for(timeout = 1e1)]
fn exponent() {}

#[wait_for(timeout = "5s")]
fn seconds() {}

#[wait_for(timeout = "1.5s")]
fn decimal() {}

#[wait_for(timeout = "5000ms")]
fn milliseconds() {}

#[wait_for(timeout = "5000000us")]
fn microseconds() {}

#[wait_for(timeout = "5_000_000_000 ns")]
fn nanoseconds() {}

#[wait_for(timeout = "2m")]
fn minutes() {}

#[wait_for(timeout = "1h")]
fn hours() {}

#[wait_for(timeout = LIMIT)]
fn constant() {}

#[wait_for(timeout = counted(LIMIT * 2))]
fn call() {}

#[wait_for(timeout = limit)]
fn argument_for_the_limit_only(limit: Duration) {}

#[wait_for(timeout = Duration::from_secs(count.into()) + counted(timeout))]
fn arguments(count: u8, timeout: Duration, name: String) -> String {
    format!("{name} {count} {}", timeout.as_secs())
}

struct Client {
    limit: Duration,
}

impl Client {
    #[wait_for(timeout = self.limit)]
    async fn limited(&self, x: u8) -> u8 {
        x
    }
}

#[wait_for(timeout = 0)]
fn zero() -> u8 {
    1
}

#[wait_for(timeout = "0s")]
fn zero_with_unit() -> u8 {
    1
}

macro_rules! with_timeout {
    ($name:ident, $timeout:expr, $output:ty) => {
        #[wait_for(timeout = $timeout)]
        fn $name() -> $output {
            Ok(())
        }
    };
}

with_timeout!(from_macro, 5, Result<(), WaitError>);
with_timeout!(string_from_macro, "5s", Result<(), WaitError>);

fn main() {
    crochet::setup().expect("setup");
    argument_for_the_limit_only(LIMIT).expect("nothing to wait for");

    for function in [
        integer,
        float,
        suffix,
        exponent,
        seconds,
        decimal,
        milliseconds,
        microseconds,
        nanoseconds,
        minutes,
        hours,
        constant,
        call,
        from_macro,
        string_from_macro,
    ] {
        function().expect("success");
    }
    assert_eq!(EVALUATED.load(Ordering::Relaxed), 1);
    assert_eq!(
        arguments(1, LIMIT, "n".to_owned()).expect("success"),
        "n 1 5".to_owned()
    );
    assert_eq!(EVALUATED.load(Ordering::Relaxed), 2);
    assert_eq!(Client { limit: LIMIT }.limited(1).expect("success"), 1);

    for function in [zero, zero_with_unit] {
        assert!(matches!(function(), Ok(1) | Err(WaitError::Timeout)));
    }
}
