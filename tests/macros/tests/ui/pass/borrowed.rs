//! Arguments that borrow from the blocked caller.

#![deny(warnings)]

use std::borrow::Cow;
use std::fmt::Display;
use std::pin::Pin;

use crochet::{WaitError, wait_for};

#[wait_for(timeout = 5.0)]
async fn reference(text: &str) -> usize {
    text.len()
}

#[wait_for(timeout = 5.0)]
fn exclusive(list: &mut Vec<u8>, x: u8) {
    list.push(x);
}

#[wait_for(timeout = 5.0)]
async fn returned<'a>(long: &'a str, short: &str) -> &'a str {
    &long[short.len()..]
}

#[wait_for(timeout = 5.0)]
async fn returned_elided(text: &str) -> Result<&str, WaitError> {
    Ok(text.trim())
}

#[wait_for(timeout = 5.0)]
fn placeholder(text: Cow<'_, str>) -> usize {
    text.len()
}

#[wait_for(timeout = 5.0)]
fn unused_lifetime<'a, 'b: 'a>(x: &'a u8, y: &'b u8) -> u8 {
    x + y
}

#[wait_for(timeout = 5.0)]
async fn pinned(x: Pin<&mut u8>) -> u8 {
    *x
}

#[wait_for(timeout = 5.0)]
fn not_borrowed(text: &'static str, other: Box<dyn Display + Send>) -> String {
    format!("{text} {other}")
}

struct View<'a> {
    text: &'a str,
}

// The type of `view` hides its lifetime.
#[wait_for(timeout = 5.0, borrowed)]
#[allow(elided_lifetimes_in_paths)]
fn hidden(view: View) -> usize {
    view.text.len()
}

impl<'a> View<'a> {
    #[wait_for(timeout = 5.0)]
    async fn own(&self) -> &'a str {
        self.text
    }

    // The lifetime of the `impl` is out of the macro's sight.
    #[wait_for(timeout = 5.0, borrowed)]
    async fn consume(self) -> &'a str {
        self.text
    }
}

struct Slot<T> {
    value: T,
}

impl<T: Send> Slot<T> {
    #[wait_for(timeout = 5.0, borrowed)]
    async fn into_value(self) -> T {
        self.value
    }
}

fn main() {
    crochet::setup().expect("setup");

    let text = String::from("local");
    assert_eq!(reference(&text).expect("success"), 5);
    let mut list = vec![1];
    exclusive(&mut list, 2).expect("success");
    assert_eq!(list, [1, 2]);
    assert_eq!(returned(&text, "lo").expect("success"), "cal");
    assert_eq!(returned_elided(" x ").expect("success"), "x");
    assert_eq!(placeholder(Cow::Borrowed(&text)).expect("success"), 5);
    assert_eq!(unused_lifetime(&1, &2).expect("success"), 3);
    assert_eq!(pinned(Pin::new(&mut 4)).expect("success"), 4);
    assert_eq!(
        not_borrowed("a", Box::new("b")).expect("success"),
        "a b".to_owned()
    );
    assert_eq!(hidden(View { text: &text }).expect("success"), 5);
    let view = View { text: &text };
    assert_eq!(view.own().expect("success"), "local");
    assert_eq!(view.consume().expect("success"), "local");
    let slot = Slot {
        value: text.as_str(),
    };
    assert_eq!(slot.into_value().expect("success"), "local");
}
