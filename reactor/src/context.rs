//! The loop-side state of a reactor, and how code that runs on it finds it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::mem::{self, ManuallyDrop};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crochet_core::driver::{Budget, Clock, Work as _};
use crochet_core::time::{Resolution, Tick};
use crochet_core::wheel::Wheel;

use crate::alarm::Alarm;
use crate::fork::Generation;
use crate::kept::Keeper;
use crate::observe::{Counters, Scheduler, Watch};
use crate::pool::ThreadPool;
use crate::primitive::thread_static;
use crate::process::Children;
use crate::registry::Registry;
use crate::shared::{Shared, Stage};
use crate::thread;
use crate::timeline::Timeline;
use crate::wait_strategy::Idle;

/// What a reactor shares with the code that it runs, all on one thread.
pub(crate) struct Context {
    pub(crate) scheduler: Scheduler<Shared>,
    pub(crate) timers: RefCell<Wheel<Alarm>>,
    pub(crate) registry: Registry,
    pub(crate) children: Children,
    /// What handles name that may be on other threads.
    pub(crate) keeper: Keeper,
    pub(crate) time: TimeSource,
    /// Whether the thread, which is always the same, is running this reactor at present, and no other one
    /// within it: see [`Entered`].
    pub(crate) is_running: Cell<bool>,
    /// How many operations that were submitted have begun and not ended.
    pub(crate) operations: Cell<usize>,
    /// How many more times the task that is being polled may use a ready source before it has to
    /// let others run.
    pub(crate) patience: Cell<u32>,
    /// Whether a task of this turn has lost patience: the turn ends then, and others come first.
    pub(crate) out_of_patience: Cell<bool>,
    /// The time at which this turn first asked for it, for what needs to be known to a turn only.
    pub(crate) now: Cell<Option<Tick>>,
    /// How much a turn may do.
    pub(crate) budget: Budget,
    /// What the loop does before it sleeps.
    pub(crate) idle: Idle,
    /// What measures turns and polls, if anything does.
    pub(crate) watch: Option<Box<Watch>>,
}

/// Where the reactor's time comes from.
#[derive(Clone, Debug)]
pub(crate) enum TimeSource {
    /// The monotonic clock, counted from the making of the reactor.
    Monotonic(Instant),
    /// A clock that only moves when a test moves it.
    Virtual(Arc<Timeline>),
}

/// One tick of a reactor's wheel is a microsecond: deadlines are rounded up to it.
pub(crate) const RESOLUTION: Resolution = Resolution::MICROSECOND;

/// How often a task may use ready sources in one poll.
const PATIENCE: u32 = 128;

impl TimeSource {
    /// Returns the time since the reactor was made.
    pub(crate) fn elapsed(&self) -> Duration {
        match self {
            Self::Monotonic(start) => start.elapsed(),
            Self::Virtual(timeline) => timeline.now(),
        }
    }
}

impl Clock for TimeSource {
    fn now(&self) -> Tick {
        Tick::ZERO.saturating_add(RESOLUTION.elapsed_floor(self.elapsed()))
    }
}

/// Returns the tick for a timer that is due at `instant`: the first that is not before it; if it has come
/// `now`, the clock's. Both are counted from the making of the reactor.
pub(crate) fn tick_at(now: Duration, instant: Duration) -> Tick {
    RESOLUTION.deadline(now, instant.saturating_sub(now))
}

impl Context {
    /// Tells whether it is this reactor that the calling thread is running, and in this process.
    #[inline]
    pub(crate) fn is_current(&self) -> bool {
        self.is_running.get() && !self.scheduler.shared().is_forked()
    }

    /// Returns the tick at which `delay` from now has certainly passed.
    pub(crate) fn deadline(&self, delay: Duration) -> Tick {
        RESOLUTION.deadline(self.time.elapsed(), delay)
    }

    /// Tells whether the reactor has been asked to stop, and is to do so now.
    #[inline]
    pub(crate) fn is_to_stop(&self) -> bool {
        let shared = self.scheduler.shared();
        shared.has_reached(Stage::Draining)
            && (shared.has_reached(Stage::Stopping) || self.is_drained())
    }

    /// Tells whether every operation that was submitted has ended.
    #[cold]
    fn is_drained(&self) -> bool {
        self.operations.get() == 0
            && !self.scheduler.is_ready()
            && !self.scheduler.has_news()
            && self.pool().is_quiet()
    }

    /// Returns the reactor's thread pool.
    pub(crate) fn pool(&self) -> ThreadPool {
        ThreadPool::new(self.scheduler.clone())
    }

    /// Returns the loop's counters, which only the loop adds to.
    pub(crate) fn counters(&self) -> &Counters {
        self.scheduler.shared().counters()
    }

    /// Runs one ready task; tells whether there was one.
    pub(crate) fn run_one(&self) -> bool {
        self.scheduler.run_one_with(|note| {
            let now = self.now.get().unwrap_or_else(|| self.time.now());
            self.now.set(Some(now));
            note.suspended(now);
        })
    }

    /// Gives room in the queue back for the operations that no longer wait to begin.
    #[inline]
    pub(crate) fn give_back_room(&self) {
        let shared = self.scheduler.shared();
        if shared.room().is_some() {
            shared.release_room(self.scheduler.take_arrivals());
        }
    }

