//! The clock of a reactor that runs in a thread, on virtual time.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::thread::{self, ThreadId};
use std::time::Duration;

use crate::fork::Generation;
use crate::reactor::{Builder, Reactor};
use crate::thread::is_reactor_thread;
use crate::timeline::Timeline;

impl Builder {
    /// Makes a reactor on virtual time, for the calling thread to [run](Reactor::run), and the
    /// clock that moves it. It has no sockets.
    ///
    /// Every deadline of the reactor is in virtual time: its timers, and how long threads wait for
    /// its operations and for room in its queue. A host that does turns one by one has no use for
    /// this: a [`Harness`](super::Harness) does turns itself.
    #[must_use]
    pub fn build_virtual(&self) -> (Reactor, Clock) {
        let timeline = Arc::new(Timeline::default());
        let reactor = self.build_on(&timeline);
        let process = Generation::current();
        (reactor, Clock { timeline, process })
    }
}

/// Moves the time of a reactor that runs in a thread, and of the threads that wait for it. Cheap to
/// clone; any thread but the reactor's own may use it. In a forked child, whose parent's reactor it is,
/// nothing moves the time.
///
/// The time is zero when the reactor is made and stands still until it is moved: by hand, with
/// [`advance`](Self::advance), or by itself, with [`auto_advance`](Self::auto_advance).
///
/// ```
/// use std::time::Duration;
/// use std::{sync::mpsc, thread};
///
/// use crochet_reactor::{BlockingError, Reactor};
///
/// let (tell, told) = mpsc::channel();
/// let host = thread::spawn(move || {
///     let (mut reactor, clock) = Reactor::builder().build_virtual();
///     tell.send((reactor.remote(), clock)).unwrap();
///     reactor.run().unwrap();
/// });
/// let (remote, clock) = told.recv().unwrap();
///
/// let never = remote.submit(|| std::future::pending::<()>()).unwrap();
/// let waiter = thread::spawn(move || never.wait(Duration::from_secs(3600)));
/// clock.wait_for_blocked(1);
/// clock.advance(Duration::from_secs(3600));
/// assert!(matches!(waiter.join().unwrap(), Err(BlockingError::TimedOut)));
///
/// remote.stop();
/// host.join().unwrap();
/// ```
#[derive(Clone)]
pub struct Clock {
    timeline: Arc<Timeline>,
    process: Generation,
}

/// The longest *real* time that a call of a [`Clock`] takes, after which it panics.
const PATIENCE: Duration = Duration::from_secs(60);

impl Clock {
    /// Returns the virtual time that has passed since the reactor was made.
    ///
    /// # Panics
    ///
    /// In a forked child.
    #[must_use]
    #[track_caller]
    pub fn now(&self) -> Duration {
        self.check_process();
        self.timeline.now()
    }

    /// Moves the time on by `by`, stopping at every deadline on the way, and returns when
    /// everything that is due at the end of it has been done.
    ///
    /// Before the time moves, and at each stop, the reactor does all that it can do at that time.
    /// Of what is due at the same time, its timers come first, with all that follows from them;
    /// then the blocked threads whose time is up, all at once. So an operation that ends exactly
    /// when its caller's timeout does has ended in time. The time goes on when those threads have
    /// given up their waits, and callers that cancel their operations for that, as
    /// [`Remote::call`](crate::Remote::call) does, have done so.
    ///
    /// What those threads do next is not waited for: whatever they then submit or wait for, they do
    /// at the time that it is by then. To have a thread time out several times in a row, advance
    /// step by step, with [`wait_for_blocked`](Self::wait_for_blocked) before each, or let the time
    /// pass [by itself](Self::auto_advance).
    ///
    /// When the reactor has been dropped, only blocked threads are told.
    ///
    /// # Panics
    ///
    /// On a thread that runs a reactor, in a forked child, and when there is no end to what is due after
    /// a minute of real time: an operation blocks the reactor or wakes itself for ever, or nobody runs it.
    #[track_caller]
    pub fn advance(&self, by: Duration) {
        self.check_caller();
        if self.timeline.advance(by, PATIENCE).is_err() {
            panic!("the reactor does not become idle: it is blocked, or it is not run");
        }
    }

