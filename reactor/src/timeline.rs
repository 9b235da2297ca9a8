//! Virtual time, shared by a reactor and the threads that wait for its operations.
//!
//! Everything is in one place under one lock, so that "the loop is idle and so many threads wait"
//! is a fact and not a guess:
//!
//! | what | set when | cleared when |
//! | --- | --- | --- |
//! | the loop is idle | it goes to sleep | it is rung, its next deadline is reached |
//! | a thread is entered | it begins a wait, or goes on with one | its operation ends, its deadline is reached, its reactor stops, it gives the wait up |
//! | a thread is parked | it has looked for every reason not to wait, and was still entered | it is no longer entered |
//! | a thread is late | its deadline is reached | it has done with the wait |
//!
//! A thread is taken off the list by whoever ends its wait, not when it comes to run. So a thread
//! that is on the list as parked does nothing until somebody else does something. While a thread is
//! late the time stands still, so that what the thread does about its wait, it does at that time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Thread, ThreadId};
use std::time::Duration;

use crochet_core::driver::Until;
use crochet_core::time::{Tick, Ticks};

use crate::context::RESOLUTION;

mod nap;

pub(crate) use nap::Nap;

/// The time of one reactor, and who waits for it.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    state: Mutex<State>,
    /// Told when the loop becomes idle or ends, when a thread parks, and when one is no longer late.
    settled: Condvar,
    /// Told when the loop is to wake up.
    bell: Condvar,
    // Held by whoever moves the time by hand, so that two do not do so at once.
    moving: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    now: Duration,
    course: Course,
    rung: bool,
    last_id: u64,
    waits: BTreeMap<WaitId, Entry>,
    late: BTreeSet<WaitId>,
    /// The threads whose waits let the time pass, each as often as it has asked for that.
    partners: Vec<ThreadId>,
}

/// What the loop is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Course {
    /// It has work, or has not begun.
    #[default]
    Busy,
    /// It sleeps, at most until this time.
    Idle(Option<Duration>),
    /// There is no loop any more.
    Over,
}

/// Names a wait. Ordered by deadline, then by age.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct WaitId {
    deadline: Duration,
    id: u64,
}

#[derive(Debug)]
struct Entry {
    thread: Thread,
    awaits: Awaits,
    parked: bool,
}

/// What a thread waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Awaits {
    /// The end of an operation.
    End,
    /// Room in the queue.
    Room,
}

/// What did not come about within the real time that a test may take.
#[derive(Debug)]
pub(crate) struct TooLate;

impl Timeline {
    /// Returns the time since the timeline's making.
    pub(crate) fn now(&self) -> Duration {
        self.lock().now
    }

    /// Returns the time at which `timeout` from now has passed, in whole ticks as a timer's
    /// deadline, so that a timer and a wait of the same length are due at the same time.
    pub(crate) fn deadline(&self, timeout: Duration) -> Duration {
        let now = self.now();
        if timeout.is_zero() {
            return now;
        }
        instant(RESOLUTION.deadline(now, timeout))
    }

    /// Wakes the loop.
    pub(crate) fn ring(&self) {
        let mut state = self.lock();
        state.rung = true;
        if matches!(state.course, Course::Idle(_)) {
            state.course = Course::Busy;
        }
        self.bell.notify_one();
    }

    /// Lets the loop sleep.
    pub(crate) fn park(&self, until: Until) {
        let next = match until {
            Until::Now => return,
            Until::Deadline(tick) => Some(instant(tick)),
            Until::Woken => None,
        };
        let mut state = self.lock();
        if !state.rung {
            state.course = Course::Idle(next);
            self.go_on_alone(&mut state);
            self.settled.notify_all();
        }
        while !state.rung && next.is_none_or(|next| next > state.now) {
            state = wait(&self.bell, state);
        }
        state.rung = false;
        state.course = Course::Busy;
    }

    /// Moves the time on by `by`, from deadline to deadline; returns when the loop is idle, and no
    /// thread late, at the end of it.
    pub(crate) fn advance(&self, by: Duration, patience: Duration) -> Result<(), TooLate> {
        let _moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.lock();
        let target = state.now.saturating_add(by);
        loop {
            state = self.settle(state, patience, State::is_settled)?;
            match state.next_deadline().filter(|next| *next <= target) {
                Some(next) => self.step_to(&mut state, next),
                None => break,
            }
        }
        state.move_to(target);
        Ok(())
    }

    /// Returns when so many threads are parked.
    pub(crate) fn wait_for_parked(&self, count: usize, patience: Duration) -> Result<(), TooLate> {
        let enough = |state: &State| state.parked().count() >= count;
        self.settle(self.lock(), patience, enough).map(drop)
    }

    /// Returns how many threads are parked.
    pub(crate) fn parked(&self) -> usize {
        self.lock().parked().count()
    }

    /// Lets the time pass by itself whenever the loop is idle and the calling thread is parked,
    /// together with the others that have asked for this.
    pub(crate) fn add_partner(&self, thread: ThreadId) {
        self.lock().partners.push(thread);
    }

    /// Takes back one [`add_partner`](Self::add_partner).
    pub(crate) fn remove_partner(&self, thread: ThreadId) {
        let mut state = self.lock();
        let partners = &mut state.partners;
        if let Some(at) = partners.iter().position(|partner| *partner == thread) {
            partners.swap_remove(at);
        }
        // Perhaps the others were only waiting for this one.
        self.go_on_alone(&mut state);
    }

    /// Ends the waits that wait for this.
    pub(crate) fn rouse_all(&self, awaits: Awaits) {
        self.lock().rouse(|_, entry| entry.awaits == awaits);
    }

    /// Returns the deadline of the wait that ends first.
    pub(crate) fn next_wait(&self) -> Option<Duration> {
        self.lock().next_wait()
    }

