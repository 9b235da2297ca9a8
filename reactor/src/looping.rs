//! Functions that are called again and again.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::fmt;
use std::future::{Future, ready};
use std::rc::Rc;
use std::time::Duration;

use crate::context;
use crate::deferred::Deferred;
use crate::interval::Grid;
use crate::label::Label;
use crate::spawn::spawn_on;
use crate::unhandled::Describe;

mod body;
mod driver;
mod error;

pub use driver::Completion;
pub use error::{LoopingError, NotRunning, StartError};

use body::{Body, Calls};
use driver::{Course, Driver, Run};

/// A function that the loop calls at equal distances of time: Twisted's `LoopingCall`.
///
/// The calls lie on a grid that is anchored when it is [started](Self::start) and does not drift. What
/// the function returns may be a future: the next call comes on the first point of the grid after
/// that has ended. Points that go by while a call is going on, or while the loop is busy, are
/// skipped, and there is never a burst of calls to catch up; one made by
/// [`with_count`](Self::with_count) is told how many there were.
///
/// An error, or a panic, of a call ends the looping and is the outcome of its [`Completion`].
///
/// Dropping this value lets the looping go on; [`stop`](Self::stop) ends it, as does the end of the
/// reactor.
///
/// ```
/// use crochet_reactor::{LoopingCall, testing::Harness, sleep};
/// use std::{cell::Cell, rc::Rc, time::Duration};
///
/// const SECOND: Duration = Duration::from_secs(1);
///
/// let beats = Rc::new(Cell::new(0));
/// let heart = Rc::clone(&beats);
/// let done = Harness::new().block_on(async move {
///     let looping = LoopingCall::new(move || heart.set(heart.get() + 1));
///     let completion = looping.start(SECOND)?;
///     sleep(SECOND * 7 / 2).await;
///     looping.stop().expect("it is running");
///     completion.await.expect("no call failed");
///     Ok::<(), crochet_reactor::StartError>(())
/// });
/// done.expect("it goes on").expect("it was not running");
/// assert_eq!(beats.get(), 4);
/// ```
pub struct LoopingCall<E = Infallible> {
    inner: Rc<Inner<E>>,
}

struct Inner<E> {
    // Taken out while it is called.
    body: Cell<Option<Box<dyn Body<E>>>>,
    run: RefCell<Option<Rc<RefCell<Run<E>>>>>,
    slack: Cell<Duration>,
    describe: Describe<E>,
    label: Label,
}

impl LoopingCall {
    /// Makes one that calls a function.
    #[must_use]
    #[track_caller]
    pub fn new(mut call: impl FnMut() + 'static) -> Self {
        Self::with_count(move |_| call())
    }

    /// Makes one that calls a function with the number of grid points since the call before, which
    /// is one, and one more for each that was skipped: Twisted's `withCount`.
    ///
    /// Two calls may come to the same point when the looping has been reset: the number is never zero.
    #[must_use]
    #[track_caller]
    pub fn with_count(mut call: impl FnMut(u64) + 'static) -> Self {
        Self::of_futures_with_count(move |count| {
            call(count);
            ready(Ok(()))
        })
    }
}

