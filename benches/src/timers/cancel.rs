//! Timers that come and go while many others stay.

use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::Poll;
use core::time::Duration;
use std::io;
use std::time::Instant;

use ::crochet::{DelayedCall, Reactor};
use ::smol::Timer;

use crate::contest::{Contestant, Failure, Role};
use crate::measure::clock::share;
use crate::timers::floor::Bare;
use crate::timers::{Size, delay, tokio_runtime};

/// Sleeps that are polled once and dropped.
pub struct CancelSleeps {
    name: &'static str,
    role: Role,
    size: Size,
    take: Take,
}

/// Has a loop measure one turn.
type Take = Box<dyn FnMut(Size) -> Result<u64, Failure>>;

impl CancelSleeps {
    /// Makes a reactor on the calling thread.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn crochet(size: Size) -> io::Result<Self> {
        let mut reactor = Reactor::new()?;
        Ok(Self {
            name: "crochet sleep",
            role: Role::Own,
            size,
            take: Box::new(move |size| Ok(reactor.block_on(cycles(size, ::crochet::sleep))?)),
        })
    }

    /// Makes a current-thread runtime on the calling thread.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn tokio(size: Size) -> io::Result<Self> {
        let runtime = tokio_runtime()?;
        Ok(Self {
            name: "tokio sleep",
            role: Role::Peer,
            size,
            // Without its budget for cooperation, which would refuse to set more than 128 timers in one poll.
            take: Box::new(move |size| {
                let work = cycles(size, ::tokio::time::sleep);
                Ok(runtime.block_on(::tokio::task::unconstrained(work)))
            }),
        })
    }

    /// Takes async-io's reactor, of which a process has one.
    ///
    /// # Errors
    ///
    /// None; the other contestants have some.
    pub fn smol(size: Size) -> io::Result<Self> {
        Ok(Self {
            name: "smol Timer",
            role: Role::Peer,
            size,
            take: Box::new(move |size| Ok(::smol::block_on(cycles(size, Timer::after)))),
        })
    }

    /// Makes timers that are in no wheel.
    pub fn floor(size: Size) -> Self {
        Self {
            name: "floor: clock and waker",
            role: Role::Floor,
            size,
            take: Box::new(move |size| Ok(::smol::block_on(cycles(size, Bare::new)))),
        }
    }
}

impl Contestant for CancelSleeps {
    fn name(&self) -> &'static str {
        self.name
    }

    fn role(&self) -> Role {
        self.role
    }

    fn turn(&mut self, samples: &mut Vec<u64>) -> Result<(), Failure> {
        samples.push((self.take)(self.size)?);
        Ok(())
    }
}

/// Sets the timers that stay, then measures those that come and go.
async fn cycles<F: Future>(size: Size, mut sleep: impl FnMut(Duration) -> F) -> u64 {
    let mut staying: Vec<Pin<Box<F>>> = (0..size.outstanding)
        .map(|index| Box::pin(sleep(staying_delay(index))))
        .collect();
    poll_fn(|cx| {
        for sleep in &mut staying {
            assert!(sleep.as_mut().poll(cx).is_pending(), "it is far from due");
        }
        let start = Instant::now();
        for index in 0..size.cycles {
            let sleep = pin!(sleep(passing_delay(index)));
            assert!(sleep.poll(cx).is_pending(), "it is far from due");
        }
        Poll::Ready(share(start.elapsed(), size.cycles))
    })
    .await
}

/// Delayed calls that are cancelled.
pub struct CancelCalls {
    reactor: Reactor,
    size: Size,
}

impl CancelCalls {
    /// Makes a reactor on the calling thread.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn start(size: Size) -> io::Result<Self> {
        let reactor = Reactor::new()?;
        Ok(Self { reactor, size })
    }
}

impl Contestant for CancelCalls {
    fn name(&self) -> &'static str {
        "crochet call_later"
    }

    fn role(&self) -> Role {
        Role::Own
    }

    fn turn(&mut self, samples: &mut Vec<u64>) -> Result<(), Failure> {
        let size = self.size;
        let measured = self.reactor.block_on(async move {
            let call = || unreachable!("it is cancelled before it is due");
            let staying: Vec<DelayedCall> = (0..size.outstanding)
                .map(|index| ::crochet::call_later(staying_delay(index), call))
                .collect();
            let start = Instant::now();
            for index in 0..size.cycles {
                ::crochet::call_later(passing_delay(index), call).cancel()?;
            }
            let measured = share(start.elapsed(), size.cycles);
            for call in staying {
                call.cancel()?;
            }
            Ok::<u64, ::crochet::CallError>(measured)
        })?;
        samples.push(measured?);
        Ok(())
    }
}

fn staying_delay(index: usize) -> Duration {
    delay(index, Duration::from_secs(600), Duration::from_secs(3_600))
}

/// Such as a timeout for a request.
fn passing_delay(index: usize) -> Duration {
    delay(index, Duration::from_secs(60), Duration::from_secs(60))
}
