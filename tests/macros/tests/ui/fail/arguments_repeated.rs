use crochet::{run_in_reactor, wait_for};

#[wait_for(timeout = 5.0, timeout = 6.0)]
fn timeout_twice() {}

#[wait_for(timeout = 5.0, borrowed, borrowed)]
fn flag_twice() {}

#[run_in_reactor(nested, crate = crochet, nested)]
fn flag_twice_started() {}

fn main() {}
