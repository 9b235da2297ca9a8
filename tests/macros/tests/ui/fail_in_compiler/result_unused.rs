#![deny(unused_must_use)]

use crochet::{run_in_reactor, wait_for};

#[wait_for(timeout = 5.0)]
fn nothing() {}

#[run_in_reactor]
fn started() {}

fn main() {
    nothing();
    started();
}
