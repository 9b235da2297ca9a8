//! Type and const parameters, `impl Trait` arguments and where clauses.

#![deny(warnings)]

#[path = "../support/poll.rs"]
mod poll;

use std::fmt::{Debug, Display};
use std::str::FromStr;
use std::time::Duration;

use crochet::{WaitError, run_in_reactor, wait_for};

#[wait_for(timeout = 5.0)]
async fn owned<T: Display + Send + 'static>(x: T) -> String {
    x.to_string()
}

#[wait_for(timeout = 5.0)]
async fn owned_by_where<T>(x: T) -> T
where
    T: Send + 'static,
{
    x
}

#[wait_for(timeout = 5.0)]
async fn open<T: Display + Send>(x: T) -> String {
    x.to_string()
}

#[wait_for(timeout = 5.0)]
fn passed_through<T>(x: T) -> Option<T>
where
    T: Send,
{
    Some(x)
}

#[wait_for(timeout = 5.0)]
async fn in_output_only<T: FromStr + Send>(text: &str) -> Option<T> {
    text.parse().ok()
}

#[wait_for(timeout = 5.0)]
fn array<const N: usize>(bytes: [u8; N]) -> usize {
    bytes.len()
}

#[wait_for(timeout = 5.0)]
fn const_in_body_only<const N: usize>() -> usize {
    N
}

#[wait_for(timeout = 5.0)]
async fn impl_trait(x: impl Display + Send) -> String {
    x.to_string()
}

#[wait_for(timeout = 5.0)]
async fn impl_trait_owned(x: impl Display + Send + 'static) -> String {
    x.to_string()
}

#[wait_for(timeout = 5.0)]
async fn closure<F, R>(function: F) -> R
where
    F: FnOnce() -> R + Send,
    R: Send,
{
    function()
}

#[wait_for(timeout = 5.0)]
async fn generic_result<T, E>(outcome: Result<T, E>) -> Result<T, E>
where
    T: Send,
    E: From<WaitError> + Send,
{
    outcome
}

#[wait_for(timeout = 5.0)]
fn higher_ranked(measure: Box<dyn Fn(&str) -> usize + Send>, text: fn(&str) -> &str) -> usize {
    measure(text("four"))
}

#[run_in_reactor]
async fn started<T: Send + 'static, const N: usize>(x: [T; N]) -> Vec<T> {
    x.into()
}

#[run_in_reactor]
fn started_result<T, E>(outcome: Result<T, E>) -> Result<T, E>
where
    T: Send + 'static,
    E: Debug + Send + 'static,
{
    outcome
}

fn main() {
    crochet::setup().expect("setup");

    let local = String::from("local");
    assert_eq!(owned(5).expect("success"), "5".to_owned());
    assert_eq!(
        owned_by_where(local.clone()).expect("success"),
        local.clone()
    );
    assert_eq!(open(&local).expect("success"), local.clone());
    assert_eq!(
        passed_through(local.as_str()).expect("success"),
        Some("local")
    );
    assert_eq!(in_output_only::<u8>("7").expect("success"), Some(7));
    assert_eq!(poll::ready(in_output_only_wrapped::<u8>("7")), Some(7));
    assert_eq!(array([1, 2, 3]).expect("success"), 3);
    assert_eq!(const_in_body_only::<9>().expect("success"), 9);
    assert_eq!(impl_trait(&local).expect("success"), local.clone());
    assert_eq!(impl_trait_owned(5).expect("success"), "5".to_owned());
    assert_eq!(closure(|| local.len()).expect("success"), 5);
    assert_eq!(
        generic_result::<&str, WaitError>(Ok(&local)).expect("success"),
        "local"
    );
    assert_eq!(
        higher_ranked(Box::new(str::len), |text| text).expect("success"),
        4
    );

    let limit = Duration::from_secs(5);
    assert_eq!(started([1, 2]).wait(limit).expect("success"), [1, 2]);
    assert!(
        started_result::<u8, String>(Err("no".to_owned()))
            .wait(limit)
            .is_err()
    );
}