impl<E: fmt::Debug + 'static> LoopingCall<E> {
    /// Makes one that calls a function and awaits the future that it returns.
    ///
    /// A function that may fail and does not wait returns [`std::future::ready`].
    #[must_use]
    #[track_caller]
    pub fn of_futures<F>(mut call: impl FnMut() -> F + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + 'static,
    {
        Self::of_futures_with_count(move |_| call())
    }

    /// Makes one that calls a function with a number, as [`with_count`](LoopingCall::with_count), and
    /// awaits the future that it returns.
    #[must_use]
    #[track_caller]
    pub fn of_futures_with_count<F>(call: impl FnMut(u64) -> F + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + 'static,
    {
        let label = Label::here();
        Self {
            inner: Rc::new(Inner {
                body: Cell::new(Some(Box::new(Calls::new(call, label)))),
                run: RefCell::new(None),
                slack: Cell::new(Duration::ZERO),
                describe: Describe::new(),
                label,
            }),
        }
    }

    /// Lets each call come later than asked for, by up to `slack`, so that it coincides with other
    /// timers, as [`Sleep::slack`](crate::Sleep::slack). The grid stays where it is.
    ///
    /// It takes effect with the next start. A slack longer than the interval lets points be skipped.
    #[must_use]
    pub fn slack(self, slack: Duration) -> Self {
        self.inner.slack.set(slack);
        self
    }

    /// Starts calling: at the present time, from the loop, and then at every `interval` after now.
    ///
    /// With an interval of zero there is a call in each turn of the loop. How far apart the loop wakes up
    /// for calls says [`sleep`](crate::sleep()); an interval shorter than that skips some.
    ///
    /// # Errors
    ///
    /// [`StartError::AlreadyRunning`]; also when it was stopped, and the last call has not ended.
    ///
    /// # Panics
    ///
    /// When the calling thread is not running a reactor.
    #[track_caller]
    pub fn start(&self, interval: Duration) -> Result<Completion<E>, StartError> {
        self.start_on(|now| Grid::from(now, interval))
    }

    /// Starts calling: when the first `interval` has passed, and then at every `interval` after now.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[track_caller]
    pub fn start_later(&self, interval: Duration) -> Result<Completion<E>, StartError> {
        self.start_on(|now| Grid::after(now, interval))
    }

    #[track_caller]
    fn start_on(&self, grid: impl FnOnce(Duration) -> Grid) -> Result<Completion<E>, StartError> {
        let context = context::expect_current();
        if self.inner.run.borrow().is_some() {
            return Err(StartError::AlreadyRunning);
        }
        let (resolver, deferred) = Deferred::new();
        let now = context.time.elapsed();
        let slack = self.inner.slack.get();
        let run = Run::new(&context, now, grid(now), slack, resolver);
        let run = Rc::new(RefCell::new(run));
        self.inner.run.replace(Some(Rc::clone(&run)));
        let driver = Driver::new(Rc::clone(&self.inner), Rc::clone(&run));
        let task = spawn_on(&context, driver, self.inner.label);
        // On a reactor that is stopping it has ended already.
        run.borrow_mut().keep(task);
        Ok(Completion::new(deferred))
    }

    /// Stops calling. When no call is going on, the looping is complete at once; otherwise it is when
    /// the call has ended, and with its outcome.
    ///
    /// # Errors
    ///
    /// [`NotRunning`]; also when it was stopped before.
    pub fn stop(&self) -> Result<(), NotRunning> {
        let run = self.running()?;
        let course = run.borrow_mut().ask_to_stop();
        if course == Course::Waiting {
            let task = run.borrow_mut().take_task();
            self.inner.end(&run, Ok(()));
            if let Some(task) = task {
                task.cancel();
            }
        }
        Ok(())
    }

    /// Anchors the grid at this call: the next call comes one interval from now. One that is going on
    /// is not disturbed; Twisted ignores a reset meanwhile.
    ///
    /// # Errors
    ///
    /// [`NotRunning`].
    pub fn reset(&self) -> Result<(), NotRunning> {
        self.running()?.borrow_mut().reset();
        Ok(())
    }

    /// Tells whether there will be more calls.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running().is_ok()
    }

    fn running(&self) -> Result<Rc<RefCell<Run<E>>>, NotRunning> {
        let run = self.inner.run.borrow().clone();
        run.filter(|run| run.borrow().course() != Course::Stopping)
            .ok_or(NotRunning::new())
    }
}

impl<E> fmt::Debug for LoopingCall<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopingCall")
            .field("made_at", self.inner.label.site())
            .finish_non_exhaustive()
    }
}
