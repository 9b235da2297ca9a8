//! A reactor on virtual time, for tests that must not wait.
//!
//! Time stands still until the test moves it. There are no sockets.
//!
//! A [`Harness`] is for code that runs on the loop: everything happens on the calling thread, in an
//! order that is the same in every run. A [`Clock`] is for blocking code: the reactor runs in a
//! thread, and moving the time also ends the waits of the threads that are blocked by it.
//!
//! ```
//! use crochet_reactor::{sleep, testing::Harness};
//! use std::time::Duration;
//!
//! let mut harness = Harness::new();
//! let task = harness.spawn(sleep_an_hour());
//! harness.advance(Duration::from_secs(3599));
//! assert!(!task.is_finished());
//! harness.advance(Duration::from_secs(1));
//! assert!(task.is_finished());
//!
//! async fn sleep_an_hour() {
//!     sleep(Duration::from_secs(3600)).await;
//! }
//! ```

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crochet_core::driver::Budget;
use crochet_core::time::Tick;

use crate::context::{self, RESOLUTION, TimeSource};
use crate::reactor::{Builder, Reactor, RunError};
use crate::remote::Remote;
use crate::spawn::{JoinError, JoinHandle};
use crate::timeline::Timeline;

mod clock;

pub use clock::{AutoAdvance, Clock};

/// A reactor whose time a test moves.
pub struct Harness {
    reactor: Reactor,
    timeline: Arc<Timeline>,
}

/// The future that [`Harness::block_on`] ran cannot go on: nothing is left that could wake it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum BlockOnError {
    /// It waits, no timer is set, and no task is ready.
    Stuck,
    /// It ended without a result.
    Ended(JoinError),
}

impl fmt::Display for BlockOnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stuck => f.write_str("the future waits for something that nothing will wake"),
            Self::Ended(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BlockOnError {}

impl Default for Harness {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Harness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Harness")
            .field("now", &self.now())
            .field("reactor", &self.reactor)
            .finish_non_exhaustive()
    }
}

impl Harness {
    /// Makes a reactor whose time is zero.
    #[must_use]
    pub fn new() -> Self {
        Self::with(&Builder::default())
    }

    /// Makes a reactor with these settings, whose time is zero.
    #[must_use]
    pub fn with(settings: &Builder) -> Self {
        let timeline = Arc::new(Timeline::default());
        let reactor = settings.build_on(&timeline);
        Self { reactor, timeline }
    }

    /// Returns the time that has passed since the harness was made.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.timeline.now()
    }

    /// Returns the reactor's handle for other threads.
    #[must_use]
    pub fn remote(&self) -> Remote {
        self.reactor.remote()
    }

    /// Spawns a task, which begins with the next step of the test.
    #[track_caller]
    pub fn spawn<F: Future + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        self.reactor.spawn(future)
    }

    /// Does turns until nothing is left to do at the present time.
    ///
    /// # Panics
    ///
    /// After a million turns: then a task never lets the loop sleep.
    pub fn run_until_idle(&mut self) {
        for _ in 0..MAX_TURNS {
            if !self.turn() {
                return;
            }
        }
        panic!("the reactor does not become idle: a task wakes itself without end");
    }

    /// Moves the time on, stopping at every timer on the way, and does all that becomes due. Threads
    /// that wait for the reactor are told when their time is up, after the timers of that time.
    ///
    /// As Twisted's test clock: calls that are asked for on the way, also with no delay, are made
    /// if they become due on the way.
    ///
    /// # Panics
    ///
    /// As [`run_until_idle`](Self::run_until_idle).
    pub fn advance(&mut self, by: Duration) {
        let target = self.now().saturating_add(by);
        self.run_until_idle();
        while let Some(next) = self.next_deadline().filter(|next| *next <= target) {
            self.step_to(next);
        }
        self.timeline.move_to(target);
        self.run_until_idle();
    }

    /// Returns when at least so many threads are blocked in waits on the reactor, as
    /// [`Clock::wait_for_blocked`].
    ///
    /// # Panics
    ///
    /// When there are fewer after a minute of real time.
    #[track_caller]
    pub fn wait_for_blocked(&self, threads: usize) {
        clock::wait_for_blocked(&self.timeline, threads);
    }

    /// Runs a future, moving the time on to the next timer whenever nothing else is left to do.
    ///
    /// # Errors
    ///
    /// [`BlockOnError`] when it cannot go on, or panicked.
    ///
    /// # Panics
    ///
    /// As [`run_until_idle`](Self::run_until_idle).
    pub fn block_on<F>(&mut self, future: F) -> Result<F::Output, BlockOnError>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let mut task = self.spawn(future);
        loop {
            self.run_until_idle();
            let mut cx = Context::from_waker(Waker::noop());
            if let Poll::Ready(result) = pin!(&mut task).poll(&mut cx) {
                return result.map_err(BlockOnError::Ended);
            }
            let next = self.next_deadline().ok_or(BlockOnError::Stuck)?;
            self.step_to(next);
        }
    }

    /// Moves the time on to a deadline: the loop's timers come first, then blocked threads.
    fn step_to(&mut self, instant: Duration) {
        self.timeline.move_to(instant);
        self.run_until_idle();
        self.timeline.rouse_due();
    }

    /// Does a turn; tells whether there may be more to do at the present time.
    fn turn(&mut self) -> bool {
        match self.reactor.turn(Budget::default()) {
            Ok(turn) => turn.ran() > 0 || turn.fired() > 0 || self.reactor.has_work(),
            Err(RunError::Stopped) => false,
            Err(error) => panic!("the harness cannot do a turn: {error}"),
        }
    }

    fn next_deadline(&self) -> Option<Duration> {
        let timer = self.reactor.next_timer();
        let timer = timer.map(|at| RESOLUTION.duration(at.saturating_since(Tick::ZERO)));
        timer.into_iter().chain(self.timeline.next_wait()).min()
    }
}

const MAX_TURNS: u32 = 1_000_000;

/// Moves the time of the reactor that the calling thread runs on, in one step, as if the caller had
/// blocked the loop for so long: whatever becomes due meanwhile is done late, after the caller.
///
/// # Panics
///
/// When the calling thread is not running a reactor on virtual time.
#[track_caller]
pub fn block_loop_for(time: Duration) {
    match &context::expect_current().time {
        TimeSource::Virtual(timeline) => timeline.move_to(timeline.now().saturating_add(time)),
        TimeSource::Monotonic(_) => panic!("the time of this reactor is real"),
    }
}
