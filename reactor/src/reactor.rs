//! The reactor: a loop as a value.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Instant;

use crochet_core::driver::{self, Budget, Sleep, Turn, Work};
use crochet_core::scheduler::Scheduler;
use crochet_core::time::Tick;
use crochet_core::wheel::Wheel;

use crate::caught;
use crate::context::{Context, Entered, TimeSource};
use crate::label::Label;
use crate::panic;
use crate::platform::Platform;
use crate::registry::Registry;
use crate::remote::Remote;
use crate::spawn::{JoinError, JoinHandle, spawn_on};
use crate::unparker::{Bell, Unparker};

/// An event loop with its timers, sockets and tasks.
///
/// It belongs to the thread that makes it: it can neither be sent nor shared. Other threads use its
/// [`Remote`]. There may be many in a process, one running per thread at a time.
///
/// ```compile_fail,E0277
/// # use crochet_reactor::Reactor;
/// let reactor = Reactor::new().unwrap();
/// std::thread::spawn(move || drop(reactor));
/// ```
///
/// Dropping it stops it.
pub struct Reactor {
    context: Rc<Context>,
    platform: Platform,
}

/// Settings of a [`Reactor`] to be made. It can be sent to the thread that is to run it.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    queue_limit: Option<usize>,
}

/// Why a reactor could not run, or stopped running.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError {
    /// The calling thread is running a reactor already.
    Nested,
    /// The system's poller failed.
    Poll(io::Error),
    /// The operation that [`Reactor::block_on`] ran has no result.
    Ended(JoinError),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nested => f.write_str("this thread is running a reactor already"),
            Self::Poll(error) => write!(f, "the system's poller failed: {error}"),
            Self::Ended(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Poll(error) => Some(error),
            Self::Ended(error) => Some(error),
            Self::Nested => None,
        }
    }
}

impl Builder {
    /// Limits how many submitted operations may wait to begin. Without a limit, which is the
    /// default, only memory does.
    ///
    /// A limit costs each submission two more atomic steps.
    #[must_use]
    pub fn queue_limit(mut self, operations: usize) -> Self {
        self.queue_limit = Some(operations);
        self
    }

    /// Makes the reactor, on the thread that is to run it.
    ///
    /// # Errors
    ///
    /// Whatever the system reports, such as that there are no more file descriptors.
    pub fn build(&self) -> io::Result<Reactor> {
        panic::note_places();
        let (platform, bell, registry) = Platform::system()?;
        let time = TimeSource::Monotonic(Instant::now());
        let unparker = Unparker::new(bell, self.queue_limit);
        Ok(Reactor::of(platform, unparker, registry, time))
    }

    /// Makes a reactor on virtual time.
    pub(crate) fn build_virtual(&self, time: TimeSource) -> Reactor {
        panic::note_places();
        let unparker = Unparker::new(Bell::Virtual, self.queue_limit);
        Reactor::of(
            Platform::Virtual,
            unparker,
            Registry::without_sockets(),
            time,
        )
    }
}

impl Reactor {
    /// Makes a reactor with the default settings, on the thread that is to run it.
    ///
    /// The first one in a process puts a hook in front of the process's panic hook, which notes
    /// where a contained panic happened and then calls the hook before.
    ///
    /// # Errors
    ///
    /// Whatever the system reports, such as that there are no more file descriptors.
    pub fn new() -> io::Result<Self> {
        Self::builder().build()
    }

