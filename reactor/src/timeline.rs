//! Virtual time, shared by a reactor and the threads that wait for its operations.
//!
//! Everything is in one place under one lock, so that "the loop is idle and so many threads wait"
//! is a fact and not a guess:
//!
//! | what | set when | cleared when |
//! | --- | --- | --- |
//! | the loop is idle | it goes to sleep | something is sent to it, it is rung, its next deadline is reached |
//! | a thread is entered | it begins a wait, or goes on with one | its operation ends, its deadline is reached, its reactor stops, it gives the wait up |
//! | a thread is parked | it has looked for every reason not to wait, and was still entered | it is no longer entered |
//! | a thread is late | its deadline is reached | it has done with the wait |
//!
//! Of what is sent to a sleeping loop only the first is told to ring, and may be about to. So an idle
//! loop's inbox is looked at as well: whoever sends something and then asks for the time to move
//! finds a loop that has it before it. The same goes for waits that have been interrupted, whose
//! threads have been unparked but may not have come to run.
//!
//! A thread is taken off the list by whoever ends its wait, not when it comes to run. So a thread
//! that is on the list as parked does nothing until somebody else does something. While a thread is
//! late the time stands still, so that what the thread does about its wait, it does at that time.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Thread, ThreadId};
use std::time::Duration;

use crochet_core::driver::Until;
use crochet_core::time::{Tick, Ticks};

use crate::blocked::Interrupts;
use crate::context::RESOLUTION;
use crate::remote::Remote;

mod nap;

pub(crate) use nap::Nap;

/// The time of one reactor, and who waits for it.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    state: Mutex<State>,
    /// Told when the time has been moved to where it was to go, and when a thread parks.
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
    /// Where somebody moves the time to.
    target: Option<Duration>,
    rung: bool,
    last_id: u64,
    /// By deadline, then by age. There are as many as blocked threads, so a tree would be little faster, and
    /// it is much more code to compile.
    waits: Vec<(WaitId, Entry)>,
    late: Vec<WaitId>,
    /// The threads whose waits let the time pass, each as often as it has asked for that.
    partners: Vec<ThreadId>,
}

/// What the loop is doing.
#[derive(Debug, Default)]
enum Course {
    /// It has work, or has not begun.
    #[default]
    Busy,
    /// It sleeps.
    Idle(Sleep),
    /// There is no loop any more.
    Over,
}

/// The sleep of a loop.
#[derive(Debug)]
struct Sleep {
    /// When it ends by itself.
    until: Option<Duration>,
    /// What it sleeps over: the handle on the loop that sleeps.
    remote: Remote,
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
    /// When the call began that this wait is part of.
    since: Interrupts,
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

    /// Lets the loop of `remote` sleep.
    pub(crate) fn park(&self, until: Until, remote: &Remote) {
        let next = match until {
            Until::Now => return,
            Until::Deadline(tick) => Some(instant(tick)),
            Until::Woken => None,
        };
        let mut state = self.lock();
        if !state.rung {
            state.course = Course::Idle(Sleep {
                until: next,
                remote: remote.clone(),
            });
            self.go_on(&mut state);
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
        state.target = Some(state.now.saturating_add(by));
        self.go_on(&mut state);
        let arrived = |state: &State| state.target.is_none();
        let mut state = self.settle(state, patience, arrived);
        match state.target.take() {
            None => Ok(()),
            Some(_) => Err(TooLate),
        }
    }

    /// Returns when so many threads are parked.
    pub(crate) fn wait_for_parked(&self, count: usize, patience: Duration) -> Result<(), TooLate> {
        let enough = |state: &State| state.parked().count() >= count;
        if enough(&self.settle(self.lock(), patience, enough)) {
            Ok(())
        } else {
            Err(TooLate)
        }
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
        self.go_on(&mut state);
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
    ) -> MutexGuard<'a, State> {
        let waited = self
            .settled
            .wait_timeout_while(state, patience, |state| !is_so(state));
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state
    }

    /// Moves the time on to the next deadline, and wakes what is due: the loop first, and threads
    /// only when the loop has become idle at that time.
    ///
    /// So an operation that ends at the very time at which its caller's patience does has ended in
    /// time.
    fn step_to(&self, state: &mut State, next: Duration) {
        state.move_to(next);
        if state.loop_deadline().is_some_and(|due| due <= state.now) {
            state.course = Course::Busy;
            self.bell.notify_one();
        } else {
            state.rouse_due();
        }
    }

