use std::fmt::Display;

use crochet::{run_in_reactor, wait_for};

#[wait_for(timeout = 5.0)]
fn opaque() -> impl Display {
    1
}

#[wait_for(timeout = 5.0)]
fn opaque_inside() -> Result<Vec<impl Display>, crochet::WaitError> {
    Ok(vec![1])
}

#[run_in_reactor]
fn future() -> impl Future<Output = u8> {
    std::future::ready(1)
}

#[wait_for(timeout = 5.0)]
fn never() -> ! {
    panic!()
}

#[run_in_reactor]
async fn never_started() -> ! {
    std::future::pending().await
}

fn main() {}