    /// Lets the task that is polled next use ready sources again.
    pub(crate) fn renew_patience(&self) {
        self.patience.set(PATIENCE);
    }

    /// Tells whether the task that is being polled may use another ready source.
    pub(crate) fn has_patience(&self) -> bool {
        let left = self.patience.get() > 0;
        if !left {
            self.out_of_patience.set(true);
        }
        left
    }

    /// Counts one use of a ready source.
    pub(crate) fn spend_patience(&self) {
        self.patience.set(self.patience.get().saturating_sub(1));
    }
}

/// Counts an operation as going on until it is dropped.
///
/// It is in each operation, so it does not keep its reactor but finds it: an operation begins, runs and
/// is dropped where the thread is marked as running the operation's own.
pub(crate) struct GoingOn(());

impl GoingOn {
    /// Counts an operation that begins on the reactor that the calling thread runs.
    pub(crate) fn begin() -> Self {
        with_current(|context| {
            // Now, and not when its first poll has ended: that may take long.
            context.give_back_room();
            context.operations.set(context.operations.get() + 1);
            context.counters().operations_begun.add(1);
        });
        Self(())
    }
}

impl Drop for GoingOn {
    fn drop(&mut self) {
        with_current(|context| {
            context.operations.set(context.operations.get() - 1);
            context.counters().operations_ended.add(1);
        });
    }
}

thread_static! {
    // Without a destructor, so that tasks find it also while the thread's locals are being destroyed, of
    // which a reactor may be one. Whoever marks the thread takes the mark back.
    static CURRENT: RefCell<ManuallyDrop<Option<Rc<Context>>>> =
        const { RefCell::new(ManuallyDrop::new(None)) };
}

/// Uses the reactor that the calling thread is running, or was when it forked. `with` calls nothing
/// foreign.
#[inline]
fn with_current<R>(with: impl FnOnce(&Rc<Context>) -> R) -> Option<R> {
    CURRENT.with(|current| current.borrow().as_ref().map(with))
}

/// The calling thread is not running a reactor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotOnReactor;

impl fmt::Display for NotOnReactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this thread is not running a reactor: call it from code that runs on one")
    }
}

impl std::error::Error for NotOnReactor {}

/// The calling thread is not running the reactor that a socket, a pipe or another source belongs to: it
/// runs another one, or none at present.
///
/// Only its own reactor tells when a source is ready, so using it elsewhere could wait for ever. It
/// comes as the cause of an [`io::Error`](std::io::Error).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotOwnReactor;

impl fmt::Display for NotOwnReactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "this thread is not running the reactor that this belongs to: use it from code that runs on that",
        )
    }
}

impl std::error::Error for NotOwnReactor {}

impl From<NotOwnReactor> for std::io::Error {
    fn from(error: NotOwnReactor) -> Self {
        Self::other(error)
    }
}

impl From<NotOnReactor> for std::io::Error {
    fn from(error: NotOnReactor) -> Self {
        Self::other(error)
    }
}

/// Returns the reactor that the calling thread is running.
pub(crate) fn current() -> Result<Rc<Context>, NotOnReactor> {
    with_current(|context| (!context.scheduler.shared().is_forked()).then(|| Rc::clone(context)))
        .flatten()
        .ok_or(NotOnReactor)
}

/// Returns the process of the reactor that the calling thread is running, which in a forked child is the
/// parent's.
pub(crate) fn generation() -> Generation {
    with_current(|context| context.scheduler.shared().generation())
        .unwrap_or_else(Generation::current)
}

/// Returns the reactor that the calling thread is running, for functions that have no error.
#[track_caller]
pub(crate) fn expect_current() -> Rc<Context> {
    match current() {
        Ok(context) => context,
        Err(error) => panic!("{error}"),
    }
}

/// Marks the calling thread as running a reactor until it is dropped, and then as what it was.
pub(crate) struct Entered {
    was_running: bool,
    outer: Option<Rc<Context>>,
}

/// The calling thread runs a reactor already.
#[derive(Debug)]
pub(crate) struct AlreadyRunning;

impl Entered {
    /// Begins to run a reactor.
    pub(crate) fn enter(context: &Rc<Context>) -> Result<Self, AlreadyRunning> {
        if thread::is_reactor_thread() {
            return Err(AlreadyRunning);
        }
        Ok(Self::enter_to_drop(context))
    }

    /// Lets destructors find the reactor that they belong to, also within another one.
    pub(crate) fn enter_to_drop(context: &Rc<Context>) -> Self {
        Self {
            was_running: thread::set_running(true),
            outer: replace_current(Some(Rc::clone(context))),
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        thread::set_running(self.was_running);
        // Out of the cell before it is dropped: the last reference to a context drops much else.
        let left = replace_current(self.outer.take());
        drop(left);
    }
}

/// Sets the reactor that code on this thread finds, and returns the one before.
fn replace_current(context: Option<Rc<Context>>) -> Option<Rc<Context>> {
    let mark = |context: &Option<Rc<Context>>, is_running| {
        if let Some(context) = context {
            context.is_running.set(is_running);
        }
    };
    CURRENT.with(|current| {
        let mut current = current.borrow_mut();
        // In this order: a reactor may be entered within itself.
        mark(&current, false);
        mark(&context, true);
        ManuallyDrop::into_inner(mem::replace(&mut *current, ManuallyDrop::new(context)))
    })
}