    /// Moves the time on to `instant`, for a loop that looks at the time by itself.
    pub(crate) fn move_to(&self, instant: Duration) {
        self.lock().move_to(instant);
    }

    /// Ends the waits that are due.
    pub(crate) fn rouse_due(&self) {
        self.lock().rouse_due();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing foreign runs while the lock is held, so nothing panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle<'a>(
        &'a self,
        state: MutexGuard<'a, State>,
        patience: Duration,
        is_so: impl Fn(&State) -> bool,
    ) -> Result<MutexGuard<'a, State>, TooLate> {
        let waited = self
            .settled
            .wait_timeout_while(state, patience, |state| !is_so(state));
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if is_so(&state) {
            Ok(state)
        } else {
            Err(TooLate)
        }
    }

    /// Moves the time on to the next deadline, and wakes what is due: the loop first, and threads
    /// only when the loop has become idle at that time.
    ///
    /// So an operation that ends at the very time at which its caller's patience does has ended in
    /// time.
    fn step_to(&self, state: &mut State, next: Duration) {
        state.move_to(next);
        match state.course {
            Course::Idle(Some(due)) if due <= state.now => {
                state.course = Course::Busy;
                self.bell.notify_one();
            }
            _ => state.rouse_due(),
        }
    }

    /// Steps on for as long as everybody who takes part waits.
    fn go_on_alone(&self, state: &mut State) {
        while state.is_standstill() {
            match state.next_deadline() {
                Some(next) => self.step_to(state, next),
                None => return,
            }
        }
    }
}

impl State {
    fn move_to(&mut self, instant: Duration) {
        self.now = self.now.max(instant);
    }

    fn next_wait(&self) -> Option<Duration> {
        self.waits.keys().next().map(|wait| wait.deadline)
    }

    fn next_deadline(&self) -> Option<Duration> {
        let of_loop = match self.course {
            Course::Idle(next) => next,
            Course::Busy | Course::Over => None,
        };
        of_loop.into_iter().chain(self.next_wait()).min()
    }

    fn parked(&self) -> impl Iterator<Item = &Entry> {
        self.waits.values().filter(|entry| entry.parked)
    }

    /// Tells whether the loop is idle, or over, and no thread is late.
    fn is_settled(&self) -> bool {
        self.course != Course::Busy && self.late.is_empty()
    }

    /// Tells whether the loop is idle, and every thread that takes part waits.
    fn is_standstill(&self) -> bool {
        let is_parked = |partner| self.parked().any(|entry| entry.thread.id() == partner);
        matches!(self.course, Course::Idle(_))
            && self.late.is_empty()
            && !self.partners.is_empty()
            && self.partners.iter().copied().all(is_parked)
    }

    fn rouse_due(&mut self) {
        let now = self.now;
        let due = self.waits.keys().take_while(|wait| wait.deadline <= now);
        self.late.extend(due);
        self.rouse(|wait, _| wait.deadline <= now);
    }

    fn rouse(&mut self, chosen: impl Fn(&WaitId, &Entry) -> bool) {
        self.waits.retain(|wait, entry| {
            let chosen = chosen(wait, entry);
            if chosen {
                entry.thread.unpark();
            }
            !chosen
        });
    }
}

/// The loop's end of a timeline. Dropping it tells those who wait for the loop that it is over.
#[derive(Debug)]
pub(crate) struct LoopEnd(Arc<Timeline>);

impl LoopEnd {
    pub(crate) fn new(timeline: Arc<Timeline>) -> Self {
        Self(timeline)
    }

    pub(crate) fn park(&self, until: Until) {
        self.0.park(until);
    }
}

impl Drop for LoopEnd {
    fn drop(&mut self) {
        self.0.lock().course = Course::Over;
        self.0.settled.notify_all();
    }
}

fn wait<'a>(condvar: &Condvar, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
    condvar.wait(state).unwrap_or_else(PoisonError::into_inner)
}

fn instant(tick: Tick) -> Duration {
    let since: Ticks = tick.saturating_since(Tick::ZERO);
    RESOLUTION.duration(since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_is_not_idle_is_not_waited_for_without_end() {
        let timeline = Timeline::default();
        let advanced = timeline.advance(Duration::from_secs(1), Duration::ZERO);
        assert!(advanced.is_err());
        assert_eq!(timeline.now(), Duration::ZERO);
    }

    #[test]
    fn threads_that_do_not_come_are_not_waited_for_without_end() {
        let timeline = Timeline::default();
        assert!(timeline.wait_for_parked(1, Duration::ZERO).is_err());
        assert!(timeline.wait_for_parked(0, Duration::ZERO).is_ok());
    }

    #[test]
    fn a_loop_that_is_over_is_not_waited_for() {
        let timeline = Arc::new(Timeline::default());
        drop(LoopEnd::new(Arc::clone(&timeline)));
        let advanced = timeline.advance(Duration::from_secs(1), Duration::ZERO);
        assert!(advanced.is_ok());
        assert_eq!(timeline.now(), Duration::from_secs(1));
    }

    #[test]
    fn a_late_thread_holds_the_time_until_it_has_done_with_its_wait() {
        let timeline = Arc::new(Timeline::default());
        drop(LoopEnd::new(Arc::clone(&timeline)));
        let second = Duration::from_secs(1);
        let nap = Nap::until(&timeline, second, Awaits::End);
        nap.begin();
        assert!(!nap.is_over());
        assert!(timeline.advance(second * 2, Duration::ZERO).is_err());
        assert!(nap.is_over());
        assert_eq!(timeline.now(), second);
        nap.park();
        drop(nap);
        assert!(timeline.advance(second, Duration::ZERO).is_ok());
        assert_eq!(timeline.now(), second * 2);
    }
}
