//! Timers that are set.

use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::Poll;
use core::time::Duration;

use ::crochet::Reactor;
use ::smol::Timer;
use ::tokio::runtime::Builder;
use ::tokio::task::unconstrained;

use crate::contest::Role;
use crate::measure::alloc::held;
use crate::memory::Holder;

/// Returns a holder for each library.
pub fn all(count: usize) -> Vec<Holder> {
    vec![
        Holder::new("crochet", Role::Own, count, |count| {
            Ok(Reactor::new()?.block_on(hold(count, ::crochet::sleep))?)
        }),
        Holder::new("tokio", Role::Peer, count, |count| {
            let runtime = Builder::new_current_thread().enable_time().build()?;
            Ok(runtime.block_on(unconstrained(hold(count, ::tokio::time::sleep))))
        }),
        Holder::new("smol", Role::Peer, count, |count| {
            Ok(::smol::block_on(hold(count, Timer::after)))
        }),
    ]
}

/// Sets `count` timers, each in a box as a task would have it, and returns what they hold.
async fn hold<F: Future>(count: usize, mut sleep: impl FnMut(Duration) -> F) -> i64 {
    poll_fn(|cx| {
        let (timers, bytes) = held(|| {
            let mut timers: Vec<Pin<Box<F>>> = Vec::with_capacity(count);
            for index in 0..count {
                let delay = Duration::from_secs(600 + index as u64 % 3_600);
                let mut timer = Box::pin(sleep(delay));
                assert!(timer.as_mut().poll(cx).is_pending(), "it is far from due");
                timers.push(timer);
            }
            timers
        });
        drop(timers);
        Poll::Ready(bytes)
    })
    .await
}
