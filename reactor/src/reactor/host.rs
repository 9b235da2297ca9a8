//! A reactor inside a loop of its host's own.

use std::cell::Cell;
#[cfg(unix)]
use std::os::fd::BorrowedFd;
use std::time::Duration;

use crochet_core::driver::{Budget, Sleep, Turn, Work as _};
use crochet_core::time::Tick;

use super::work::Course;
use super::{Reactor, RunError};
use crate::context::RESOLUTION;

impl Reactor {
    /// Does one turn without sleeping, for hosts that have a loop of their own.
    ///
    /// The reactor goes on in the next turn where this one left off. Events that the turn has found
    /// are for the next one to act on, so a host does turns until
    /// [`next_turn_in`](Self::next_turn_in) no longer says at once, or its time is up.
    /// [`Remote::stop`](crate::Remote::stop) makes the next turn stop the reactor, with all that
    /// belongs to that.
    ///
    /// # Errors
    ///
    /// [`RunError::Nested`] on a thread that is running a reactor; [`RunError::Stopped`] when the
    /// reactor has stopped, until something is [spawned](Self::spawn); [`RunError::Poll`] when the
    /// system's poller fails, which leaves the reactor as it was.
    ///
    /// # Examples
    ///
    /// A game gives the reactor a part of each frame:
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// use crochet_reactor::{Budget, Reactor};
    ///
    /// let mut reactor = Reactor::new()?;
    /// let task = reactor.spawn(async { crochet_reactor::sleep(Duration::from_millis(1)).await });
    /// while !task.is_finished() {
    ///     let until = Instant::now() + Duration::from_micros(500);
    ///     reactor.turn(Budget::new(16, 16))?;
    ///     while reactor.next_turn_in() == Some(Duration::ZERO) && Instant::now() < until {
    ///         reactor.turn(Budget::new(16, 16))?;
    ///     }
    ///     // Here it draws.
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn turn(&mut self, budget: Budget) -> Result<Turn, RunError> {
        let entered = self.enter_as_it_is()?;
        let turned = if self.context.scheduler.is_closed() {
            Err(RunError::Stopped)
        } else if self.context.is_to_stop() {
            self.stop();
            Ok(Turn::default())
        } else {
            self.turn_once(budget, Sleep::Refused, Course::Running)
        };
        self.begin_rest();
        drop(entered);
        turned
    }

    /// Returns how long the host may wait before it does the next [turn](Self::turn): no time when
    /// there is work, until the next timer otherwise, and for ever (`None`) when there is none.
    ///
    /// A host that does not wait on [`pollable_fd`](Self::pollable_fd) does a turn now and then all
    /// the same, for what other threads and sockets bring. To be asked right before each wait:
    /// whatever the host does with tasks and timers between turns may change the answer.
    #[must_use]
    pub fn next_turn_in(&self) -> Option<Duration> {
        if self.has_work() {
            return Some(Duration::ZERO);
        }
        let timer = self.next_timer()?;
        let at = RESOLUTION.duration(timer.saturating_since(Tick::ZERO));
        Some(at.saturating_sub(self.context.time.elapsed()))
    }

    /// Returns the file descriptor that becomes readable when events, or other threads, have
    /// brought something for the next [turn](Self::turn), for hosts that wait in an epoll, kqueue
    /// or select of their own. It stays the same for the reactor's life. `None` on virtual time, and
    /// where the system's poller has none.
    ///
    /// It says nothing of timers, nor of work that the loop has already: the host waits no longer
    /// than [`next_turn_in`](Self::next_turn_in) says. Register it for reading, edge- or
    /// level-triggered, and do turns; nobody else is to read it or change it.
    ///
    /// From the first call on, threads that submit something while the host waits spend a system
    /// call on waking it.
    #[cfg(unix)]
    #[must_use]
    pub fn pollable_fd(&self) -> Option<BorrowedFd<'_>> {
        let fd = self.platform.pollable_fd()?;
        self.rest.is_waited_for.set(true);
        self.begin_rest();
        Some(fd)
    }

    /// Has other threads wake the host from here on until the next turn, if it waits for that and
    /// nothing is left to do.
    ///
    /// If something comes at this very moment, it is work that `next_turn_in` tells of.
    fn begin_rest(&self) {
        let rest = &self.rest;
        if rest.is_waited_for.get() && !rest.is_resting.get() && !self.has_work() {
            rest.is_resting.set(self.context.scheduler.try_sleep());
        }
    }

    /// Tells whether there is work that the next turn would do at once.
    pub(crate) fn has_work(&self) -> bool {
        let scheduler = &self.context.scheduler;
        !scheduler.is_closed()
            && (scheduler.is_ready()
                || scheduler.has_news()
                || self.platform.may_have_events()
                || self.context.is_to_stop())
    }

    /// Returns the deadline of the next timer, or a tick before it.
    pub(crate) fn next_timer(&self) -> Option<Tick> {
        self.context.timers.borrow().next_deadline()
    }
}

/// Whether the loop sleeps, as to other threads, while its host waits.
///
/// | flag | set when | cleared when |
/// | --- | --- | --- |
/// | waited for | the host has asked for the file descriptor | never |
/// | resting | a turn ends with nothing left to do, and the host is waited for | the next turn begins |
///
/// The sleep itself is the inbox's: what ends it, rings the bell, once. A host that is not waited
/// for stays awake, so that submitting to it costs no system call.
#[derive(Debug, Default)]
pub(super) struct Rest {
    is_waited_for: Cell<bool>,
    is_resting: Cell<bool>,
}

impl Rest {
    /// Ends the rest; tells whether there was one.
    pub(super) fn end(&self) -> bool {
        self.is_resting.take()
    }
}
