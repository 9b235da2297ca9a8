//! Patterns, `mut` arguments, attributes on arguments, and names.

#![deny(warnings)]
#![allow(unexpected_cfgs)]

use crochet::{run_in_reactor, wait_for};

struct Point {
    x: u8,
    y: u8,
}

#[wait_for(timeout = 5.0)]
async fn tuple((x, y): (u8, u8), [first, ..]: [u8; 2]) -> u8 {
    x + y + first
}

#[wait_for(timeout = 5.0)]
fn structure(Point { x, y: renamed }: Point) -> u8 {
    x + renamed
}

#[wait_for(timeout = 5.0)]
fn mutable(mut x: u8, mut list: Vec<u8>) -> Vec<u8> {
    x += 1;
    list.push(x);
    list
}

#[wait_for(timeout = 5.0)]
fn wildcard(_: u8, _unused: u8, x: u8) -> u8 {
    x
}

#[wait_for(timeout = 5.0)]
fn binding(whole @ (x, _): (u8, u8), ref borrowed: String) -> usize {
    usize::from(whole.1 + x) + borrowed.len()
}

// The names that the macro makes up do not meet the user's.
#[wait_for(timeout = std::time::Duration::from_secs(timeout.into()))]
fn same_names(arg1: u8, (arg0, arg2): (u8, u8), timeout: u8) -> [u8; 4] {
    [arg0, arg1, arg2, timeout]
}

#[wait_for(timeout = 5.0)]
fn attributes(
    #[allow(unused_variables)] x: u8,
    #[cfg(absent)] y: Absent,
    #[cfg(not(absent))] z: u8,
) -> u8 {
    z
}

#[wait_for(timeout = 5.0)]
fn r#match(r#type: u8) -> u8 {
    r#type
}

#[run_in_reactor]
fn started((x, y): (u8, u8), mut z: u8) -> u8 {
    z += x;
    z + y
}

fn main() {
    crochet::setup().expect("setup");

    assert_eq!(tuple((1, 2), [3, 4]).expect("success"), 6);
    assert_eq!(structure(Point { x: 1, y: 2 }).expect("success"), 3);
    assert_eq!(mutable(1, vec![1]).expect("success"), vec![1, 2]);
    assert_eq!(wildcard(1, 2, 3).expect("success"), 3);
    assert_eq!(binding((1, 2), "four".to_owned()).expect("success"), 7);
    assert_eq!(same_names(1, (0, 2), 3).expect("success"), [0, 1, 2, 3]);
    assert_eq!(attributes(1, 2).expect("success"), 2);
    assert_eq!(r#match(1).expect("success"), 1);
    assert_eq!(match_wrapped(1), 1);
    assert_eq!(
        started((1, 2), 3)
            .wait(std::time::Duration::from_secs(5))
            .expect("success"),
        6
    );
}
