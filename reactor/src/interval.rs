//! Ticks at equal distances, awaited.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use crate::context::{self, Context};
use crate::deadline::Deadline;
use crate::sleep::Sleep;

mod grid;

pub(crate) use grid::Grid;

/// Makes ticks at equal distances: the first at once, the next a `period` later, and so on.
///
/// The ticks lie on a grid that is anchored at this call and does not drift. Ticks that come while
/// nobody waits are missed: they are told of by the next one, and there are never several at once.
/// With a period of zero there is a tick in each turn of the loop. How far apart the loop wakes up for ticks
/// says [`sleep`](crate::sleep()); a period shorter than that misses some.
///
/// This is [`LoopingCall`](crate::LoopingCall) for code that awaits.
///
/// ```
/// use crochet_reactor::testing::Harness;
/// use crochet_reactor::{interval, sleep};
/// use std::time::Duration;
///
/// const SECOND: Duration = Duration::from_secs(1);
///
/// let mut harness = Harness::new();
/// let counts = harness.block_on(async {
///     let mut interval = interval(SECOND);
///     let first = interval.tick().await;
///     // The tick at one second and the one at two have gone by: the next is at three.
///     sleep(SECOND * 5 / 2).await;
///     (first, interval.tick().await)
/// });
/// assert_eq!(counts.unwrap(), (1, 3));
/// assert_eq!(harness.now(), SECOND * 3);
/// ```
///
/// # Panics
///
/// When the calling thread is not running a reactor.
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    let context = context::expect_current();
    let now = context.time.elapsed();
    Interval::on(context, now, Grid::from(now, period))
}

/// Makes ticks at equal distances, the first at `start`. Otherwise as [`interval`].
///
/// # Panics
///
/// When the calling thread is not running a reactor.
#[track_caller]
pub fn interval_at(start: &Deadline, period: Duration) -> Interval {
    let context = context::expect_current();
    // Before the clock is read, so that the time between the two makes it no earlier.
    let left = start.left();
    let now = context.time.elapsed();
    let start = now.saturating_add(left);
    Interval::on(context, now, Grid::from(start, period))
}

/// The ticks of [`interval`].
#[must_use = "an interval does nothing unless its ticks are awaited"]
pub struct Interval {
    context: Rc<Context>,
    grid: Grid,
    sleep: Sleep,
    aim: Aim,
}

/// What the sleep of an interval is set to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Aim {
    /// The tick that comes next.
    Next,
    /// One that has been told of: the next is chosen when somebody waits for it.
    Past,
}

impl Interval {
    fn on(context: Rc<Context>, now: Duration, grid: Grid) -> Self {
        let deadline = context::tick_at(now, grid.first());
        Self {
            sleep: Sleep::at(Rc::clone(&context), deadline),
            context,
            grid,
            aim: Aim::Next,
        }
    }

    /// Lets each tick come later than asked for, by up to `slack`, as [`Sleep::slack`]. The grid
    /// stays where it is.
    pub fn slack(mut self, slack: Duration) -> Self {
        self.sleep = self.sleep.slack(slack);
        self
    }

    /// Waits for the next tick of the grid after now, and returns how many there have been since
    /// the one before: one, and one more for each that was missed.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses no tick: the next call waits for the same one, or returns it at once
    /// when it has come meanwhile.
    pub async fn tick(&mut self) -> u64 {
        poll_fn(|cx| self.poll_tick(cx)).await
    }

    /// Polls for the next tick, as [`tick`](Self::tick).
    pub fn poll_tick(&mut self, cx: &mut TaskContext<'_>) -> Poll<u64> {
        if self.aim == Aim::Past {
            let now = self.context.time.elapsed();
            let next = self.grid.next_after(now);
            self.sleep.set_deadline(context::tick_at(now, next));
            self.aim = Aim::Next;
        }
        ready!(Pin::new(&mut self.sleep).poll(cx));
        self.aim = Aim::Past;
        Poll::Ready(self.grid.count(self.context.time.elapsed()))
    }

    /// Anchors the grid at this call: the next tick is one period from now, and none is missed.
    pub fn reset(&mut self) {
        let now = self.context.time.elapsed();
        self.grid.anchor(now);
        let first = self.grid.first();
        self.sleep.set_deadline(context::tick_at(now, first));
        self.aim = Aim::Next;
    }

    /// Returns the distance of the ticks.
    #[must_use]
    pub const fn period(&self) -> Duration {
        self.grid.period()
    }
}

impl fmt::Debug for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interval")
            .field("period", &self.period())
            .finish_non_exhaustive()
    }
}
