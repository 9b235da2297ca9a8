//! Timers that all fire.

use alloc::sync::Arc;
use alloc::task::Wake;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::io;
use std::sync::{Mutex, PoisonError};

use ::crochet::Reactor;
use ::smol::Timer;

use crate::contest::{Contestant, Failure, Role};
use crate::measure::clock::{process_cpu_time, share};
use crate::timers::floor::Bare;
use crate::timers::{Spread, delay, tokio_runtime};

/// Sleeps that are polled once, wake a counter, and are dropped.
pub struct Fire {
    name: &'static str,
    role: Role,
    spread: Spread,
    take: Take,
}

/// Has a loop measure one turn.
type Take = Box<dyn FnMut(Spread) -> Result<u64, Failure>>;

impl Fire {
    /// Makes a reactor on the calling thread.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn crochet(spread: Spread) -> io::Result<Self> {
        let mut reactor = Reactor::new()?;
        Ok(Self {
            name: "crochet sleep",
            role: Role::Own,
            spread,
            take: Box::new(move |spread| Ok(reactor.block_on(fire_all(spread, ::crochet::sleep))?)),
        })
    }

    /// Makes a current-thread runtime on the calling thread.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn tokio(spread: Spread) -> io::Result<Self> {
        let runtime = tokio_runtime()?;
        Ok(Self {
            name: "tokio sleep",
            role: Role::Peer,
            spread,
            // Without its budget for cooperation, which would refuse to set more than 128 timers in one poll.
            take: Box::new(move |spread| {
                let work = fire_all(spread, ::tokio::time::sleep);
                Ok(runtime.block_on(::tokio::task::unconstrained(work)))
            }),
        })
    }

    /// Takes async-io's reactor, of which a process has one.
    ///
    /// # Errors
    ///
    /// None; the other contestants have some.
    pub fn smol(spread: Spread) -> io::Result<Self> {
        Ok(Self {
            name: "smol Timer",
            role: Role::Peer,
            spread,
            take: Box::new(move |spread| Ok(::smol::block_on(fire_all(spread, Timer::after)))),
        })
    }

    /// Makes timers that are in no wheel, and fires each by hand, in the order of their delays.
    pub fn floor(spread: Spread) -> Self {
        let mut order: Vec<usize> = (0..spread.count).collect();
        order.sort_by_key(|&index| delay(index, spread.shortest, spread.span));
        Self {
            name: "floor: clock, box, waker",
            role: Role::Floor,
            spread,
            take: Box::new(move |spread| {
                let before = process_cpu_time();
                let (countdown, mut timers) = set_all(spread, Bare::new);
                for &index in &order {
                    timers[index].fire();
                }
                assert!(countdown.is_zero(), "each has fired");
                drop(timers);
                Ok(share(
                    process_cpu_time().saturating_sub(before),
                    spread.count,
                ))
            }),
        }
    }
}

impl Contestant for Fire {
    fn name(&self) -> &'static str {
        self.name
    }

    fn role(&self) -> Role {
        self.role
    }

    fn turn(&mut self, samples: &mut Vec<u64>) -> Result<(), Failure> {
        samples.push((self.take)(self.spread)?);
        Ok(())
    }
}

/// Sets timers, waits until each has fired, and drops them; returns the processor time of each.
async fn fire_all<F: Future>(spread: Spread, sleep: impl FnMut(Duration) -> F) -> u64 {
    let before = process_cpu_time();
    let (countdown, sleeps) = set_all(spread, sleep);
    poll_fn(|cx| countdown.poll_zero(cx)).await;
    drop(sleeps);
    share(process_cpu_time().saturating_sub(before), spread.count)
}

/// Sets timers that wake one counter.
fn set_all<F: Future>(
    spread: Spread,
    mut sleep: impl FnMut(Duration) -> F,
) -> (Arc<Countdown>, Vec<Pin<Box<F>>>) {
    let Spread {
        count,
        shortest,
        span,
    } = spread;
    let countdown = Arc::new(Countdown {
        left: AtomicUsize::new(count),
        waiter: Mutex::new(None),
    });
    let waker = Waker::from(Arc::clone(&countdown));
    let mut cx = Context::from_waker(&waker);
    let mut sleeps: Vec<Pin<Box<F>>> = Vec::with_capacity(count);
    for index in 0..count {
        let mut sleep = Box::pin(sleep(delay(index, shortest, span)));
        if sleep.as_mut().poll(&mut cx).is_ready() {
            countdown.count();
        }
        sleeps.push(sleep);
    }
    (countdown, sleeps)
}

/// Counts wake-ups down: what a timer's waker costs is the same for everybody, and little.
struct Countdown {
    left: AtomicUsize,
    waiter: Mutex<Option<Waker>>,
}

impl Countdown {
    fn count(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            let waiter = self
                .waiter
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let Some(waiter) = waiter {
                waiter.wake();
            }
        }
    }

    fn is_zero(&self) -> bool {
        self.left.load(Ordering::Acquire) == 0
    }

    fn poll_zero(&self, cx: &Context<'_>) -> Poll<()> {
        *self.waiter.lock().unwrap_or_else(PoisonError::into_inner) = Some(cx.waker().clone());
        if self.is_zero() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl Wake for Countdown {
    fn wake(self: Arc<Self>) {
        self.count();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.count();
    }
}
