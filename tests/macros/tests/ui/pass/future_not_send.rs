//! The future is made and lives on the reactor's thread, so it need not be `Send`.

#![deny(warnings)]

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crochet::{run_in_reactor, wait_for};

async fn pause() {
    std::future::ready(()).await;
}

#[wait_for(timeout = 5.0)]
async fn owned(x: u8) -> u8 {
    let shared = Rc::new(RefCell::new(x));
    pause().await;
    *shared.borrow_mut() += 1;
    shared.take()
}

#[wait_for(timeout = 5.0)]
async fn borrowed(text: &str) -> usize {
    let shared = Rc::new(text);
    pause().await;
    shared.len()
}

#[run_in_reactor]
async fn started(x: u8) -> u8 {
    let shared = Rc::new(x);
    pause().await;
    *shared
}

fn main() {
    crochet::setup().expect("setup");
    assert_eq!(owned(1).expect("success"), 2);
    assert_eq!(borrowed("four").expect("success"), 4);
    assert_eq!(started(1).wait(Duration::from_secs(5)).expect("success"), 1);
}
