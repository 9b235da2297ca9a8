//! Reactors that have to leave nothing behind.

use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crochet::{Budget, Builder, Reactor, Remote, Snapshot, is_reactor_thread};
use crochet_reactor::BlockingError;

use crate::LONG;
use crate::executor;

/// A reactor that has nothing left when it is dropped.
///
/// Stopping ends whatever a case has left, so that shows nothing of the case. [`Tidy::complete`] looks before
/// it; and one that is turned by hand, and not stopped, is looked at when it is dropped. Where a case is about
/// stopping, it is the stop that has to have left nothing.
pub struct Tidy(Reactor);

impl Tidy {
    /// Makes a reactor with these settings.
    ///
    /// # Panics
    ///
    /// When the system refuses it.
    #[must_use]
    pub fn with(settings: Builder) -> Self {
        Self(settings.build().expect("a reactor can be made"))
    }

    /// Runs a case until it has ended, and the loop a few turns more; then stops the reactor.
    ///
    /// # Panics
    ///
    /// When the case panics, stops the reactor, or leaves a task, a timer or a source behind.
    #[track_caller]
    pub fn complete<F>(&mut self, case: F) -> F::Output
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let (output, left) = self.run_and_look(case);
        assert_is_empty(&left);
        output
    }

    /// Does as [`Tidy::complete`] for a case that leaves work for the stop to end.
    ///
    /// # Panics
    ///
    /// When the case panics, stops the reactor, or leaves nothing at all.
    #[track_caller]
    pub fn complete_leaving<F>(&mut self, case: F) -> F::Output
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let (output, left) = self.run_and_look(case);
        assert!(!is_empty(&left), "nothing is left behind");
        output
    }

    /// Runs a case; returns its output, and what the loop had a few turns later, before it was stopped.
    #[track_caller]
    fn run_and_look<F>(&mut self, case: F) -> (F::Output, Snapshot)
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let (end, ended) = mpsc::channel::<()>();
        let case = self.0.spawn(async move {
            // Dropped after the case, however that has ended.
            let _end = end;
            case.await
        });
        let remote = self.0.remote();
        // With a name, because it would have the case's otherwise.
        let watcher = thread::Builder::new().name(String::from("watcher"));
        let watcher = watcher.spawn(move || look_and_stop(&remote, &ended));
        let watcher = watcher.expect("a thread can be started");
        let ran = self.0.run();
        let left = watcher.join().expect("the watcher does not panic");
        ran.expect("the reactor runs until it is stopped");
        let output = executor::block_on(case).expect("the case ends");
        (output, left.expect("the case does not stop the reactor"))
    }

    /// Gives a reactor that is turned by hand the turns that others have after their case.
    fn turn_until_empty(&mut self) {
        for _ in 0..LOOKS {
            self.0.turn(Budget::default()).expect("it turns");
            if self.0.remote().is_stopped() || is_empty(&self.0.snapshot()) {
                break;
            }
        }
    }
}

/// How often the loop is asked what is left. Each answer takes it a turn at least: tasks that have been woken,
/// and what they wake in turn, end in these.
const LOOKS: u32 = 16;

/// How long what the system has for the loop may take to come: the end of a connection on the loopback interface.
const ON_ITS_WAY: Duration = Duration::from_millis(200);

/// Waits for the end of a case, looks until nothing is left or it has had its time, and stops the reactor.
fn look_and_stop(remote: &Remote, ended: &Receiver<()>) -> Result<Snapshot, BlockingError> {
    ended.recv().expect_err("nothing is sent");
    let look = || remote.snapshot(LONG);
    let begun = Instant::now();
    let mut left = look();
    let mut looks = 1;
    while looks < LOOKS || begun.elapsed() < ON_ITS_WAY {
        if !matches!(&left, Ok(left) if !is_empty(left)) {
            break;
        }
        left = look();
        looks += 1;
    }
    remote.stop();
    left
}

impl Deref for Tidy {
    type Target = Reactor;

    fn deref(&self) -> &Reactor {
        &self.0
    }
}

impl DerefMut for Tidy {
    fn deref_mut(&mut self) -> &mut Reactor {
        &mut self.0
    }
}

impl fmt::Debug for Tidy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Drop for Tidy {
    fn drop(&mut self) {
        // One whose test has failed may have something left.
        if thread::panicking() {
            return;
        }
        // Where another one runs, this one cannot be turned.
        if !self.0.remote().is_stopped() && !is_reactor_thread() {
            self.turn_until_empty();
        }
        assert_nothing_left(&self.0);
    }
}

/// Asserts that a reactor has no task, no timer and no source.
///
/// # Panics
///
/// When it has.
#[track_caller]
pub fn assert_nothing_left(reactor: &Reactor) {
    assert_is_empty(&reactor.snapshot());
}

#[track_caller]
fn assert_is_empty(left: &Snapshot) {
    assert!(is_empty(left), "something is left behind: {left:?}");
}

fn is_empty(left: &Snapshot) -> bool {
    left.tasks.is_empty() && (left.timers, left.sources) == (0, 0)
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use crochet::net::TcpListener;
    use crochet::{call_later, sleep, spawn, yield_now};

    use super::*;

    fn tidy() -> Tidy {
        Tidy::with(Reactor::builder())
    }

    #[test]
    fn a_case_that_leaves_nothing_gives_its_output() {
        assert_eq!(tidy().complete(async { 1 }), 1);
    }

    #[test]
    fn what_ends_by_itself_is_not_left() {
        tidy().complete(async {
            drop(spawn(async {
                yield_now().await;
                drop(spawn(yield_now()));
            }));
        });
    }

    #[test]
    #[should_panic(expected = "something is left behind")]
    fn a_task_is_left() {
        tidy().complete(async { drop(spawn(pending::<()>())) });
    }

    #[test]
    #[should_panic(expected = "something is left behind")]
    fn a_timer_is_left() {
        tidy().complete(async { drop(call_later(LONG, || {})) });
    }

    #[test]
    #[should_panic(expected = "something is left behind")]
    fn a_source_is_left() {
        let bind = async { TcpListener::bind("127.0.0.1:0".parse().expect("an address")) };
        drop(tidy().complete(bind));
    }

    #[test]
    #[should_panic(expected = "nothing is left behind")]
    fn a_case_that_says_it_leaves_something_has_to() {
        tidy().complete_leaving(async {});
    }

    #[test]
    #[should_panic(expected = "the case ends")]
    fn a_case_panics() {
        tidy().complete(async { panic!("a case panics on purpose") });
    }

    #[test]
    #[should_panic(expected = "the case does not stop the reactor")]
    fn a_case_stops_the_reactor() {
        let mut reactor = tidy();
        let remote = reactor.remote();
        reactor.complete(async move { remote.stop() });
    }

    #[test]
    #[should_panic(expected = "something is left behind")]
    fn a_turned_reactor_has_a_timer_left() {
        let mut reactor = tidy();
        drop(reactor.spawn(async { sleep(LONG).await }));
        reactor.turn(Budget::default()).expect("it turns");
    }

    #[test]
    #[should_panic(expected = "something is left behind")]
    fn a_reactor_that_was_never_turned_has_a_task_left() {
        drop(tidy().spawn(pending::<()>()));
    }
}
