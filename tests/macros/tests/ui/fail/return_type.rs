use std::fmt::Display;

use crochet::{run_in_reactor, wait_for};

mod own {
    /// The type arguments do not show which of them is the value.
    pub type Result<P, T, E> = core::result::Result<(P, T), E>;
}

#[wait_for(timeout = 5.0)]
fn future() -> impl Future {
    std::future::ready(1)
}

#[run_in_reactor]
async fn future_started() -> impl Send + Future<Output: Display> {
    std::future::ready(1)
}

#[run_in_reactor]
fn obscure() -> own::Result<u8, impl Display, String> {
    Ok((1, 2))
}

// This one is kept as it is.
#[wait_for(timeout = 5.0)]
fn not_obscure() -> own::Result<u8, impl Display, crochet::WaitError> {
    Ok((1, 2))
}

#[wait_for(timeout = 5.0)]
fn never() -> ! {
    panic!()
}

#[run_in_reactor]
async fn never_started() -> ! {
    std::future::pending().await
}

fn main() {
    assert_eq!(not_obscure().unwrap().0, 1);
}
