//! Measures how much too late a short sleep ends.

use core::fmt;
use core::future::Future;
use core::time::Duration;
use std::io;
use std::os::fd::OwnedFd;
use std::time::Instant;

use ::calloop::EventLoop;
use ::calloop::timer::TimeoutAction;
use ::crochet::Reactor;
use ::smol::Timer;
use ::tokio::runtime::Builder;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::time::Timespec;

use crate::args::Options;
use crate::contest::{Contest, Contestant, Failure, Role, Unit, started};
use crate::measure::affinity::{self, Placement};
use crate::measure::clock::nanoseconds;
use crate::report::output::Output;
use crate::suite::SuiteError;

/// Runs the suite, on one core.
///
/// # Errors
///
/// Returns the first failure of a contestant or of the system; a sleep that ends early is one.
pub fn run(options: &Options, output: &mut Output) -> Result<(), SuiteError> {
    let allowed = affinity::allowed_cpus().map_err(SuiteError::Placement)?;
    Placement::one_core(allowed[0])
        .apply()
        .map_err(SuiteError::Placement)?;

    let mut contestants: Vec<Box<dyn Contestant>> = vec![
        started("crochet", Sleeper::crochet())?,
        started("tokio", Sleeper::tokio())?,
        started("smol", Sleeper::smol())?,
        started("calloop", Sleeper::calloop())?,
        // The first floor is the one that the table compares with.
        started("epoll_pwait2", Sleeper::epoll())?,
        started("nanosleep", Sleeper::nanosleep())?,
    ];
    let title = format!("beyond a sleep of {} µs", NAP.as_micros());
    Contest::new("lateness", title, Unit::Microseconds, ROUNDS, options)
        .run(&mut contestants, output)
}

/// How long the sleeps are.
const NAP: Duration = Duration::from_micros(50);

/// Sleeps in one turn of a contestant.
const NAPS: usize = 50;

const ROUNDS: usize = 100;

/// One way to sleep.
struct Sleeper {
    name: &'static str,
    role: Role,
    take: Take,
}

/// Has a loop sleep some times; returns how long each took.
type Take = Box<dyn FnMut() -> Result<Vec<Duration>, Failure>>;

impl Sleeper {
    fn crochet() -> io::Result<Self> {
        let mut reactor = Reactor::new()?;
        Ok(Self {
            name: "crochet sleep",
            role: Role::Own,
            take: Box::new(move || Ok(reactor.block_on(naps(::crochet::sleep))?)),
        })
    }

    fn tokio() -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        Ok(Self {
            name: "tokio sleep",
            role: Role::Peer,
            take: Box::new(move || Ok(runtime.block_on(naps(::tokio::time::sleep)))),
        })
    }

    fn smol() -> io::Result<Self> {
        Ok(Self {
            name: "smol Timer",
            role: Role::Peer,
            take: Box::new(|| Ok(::smol::block_on(naps(Timer::after)))),
        })
    }

    fn calloop() -> io::Result<Self> {
        let mut events = EventLoop::<bool>::try_new().map_err(io::Error::other)?;
        Ok(Self {
            name: "calloop Timer",
            role: Role::Peer,
            take: Box::new(move || {
                let mut taken = Vec::with_capacity(NAPS);
                for _ in 0..NAPS {
                    let start = Instant::now();
                    wait_for_callback(&mut events)?;
                    taken.push(start.elapsed());
                }
                Ok(taken)
            }),
        })
    }

    fn nanosleep() -> io::Result<Self> {
        Ok(Self {
            name: "floor: nanosleep",
            role: Role::Floor,
            take: Box::new(|| {
                let naps = (0..NAPS).map(|_| timed(|| std::thread::sleep(NAP)));
                Ok(naps.collect())
            }),
        })
    }

    /// What a thread has to do that also waits for sockets.
    fn epoll() -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        Ok(Self {
            name: "floor: epoll_pwait2",
            role: Role::Floor,
            take: Box::new(move || {
                let mut taken = Vec::with_capacity(NAPS);
                for _ in 0..NAPS {
                    let start = Instant::now();
                    wait_in(&epoll)?;
                    taken.push(start.elapsed());
                }
                Ok(taken)
            }),
        })
    }
}

fn timed(nap: impl FnOnce()) -> Duration {
    let start = Instant::now();
    nap();
    start.elapsed()
}

fn wait_for_callback(events: &mut EventLoop<'_, bool>) -> Result<(), Failure> {
    let timer = calloop::timer::Timer::from_duration(NAP);
    let wake_up = |_due, (): &mut (), is_over: &mut bool| {
        *is_over = true;
        TimeoutAction::Drop
    };
    let inserted = events.handle().insert_source(timer, wake_up);
    inserted.map_err(|refused| refused.to_string())?;
    let mut is_over = false;
    while !is_over {
        events.dispatch(None, &mut is_over)?;
    }
    Ok(())
}

fn wait_in(epoll: &OwnedFd) -> Result<(), Errno> {
    let timeout = Timespec {
        tv_sec: 0,
        tv_nsec: i64::from(NAP.subsec_nanos()),
    };
    let mut events = [Event {
        flags: EventFlags::empty(),
        data: EventData::new_u64(0),
    }];
    epoll::wait(epoll, &mut events, Some(&timeout)).map(|_| ())
}

async fn naps<F: Future>(mut sleep: impl FnMut(Duration) -> F) -> Vec<Duration> {
    let mut taken = Vec::with_capacity(NAPS);
    for _ in 0..NAPS {
        let start = Instant::now();
        sleep(NAP).await;
        taken.push(start.elapsed());
    }
    taken
}

impl Contestant for Sleeper {
    fn name(&self) -> &'static str {
        self.name
    }

    fn role(&self) -> Role {
        self.role
    }

    fn turn(&mut self, samples: &mut Vec<u64>) -> Result<(), Failure> {
        for taken in (self.take)()? {
            samples.push(lateness(taken)?);
        }
        Ok(())
    }
}

fn lateness(taken: Duration) -> Result<u64, Early> {
    let late = taken.checked_sub(NAP).ok_or(Early(taken))?;
    Ok(nanoseconds(late))
}

/// A sleep ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Early(Duration);

impl fmt::Display for Early {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a sleep of {NAP:?} ended after {:?}", self.0)
    }
}

impl core::error::Error for Early {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_early_end_is_a_failure() {
        let early = Duration::from_nanos(49_999);
        assert_eq!(lateness(early), Err(Early(early)));
        assert_eq!(lateness(NAP), Ok(0));
        assert_eq!(lateness(Duration::from_micros(52)), Ok(2_000));
    }
}
