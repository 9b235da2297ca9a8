use std::rc::Rc;

use crochet::{run_in_reactor, wait_for};

#[wait_for(timeout = 5.0)]
async fn owned(count: u8, shared: Rc<u8>) -> u8 {
    count + *shared
}

#[wait_for(timeout = 5.0)]
async fn borrowed(shared: &Rc<u8>) -> u8 {
    **shared
}

#[run_in_reactor]
fn started(shared: Rc<u8>) -> u8 {
    *shared
}

#[wait_for(timeout = 5.0)]
fn generic<T: 'static>(x: T) {
    drop(x);
}

fn main() {}