    /// Steps on for as long as nobody has anything to do, to where somebody moves the time or, by
    /// itself, while everybody who takes part waits.
    ///
    /// Called by whoever was the last to have something to do: others might come too late, when
    /// the next has been sent.
    fn go_on(&self, state: &mut State) {
        while state.is_settled() {
            let next = state.next_deadline();
            match state.target {
                Some(target) => match next.filter(|next| *next <= target) {
                    Some(next) => self.step_to(state, next),
                    None => {
                        state.move_to(target);
                        state.target = None;
                        self.settled.notify_all();
                    }
                },
                None => match next.filter(|_| state.is_standstill()) {
                    Some(next) => self.step_to(state, next),
                    None => return,
                },
            }
        }
    }
}

impl State {
    fn move_to(&mut self, instant: Duration) {
        self.now = self.now.max(instant);
    }

    fn next_wait(&self) -> Option<Duration> {
        self.waits.first().map(|(wait, _)| wait.deadline)
    }

    fn next_deadline(&self) -> Option<Duration> {
        let of_loop = self.loop_deadline();
        of_loop.into_iter().chain(self.next_wait()).min()
    }

    /// Returns when the loop's sleep ends by itself, if it does.
    fn loop_deadline(&self) -> Option<Duration> {
        match &self.course {
            Course::Idle(sleep) => sleep.until,
            Course::Busy | Course::Over => None,
        }
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.waits.iter().map(|(_, entry)| entry)
    }

    /// Enters a wait, if it is not there.
    fn enter(&mut self, wait: WaitId, entry: impl FnOnce() -> Entry) {
        if let Err(at) = self.position(wait) {
            self.waits.insert(at, (wait, entry()));
        }
    }

    /// Returns what waits.
    fn entry_mut(&mut self, wait: WaitId) -> Option<&mut Entry> {
        let at = self.position(wait).ok()?;
        Some(&mut self.waits[at].1)
    }

    /// Takes a wait off the list; tells whether it was there.
    fn leave(&mut self, wait: WaitId) -> bool {
        let at = self.position(wait);
        at.map(|at| self.waits.remove(at)).is_ok()
    }

    /// Takes note that a late thread has done with its wait; tells whether it was late.
    fn caught_up(&mut self, wait: WaitId) -> bool {
        let at = self.late.iter().position(|late| *late == wait);
        at.map(|at| self.late.swap_remove(at)).is_some()
    }

    /// Returns where a wait is, or where it would be.
    fn position(&self, wait: WaitId) -> Result<usize, usize> {
        self.waits.binary_search_by_key(&wait, |(wait, _)| *wait)
    }

    fn parked(&self) -> impl Iterator<Item = &Entry> {
        self.entries().filter(|entry| entry.parked)
    }

    /// Tells whether the loop is idle, or over, and no thread has anything to do about a wait that
    /// has ended.
    fn is_settled(&self) -> bool {
        let is_at_rest = match &self.course {
            Course::Busy => false,
            Course::Idle(sleep) => !sleep.remote.has_news(),
            Course::Over => true,
        };
        let so_far = Interrupts::so_far();
        let is_interrupted = |entry: &Entry| entry.since != so_far;
        is_at_rest && self.late.is_empty() && !self.entries().any(is_interrupted)
    }

    /// Tells whether there is a loop that is idle, and every thread that takes part waits.
    fn is_standstill(&self) -> bool {
        let is_parked = |partner| self.parked().any(|entry| entry.thread.id() == partner);
        matches!(self.course, Course::Idle(_))
            && !self.partners.is_empty()
            && self.partners.iter().copied().all(is_parked)
    }

    fn rouse_due(&mut self) {
        let now = self.now;
        let due = self.waits.iter().map(|(wait, _)| *wait);
        let due = due.take_while(|wait| wait.deadline <= now);
        self.late.extend(due);
        self.rouse(|wait, _| wait.deadline <= now);
    }

    fn rouse(&mut self, chosen: impl Fn(&WaitId, &Entry) -> bool) {
        self.waits.retain(|(wait, entry)| {
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

    pub(crate) fn park(&self, until: Until, remote: &Remote) {
        self.0.park(until, remote);
    }
}

impl Drop for LoopEnd {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.course = Course::Over;
        self.0.go_on(&mut state);
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
mod tests;
