use std::rc::Rc;

use crochet::{WaitError, run_in_reactor, wait_for};

#[wait_for(timeout = 5.0)]
async fn value(x: u8) -> Rc<u8> {
    Rc::new(x)
}

#[wait_for(timeout = 5.0)]
fn result(x: &u8) -> Result<Rc<u8>, WaitError> {
    Ok(Rc::new(*x))
}

#[run_in_reactor]
async fn started(x: u8) -> Rc<u8> {
    Rc::new(x)
}

fn main() {}
