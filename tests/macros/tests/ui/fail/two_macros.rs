use crochet::{run_in_reactor, wait_for};

#[wait_for(timeout = 5.0)]
#[run_in_reactor]
fn both() {}

#[run_in_reactor]
#[inline]
#[crochet::wait_for(timeout = 5.0)]
fn both_reversed() {}

#[wait_for(timeout = 5.0)]
#[wait_for(timeout = 5.0)]
fn twice() {}

fn main() {
    both();
}
