//! Tasks that are woken and polled.

use core::error::Error;

use crochet_reactor::{JoinHandle, Reactor, spawn, yield_now};

use crate::budget_counted;

/// Has tasks wake themselves: one wake-up and one poll each time.
pub fn wake_and_poll() -> Result<usize, Box<dyn Error>> {
    const YIELDS: usize = 128;
    const WARM_UP: usize = 8;
    let mut reactor = Reactor::new()?;
    reactor.block_on(all_yield(WARM_UP))?;
    budget_counted(|| reactor.block_on(all_yield(YIELDS)))?;
    Ok(TASKS * YIELDS)
}

const TASKS: usize = 64;

async fn all_yield(yields: usize) {
    let tasks: Vec<JoinHandle<()>> = (0..TASKS)
        .map(|_| {
            spawn(async move {
                for _ in 0..yields {
                    yield_now().await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a task that yields ends by itself");
    }
}
