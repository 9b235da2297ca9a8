//! Timers for hickory.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use hickory_proto::runtime::Time;

use crate::deadline::Deadline;
use crate::kept::KeptFuture;
use crate::sleep::sleep_until;

/// Lets hickory wait on the reactor that the calling thread runs, in virtual time as well.
///
/// As exact as [`sleep`](crate::sleep()): a microsecond, rounded up. The time counts from the first
/// poll. When the reactor is stopped and run again meanwhile, the deadline stays.
///
/// # Panics
///
/// The futures do, when they are polled on a thread that is not running a reactor, or not the one that they
/// were first polled on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HickoryTime;

impl Time for HickoryTime {
    fn delay_for<'a>(duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(delay(duration))
    }

    /// Ends `future` with the error [`TimedOut`](io::ErrorKind::TimedOut) when the time is up.
    fn timeout<'a, F>(
        duration: Duration,
        future: F,
    ) -> Pin<Box<dyn Future<Output = io::Result<F::Output>> + Send + 'a>>
    where
        F: Future + Send + 'static + 'a,
    {
        Box::pin(async move {
            let mut future = pin!(future);
            let mut delay = pin!(delay(duration));
            poll_fn(|cx| {
                // What is ready at the deadline is in time.
                if let Poll::Ready(output) = future.as_mut().poll(cx) {
                    return Poll::Ready(Ok(output));
                }
                delay
                    .as_mut()
                    .poll(cx)
                    .map(|()| Err(io::ErrorKind::TimedOut.into()))
            })
            .await
        })
    }
}

async fn delay(duration: Duration) {
    let deadline = Deadline::after(duration);
    loop {
        let waiting = match KeptFuture::new(sleep_until(&deadline)) {
            Ok(waiting) => waiting,
            Err(error) => panic!("{error}"),
        };
        match waiting.await {
            Ok(()) => return,
            // The reactor was stopped, and runs again.
            Err(_gone) => {}
        }
    }
}