    /// Returns the default settings, to be changed.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    fn of(platform: Platform, unparker: Unparker, registry: Registry, time: TimeSource) -> Self {
        let context = Rc::new(Context {
            scheduler: Scheduler::new(unparker),
            timers: RefCell::new(Wheel::new()),
            registry,
            time,
            patience: Cell::new(0),
            out_of_patience: Cell::new(false),
        });
        Self { context, platform }
    }

    /// Returns the handle for other threads.
    #[must_use]
    pub fn remote(&self) -> Remote {
        Remote::new(self.context.scheduler.clone())
    }

    /// Spawns a task, which begins when the reactor runs.
    #[track_caller]
    pub fn spawn<F: Future + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        spawn_on(&self.context, future, Label::here())
    }

    /// Runs the loop until [`Remote::stop`] is called; then stops it.
    ///
    /// A reactor that has stopped may be run again.
    ///
    /// # Errors
    ///
    /// [`RunError::Nested`] on a thread that is running a reactor; [`RunError::Poll`] when the
    /// system's poller fails, after stopping in an orderly way.
    pub fn run(&mut self) -> Result<(), RunError> {
        let entered = self.enter()?;
        let ran = self.turn_until(|_| false);
        self.shut_down();
        drop(entered);
        ran
    }

    /// Runs the loop until `future` is ready or the reactor is stopped; then stops it.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run); [`RunError::Ended`] when the future panicked or the reactor was
    /// stopped first.
    pub fn block_on<F>(&mut self, future: F) -> Result<F::Output, RunError>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let entered = self.enter()?;
        let end = NotifyOnDrop(self.remote());
        let mut task = self.spawn(async move {
            let _end = end;
            future.await
        });
        let ran = self.turn_until(|_| task.is_finished());
        self.shut_down();
        drop(entered);
        ran?;
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        match pin!(&mut task).poll(&mut cx) {
            Poll::Ready(result) => result.map_err(RunError::Ended),
            Poll::Pending => unreachable!("shutting down ends every task"),
        }
    }

    /// Does one turn without sleeping, for hosts that have a loop of their own.
    ///
    /// The reactor goes on in the next turn where this one left off. [`Remote::stop`] makes the
    /// next turn stop it, after which turns do nothing.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn turn(&mut self, budget: Budget) -> Result<Turn, RunError> {
        let entered = Entered::enter(&self.context).map_err(|_running| RunError::Nested)?;
        let turned = if self.context.scheduler.is_closed() {
            Ok(Turn::default())
        } else if self.is_stop_requested() {
            self.shut_down();
            Ok(Turn::default())
        } else {
            self.turn_once(budget, Sleep::Refused)
        };
        drop(entered);
        turned
    }

    fn enter(&self) -> Result<Entered, RunError> {
        let entered = Entered::enter(&self.context).map_err(|_running| RunError::Nested)?;
        if self.context.scheduler.is_closed() {
            // A request that came too late for the last run is not meant for this one.
            self.context.scheduler.unparker().clear_stop();
            self.context.scheduler.reopen();
        }
        Ok(entered)
    }

    fn turn_until(&mut self, done: impl Fn(&Self) -> bool) -> Result<(), RunError> {
        while !self.is_stop_requested() && !done(self) {
            self.turn_once(Budget::default(), Sleep::Allowed)?;
        }
        Ok(())
    }

    fn turn_once(&mut self, budget: Budget, sleep: Sleep) -> Result<Turn, RunError> {
        self.context.out_of_patience.set(false);
        let work = Guarded(&self.context);
        let mut parking = self.platform.with(&self.context);
        driver::turn(&work, &self.context.timers, &mut parking, budget, sleep)
            .map_err(RunError::Poll)
    }

    /// Tells whether there is work that the next turn would do at once.
    pub(crate) fn has_work(&self) -> bool {
        let scheduler = &self.context.scheduler;
        scheduler.is_ready() || (self.is_stop_requested() && !scheduler.is_closed())
    }

    /// Returns the deadline of the next timer, or a tick before it.
    pub(crate) fn next_timer(&self) -> Option<Tick> {
        self.context.timers.borrow().next_deadline()
    }

    fn is_stop_requested(&self) -> bool {
        self.context.scheduler.unparker().is_stop_requested()
    }

    /// Ends everything: operations and tasks first, so that whoever waits is told, then timers.
    fn shut_down(&mut self) {
        while panic::catch(|| self.context.scheduler.close())
            .inspect_err(|panic| caught::report(&"the destructor of a task", panic))
            .is_err()
        {}
        // Out of the borrow before they are dropped: a dropped call may hold other timers.
        let alarms: Vec<_> = self.context.timers.borrow_mut().drain().collect();
        for alarm in alarms {
            caught::contain("the destructor of a delayed call", || drop(alarm));
        }
    }
}

impl Drop for Reactor {
    fn drop(&mut self) {
        // Destructors of tasks may use the reactor: they find it, stopped.
        let entered = Entered::enter_to_drop(&self.context);
        self.shut_down();
        drop(entered);
    }
}

impl fmt::Debug for Reactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reactor")
            .field("tasks", &self.context.scheduler.suspended())
            .field("timers", &self.context.timers.borrow().len())
            .field("sources", &self.context.registry.len())
            .finish_non_exhaustive()
    }
}

/// Keeps the loop from sleeping when the future that it runs has ended, however it has.
struct NotifyOnDrop(Remote);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        self.0.notify();
    }
}

/// The scheduler's work, with panics contained and stop requests heard.
struct Guarded<'a>(&'a Context);

impl Work for Guarded<'_> {
    fn collect(&self) {
        self.0.scheduler.collect();
    }

    fn run_one(&self) -> bool {
        if self.0.out_of_patience.get() {
            // It is ready again, and would go on with hundreds of system calls before the timers.
            return false;
        }
        self.0.renew_patience();
        match panic::catch(|| self.0.scheduler.run_one()) {
            Ok(ran) => ran,
            Err(panic) => {
                // Tasks contain their panics themselves; this one came from a waiter's waker.
                caught::report(&"a waker", &panic);
                true
            }
        }
    }

    fn is_ready(&self) -> bool {
        self.0.scheduler.is_ready()
    }

    fn try_sleep(&self) -> bool {
        // The request is made before its notification: a turn that has swallowed the notification
        // sees the request here.
        !self.0.scheduler.unparker().is_stop_requested() && self.0.scheduler.try_sleep()
    }

    fn awake(&self) {
        self.0.scheduler.awake();
    }
}
