//! The reactor: a loop as a value.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use crochet_core::driver::{self, Budget, Sleep, Turn, Work};
use crochet_core::wheel::Wheel;

use crate::backend::Backend;
use crate::caught;
use crate::context::{Context, Entered, TimeSource};
use crate::kept::Keeper;
use crate::label::Label;
use crate::observe::{Scheduler, Watch, Watched};
use crate::platform::Platform;
use crate::process::Children;
use crate::registry::Registry;
use crate::remote::Remote;
use crate::shared::{Shared, Stage};
use crate::spawn::{JoinHandle, spawn_on};
use crate::thread::is_reactor_thread;
use crate::wait_strategy::Idle;

mod builder;
mod error;
mod host;
mod stop;
mod work;

pub use builder::Builder;
pub use error::RunError;

use host::Rest;
use work::{Course, Guarded};

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
/// Dropping it stops it. A forked child's copy of it neither runs nor drops what it has, which is
/// the parent's.
pub struct Reactor {
    context: Rc<Context>,
    platform: Platform,
    rest: Rest,
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

    pub(crate) fn of(
        platform: Platform,
        shared: Shared,
        registry: Registry,
        time: TimeSource,
        tuning: Tuning,
    ) -> Self {
        let context = Rc::new(Context {
            scheduler: Scheduler::with_notes(shared),
            timers: RefCell::new(Wheel::new()),
            registry,
            children: Children::new(),
            keeper: Keeper::new(),
            time,
            is_running: Cell::new(false),
            operations: Cell::new(0),
            patience: Cell::new(0),
            out_of_patience: Cell::new(false),
            now: Cell::new(None),
            budget: tuning.budget,
            idle: tuning.idle,
            watch: tuning.watch,
        });
        Self {
            context,
            platform,
            rest: Rest::default(),
        }
    }

    /// Returns the library that the reactor hears of events through, as its poller itself tells; it
    /// stays the same for the reactor's life. `None` on virtual time, where there is no poller.
    ///
    /// [`Builder::backend`] chooses it.
    #[must_use]
    pub fn backend(&self) -> Option<Backend> {
        self.platform.backend()
    }

    /// Returns the handle for other threads.
    #[must_use]
    pub fn remote(&self) -> Remote {
        Remote::new(self.context.scheduler.clone())
    }

    /// Spawns a task, which begins when the reactor runs; before the first run or turn, ahead of
    /// what other threads have submitted by then, as what is given to Twisted's `callWhenRunning`.
    ///
    /// On a reactor that has stopped this begins its next run: other threads may submit again, and
    /// [`turn`](Self::turn) goes on.
    #[track_caller]
    pub fn spawn<F: Future + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        if !is_reactor_thread() {
            self.reopen();
        }
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
        let ran = self.turn_until(|| false);
        self.stop();
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
        let mut task = self.spawn_noticed(future);
        let ran = self.turn_until(|| task.is_finished());
        self.stop();
        drop(entered);
        ran?;
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        match pin!(&mut task).poll(&mut cx) {
            Poll::Ready(result) => result.map_err(RunError::Ended),
            Poll::Pending => unreachable!("shutting down ends every task"),
        }
    }

    fn enter(&self) -> Result<Entered, RunError> {
        let entered = self.enter_as_it_is()?;
        self.reopen();
        Ok(entered)
    }

    fn enter_as_it_is(&self) -> Result<Entered, RunError> {
        if self.is_forked() {
            return Err(RunError::Forked);
        }
        Entered::enter(&self.context).map_err(|_running| RunError::Nested)
    }

    /// Tells whether the reactor is another process's. A child may be forked on the loop, and
    /// return into it: then it leaves the loop with nothing more of the parent's work done.
    fn is_forked(&self) -> bool {
        self.context.scheduler.shared().is_forked()
    }

    /// Begins the next run of a reactor that has stopped.
    fn reopen(&self) {
        if self.context.scheduler.is_closed() {
            // A request that came too late for the last run is not meant for this one.
            self.context.scheduler.shared().start_over();
            self.context.pool().reopen();
            self.context.scheduler.reopen();
        }
    }

    fn turn_until(&mut self, done: impl Fn() -> bool) -> Result<(), RunError> {
        while !self.context.is_to_stop() && !done() {
            self.turn_once(self.context.budget, Sleep::Allowed, Course::Running)?;
        }
        Ok(())
    }

    fn turn_once(
        &mut self,
        budget: Budget,
        sleep: Sleep,
        course: Course,
    ) -> Result<Turn, RunError> {
        let context = &*self.context;
        context.out_of_patience.set(false);
        // Delayed calls use sources before any task does.
        context.renew_patience();
        context.now.set(None);
        let work = Guarded { context, course };
        if self.rest.end() {
            work.awake();
        }
        let shared = context.scheduler.shared();
        let parking = self.platform.with(context);
        let mut watched = Watched::begin(parking, context.watch.as_deref(), shared);
        let turned = driver::turn(&work, &context.timers, &mut watched, budget, sleep);
        if self.is_forked() {
            return Err(RunError::Forked);
        }
        let turned = turned.map_err(RunError::Poll)?;
        if turned.fired() + turned.ran() > 0 {
            context.idle.worked();
        }
        Ok(turned)
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }
}

impl Drop for Reactor {
    fn drop(&mut self) {
        if self.is_forked() {
            // What the tasks hold is the parent's: connections are not to be closed twice.
            std::mem::forget(Rc::clone(&self.context));
            return;
        }
        // Destructors of tasks may use the reactor: they find it, stopped.
        let entered = Entered::enter_to_drop(&self.context);
        self.context.scheduler.shared().advance_to(Stage::Stopping);
        let pool = self.context.pool();
        // What it has to wait for is dropped first.
        let leaving = pool.close();
        self.drop_all(Scheduler::close);
        pool.end();
        drop(leaving);
        for trigger in self.context.scheduler.shared().triggers().close() {
            caught::contain("the destructor of a shutdown trigger", || drop(trigger));
        }
        // Those that the destructors of triggers have started.
        self.context.children.end();
        self.context.keeper.end();
        // Handles may live on; the file descriptors do not.
        self.context.registry.close();
        self.context.scheduler.shared().silence();
        drop(entered);
    }
}

impl fmt::Debug for Reactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reactor")
            .field("backend", &self.backend())
            .field("tasks", &self.context.scheduler.suspended())
            .field("timers", &self.context.timers.borrow().len())
            .field("sources", &self.context.registry.len())
            .finish_non_exhaustive()
    }
}

/// How a reactor goes about its turns.
#[derive(Default)]
pub(crate) struct Tuning {
    budget: Budget,
    idle: Idle,
    watch: Option<Box<Watch>>,
}

/// Keeps the loop from sleeping when the future that it runs has ended, however it has.
struct NotifyOnDrop(Remote);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        self.0.notify();
    }
}