    /// Returns when at least `threads` threads are blocked in waits on the reactor, so that the
    /// test knows that what it does next comes after the beginning of those waits.
    ///
    /// A thread is counted from the moment at which only the reactor, the clock or another thread
    /// can end its wait, and no longer when one of them has done so. Waiting for room in the
    /// reactor's queue counts as well.
    ///
    /// # Panics
    ///
    /// On a thread that runs a reactor, in a forked child, and when there are fewer after a minute of
    /// real time.
    #[track_caller]
    pub fn wait_for_blocked(&self, threads: usize) {
        self.check_caller();
        wait_for_blocked(&self.timeline, threads);
    }

    /// Returns how many threads are blocked in waits on the reactor at this moment, as
    /// [`wait_for_blocked`](Self::wait_for_blocked) counts them.
    ///
    /// # Panics
    ///
    /// In a forked child.
    #[must_use]
    #[track_caller]
    pub fn blocked(&self) -> usize {
        self.check_process();
        self.timeline.parked()
    }

    /// Lets the time pass by itself while the calling thread is blocked, until the returned guard
    /// is dropped.
    ///
    /// Whenever the reactor is idle and every thread that holds such a guard is blocked in a wait
    /// on it, the time moves to the next deadline. So a test can simply call a blocking function:
    /// it takes as long as it would, in virtual time, and returns at once.
    ///
    /// With one thread this is deterministic, and with several if each takes its guard before any
    /// of them blocks. Operations may wait for timers and for the threads that take part. What they
    /// wait for elsewhere, such as work in a thread pool or a thread without a guard, is unknown to
    /// the clock, and the time may pass meanwhile.
    ///
    /// # Panics
    ///
    /// In a forked child.
    #[must_use = "the time passes by itself only as long as the guard lives"]
    #[track_caller]
    pub fn auto_advance(&self) -> AutoAdvance {
        self.check_process();
        let thread = thread::current().id();
        self.timeline.add_partner(thread);
        AutoAdvance {
            timeline: Arc::clone(&self.timeline),
            process: self.process,
            thread,
            bound: PhantomData,
        }
    }

    #[track_caller]
    fn check_caller(&self) {
        assert!(
            !is_reactor_thread(),
            "this thread runs a reactor, whose time only other threads can move or wait for"
        );
        self.check_process();
    }

    #[track_caller]
    fn check_process(&self) {
        // Nobody runs it here, and a thread of the parent may have held its lock.
        assert!(
            !self.process.is_past(),
            "the reactor belongs to the process that forked this one"
        );
    }
}

#[track_caller]
pub(super) fn wait_for_blocked(timeline: &Timeline, threads: usize) {
    if timeline.wait_for_parked(threads, PATIENCE).is_err() {
        let found = timeline.parked();
        panic!("{found} threads are blocked on the reactor, and {threads} are waited for");
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut clock = f.debug_struct("Clock");
        if !self.process.is_past() {
            clock
                .field("now", &self.timeline.now())
                .field("blocked", &self.timeline.parked());
        }
        clock.finish_non_exhaustive()
    }
}

/// Lets the time pass while the thread that made it is blocked: see [`Clock::auto_advance`].
///
/// It belongs to that thread.
pub struct AutoAdvance {
    timeline: Arc<Timeline>,
    process: Generation,
    thread: ThreadId,
    bound: PhantomData<*const ()>,
}

impl fmt::Debug for AutoAdvance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AutoAdvance")
            .field("thread", &self.thread)
            .finish_non_exhaustive()
    }
}

impl Drop for AutoAdvance {
    fn drop(&mut self) {
        if !self.process.is_past() {
            self.timeline.remove_partner(self.thread);
        }
    }
}
