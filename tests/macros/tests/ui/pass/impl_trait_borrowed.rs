//! Functions that return `impl Trait` and borrow, what they return included or not.

#![deny(warnings)]

#[path = "../support/poll.rs"]
mod poll;

use std::fmt::Display;

use crochet::{WaitError, wait_for};

// This edition captures every lifetime.
#[wait_for(timeout = 5.0)]
fn elided(text: &str) -> impl Iterator<Item = char> {
    text.chars()
}

#[wait_for(timeout = 5.0)]
async fn of_async(text: &str, other: &str) -> impl Iterator<Item = char> {
    text.chars().chain(other.chars())
}

#[wait_for(timeout = 5.0)]
async fn written<'a>(long: &'a str, _short: &str) -> impl Iterator<Item = char> + use<'a> {
    long.chars()
}

#[wait_for(timeout = 5.0)]
fn outlived<'a>(text: &'a str) -> Result<Option<impl Display + 'a>, WaitError> {
    Ok(Some(text))
}

#[wait_for(timeout = 5.0)]
async fn nothing_captured(text: &str) -> impl Display + use<> {
    text.len()
}

#[wait_for(timeout = 5.0)]
fn object(text: &str) -> Box<dyn Iterator<Item = char> + Send + '_> {
    Box::new(text.chars())
}

#[wait_for(timeout = 5.0)]
fn exclusive(list: &mut Vec<u8>) -> impl Iterator<Item = u8> {
    list.drain(..)
}

#[wait_for(timeout = 5.0)]
fn generic<T: Display + Send>(value: T) -> impl Display {
    value
}

// The argument's type, which no signature shows, has a lifetime.
#[wait_for(timeout = 5.0)]
async fn argument(value: impl Display + Send) -> impl Display {
    value
}

#[wait_for(timeout = 5.0)]
fn arguments<'a>(values: impl Iterator<Item = &'a str> + Send) -> Vec<impl Display> {
    values.collect()
}

#[wait_for(timeout = 5.0, nested)]
async fn nested(text: &str) -> Option<impl Iterator<Item = char>> {
    Some(text.chars())
}

struct List<T> {
    items: Vec<T>,
}

impl<T: Clone + Send + Sync> List<T> {
    #[wait_for(timeout = 5.0)]
    fn all(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }

    #[wait_for(timeout = 5.0)]
    async fn changed(&mut self) -> Result<impl Iterator<Item = &mut T>, WaitError> {
        Ok(self.items.iter_mut())
    }

    #[wait_for(timeout = 5.0)]
    fn length<U: Sync>(&self, _other: &U) -> impl Fn() -> usize + use<T, U> {
        let length = self.items.len();
        move || length
    }

    #[wait_for(timeout = 5.0, borrowed)]
    fn consume(self) -> impl Iterator<Item = T> {
        self.items.into_iter()
    }
}

fn main() {
    crochet::setup().expect("setup");

    let text = String::from("local");
    assert!(elided(&text).expect("success").eq("local".chars()));
    assert!(of_async("lo", "cal").expect("success").eq(text.chars()));
    let captured = {
        let short = String::from("short");
        written(&text, &short).expect("success")
    };
    assert!(captured.eq("local".chars()));
    let outcome = outlived(&text).expect("success");
    assert_eq!(outcome.expect("some").to_string(), "local");
    let owned = {
        let local = String::from("four");
        nothing_captured(&local).expect("success")
    };
    assert_eq!(owned.to_string(), "4");
    assert!(object(&text).expect("success").eq(text.chars()));
    let mut list = vec![1, 2];
    assert!(exclusive(&mut list).expect("success").eq([1, 2]));
    assert!(list.is_empty());
    assert_eq!(generic(&text).expect("success").to_string(), "local");
    assert_eq!(argument(&text).expect("success").to_string(), "local");
    let values = arguments([text.as_str()].into_iter()).expect("success");
    assert_eq!(values[0].to_string(), "local");
    let outcome = nested(&text).expect("success");
    assert!(outcome.expect("some").eq(text.chars()));

    let mut list = List { items: vec![1, 2] };
    assert!(list.all().expect("success").eq(&[1, 2]));
    for item in list.changed().expect("success") {
        *item += 1;
    }
    assert_eq!(list.length(&text).expect("success")(), 2);
    assert!(list.all_wrapped().eq(&[2, 3]));
    let borrowed = List {
        items: vec![text.as_str()],
    };
    assert!(borrowed.consume().expect("success").eq(["local"]));

    assert!(elided_wrapped(&text).eq(text.chars()));
    assert_eq!(poll::ready(argument_wrapped(&text)).to_string(), "local");
}
