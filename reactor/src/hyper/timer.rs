//! Timers for hyper.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::OnceLock;
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, Instant};

use ::hyper::rt;
use crochet_core::time::Tick;

use crate::context::{self, Context, RESOLUTION, TimeSource};
use crate::remote::Remote;
use crate::timer::Timer;

/// Lets hyper sleep, and tells it the time, on the reactor that the calling thread runs.
///
/// As exact as [`sleep`](crate::sleep()): a microsecond, rounded up. On virtual time, which begins at
/// the same instant for all reactors of a process, hyper's time is virtual as well.
///
/// hyper demands of a sleep that it is `Send` and `Sync`, which the reactor's own is not. This one
/// holds no part of the reactor, only the name of its timer there, so that it may be moved to other
/// threads and dropped there; its timer is then left to pass. Elsewhere than on its reactor it
/// cannot be polled or reset.
///
/// # Panics
///
/// Making a sleep does, when the calling thread is not running a reactor; polling or resetting one
/// does, when the calling thread is not running the reactor that it was made on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HyperTimer;

impl rt::Timer for HyperTimer {
    #[track_caller]
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        let context = context::expect_current();
        Box::pin(Sleep::new(&context, context.deadline(duration)))
    }

    #[track_caller]
    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        let context = context::expect_current();
        Box::pin(Sleep::new(&context, tick(&context.time, deadline)))
    }

    /// Returns the reactor's time; on a thread that runs none, the system's.
    fn now(&self) -> Instant {
        match context::current() {
            Ok(context) => now(&context.time),
            Err(_) => Instant::now(),
        }
    }

    /// Moves the deadline, keeping the timer; of a sleep that is another's, makes one anew.
    #[track_caller]
    fn reset(&self, sleep: &mut Pin<Box<dyn rt::Sleep>>, deadline: Instant) {
        if let Some(ours) = sleep.as_mut().downcast_mut_pin::<Sleep>() {
            let ours = ours.get_mut();
            let context = ours.expect_context();
            ours.timer.reset(&context, tick(&context.time, deadline));
        } else {
            *sleep = self.sleep_until(deadline);
        }
    }
}

/// A sleep that names its timer instead of holding the reactor.
struct Sleep {
    remote: Remote,
    timer: Timer,
}

impl Sleep {
    fn new(context: &Context, deadline: Tick) -> Self {
        Self {
            remote: Remote::new(context.scheduler.clone()),
            timer: Timer::new(deadline),
        }
    }

    /// Returns the reactor that it was made on, if the calling thread is running that one.
    fn context(&self) -> Option<Rc<Context>> {
        // The name of a timer means nothing to another reactor. Addresses tell reactors apart,
        // because this keeps its own's from being reused.
        context::current()
            .ok()
            .filter(|context| std::ptr::eq(context.scheduler.shared(), self.remote.shared()))
    }

    #[track_caller]
    fn expect_context(&self) -> Rc<Context> {
        self.context()
            .expect("a sleep of hyper's is used on the reactor that it was made on")
    }
}

impl rt::Sleep for Sleep {}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let context = self.expect_context();
        self.timer.poll(&context, cx)
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        // Elsewhere the timer cannot be taken back. It wakes a task in vain, or one that has ended.
        if let Some(context) = self.context() {
            self.timer.cancel(&context);
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("timer", &self.timer)
            .finish_non_exhaustive()
    }
}

/// Returns the time of a reactor as an instant.
fn now(time: &TimeSource) -> Instant {
    origin(time)
        .checked_add(time.elapsed())
        .expect("an instant reaches further than any clock has been moved")
}

/// Returns the first tick at which `instant` has certainly come.
fn tick(time: &TimeSource, instant: Instant) -> Tick {
    let since = instant.saturating_duration_since(origin(time));
    // Rounded up also if it has come just now: for that the clock would have to be read at each request.
    RESOLUTION.deadline(Duration::ZERO, since)
}

/// Returns the instant from which a reactor counts its time.
fn origin(time: &TimeSource) -> Instant {
    // Virtual time has none. Any will do, if it is the same whenever it is asked for.
    static VIRTUAL: OnceLock<Instant> = OnceLock::new();
    match time {
        TimeSource::Monotonic(start) => *start,
        TimeSource::Virtual(_) => *VIRTUAL.get_or_init(Instant::now),
    }
}
