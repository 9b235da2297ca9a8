//! One turn of the loop, over what a platform provides.

use core::cell::RefCell;
use core::task::Waker;

use crate::time::Tick;
use crate::wheel::{Store, Wheel};

/// Tells the time.
pub trait Clock {
    /// Returns the current tick. It never goes back.
    fn now(&self) -> Tick;
}

/// Lets the loop sleep, and looks for events of the platform.
pub trait Park {
    /// What can go wrong.
    type Error;

    /// Handles the events that have come, and sleeps until there are some, until
    /// [`Unpark::unpark`] is called, or until the time that `until` names.
    ///
    /// It may return early, never without bound later. An `unpark` between the loop's decision to
    /// sleep and the sleep itself must not be lost.
    ///
    /// # Errors
    ///
    /// Whatever the platform reports; the loop's state is not changed by it.
    fn park(&mut self, until: Until) -> Result<(), Self::Error>;
}

/// Ends the loop's sleep, from any context.
pub trait Unpark {
    /// Makes the current or the next [`Park::park`] return.
    fn unpark(&self);
}

/// How long the loop may sleep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// Not at all: there is work to do.
    Now,
    /// Until this tick has been reached.
    Deadline(Tick),
    /// Until it is woken.
    Woken,
}

/// What the loop runs, and what other contexts send to it.
///
/// [`Scheduler`](crate::scheduler::Scheduler) is one; a firmware without an allocator drains a
/// [`FixedInbox`](crate::inbox::FixedInbox) here.
pub trait Work {
    /// Takes over what other contexts have sent so far.
    fn collect(&self);

    /// Runs one piece of work; tells whether there was one.
    fn run_one(&self) -> bool;

    /// Tells whether there is work that has been collected.
    #[must_use]
    fn is_ready(&self) -> bool;

    /// Announces that the loop goes to sleep, unless something has been sent meanwhile.
    ///
    /// After `true` whoever sends something next wakes the loop.
    #[must_use]
    fn try_sleep(&self) -> bool;

    /// Takes note of what the turn has done, before the loop looks for events and may sleep. Does
    /// nothing by default.
    fn account(&self, _done: &Turn) {}

    /// Announces that the loop is awake again.
    fn awake(&self);
}

/// What a timer does when it is due.
pub trait Fire {
    /// Does it. The wheel is not borrowed meanwhile: timers may be set and cancelled.
    fn fire(self);
}

impl Fire for Waker {
    fn fire(self) {
        self.wake();
    }
}

/// How much one turn may do before it looks for events again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    timers: u32,
    tasks: u32,
}

impl Budget {
    /// Makes a budget of so many timers and tasks, each at least one.
    #[must_use]
    pub const fn new(timers: u32, tasks: u32) -> Self {
        const fn at_least_one(count: u32) -> u32 {
            if count == 0 { 1 } else { count }
        }
        Self {
            timers: at_least_one(timers),
            tasks: at_least_one(tasks),
        }
    }
}

impl Default for Budget {
    /// Returns 256 timers and 128 tasks.
    fn default() -> Self {
        Self::new(256, 128)
    }
}

/// What a turn did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Turn {
    fired: u32,
    ran: u32,
    slept: bool,
}

impl Turn {
    /// Returns how many timers fired.
    #[must_use]
    pub const fn fired(&self) -> u32 {
        self.fired
    }

    /// Returns how many pieces of work were run.
    #[must_use]
    pub const fn ran(&self) -> u32 {
        self.ran
    }

    /// Tells whether the loop went to sleep at the end of the turn.
    #[must_use]
    pub const fn slept(&self) -> bool {
        self.slept
    }
}

/// Whether a turn may sleep when there is nothing left to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sleep {
    /// It sleeps until the next timer or wake-up.
    Allowed,
    /// It only looks for events.
    Refused,
}

/// Does one turn: takes over what was sent, fires the timers that are due, runs what is ready,
/// then looks for events, sleeping when nothing is left to do.
///
/// The order is Twisted's: calls from threads, timers, then events. A timer that is set from a
/// timer fires in a later turn; what other contexts send during a turn waits for the next.
///
/// # Errors
///
/// Whatever [`Park::park`] returns; timers and work are not lost by it.
pub fn turn<W, T, S, P, const LEVELS: usize>(
    work: &W,
    timers: &RefCell<Wheel<T, S, LEVELS>>,
    platform: &mut P,
    budget: Budget,
    sleep: Sleep,
) -> Result<Turn, P::Error>
where
    W: Work,
    T: Fire,
    S: Store<T>,
    P: Park + Clock,
{
    work.collect();
    let mut done = Turn {
        fired: fire_due(timers, platform, budget.timers),
        ..Turn::default()
    };
    while done.ran < budget.tasks && work.run_one() {
        done.ran += 1;
    }
    let until = if work.is_ready() || sleep == Sleep::Refused {
        Until::Now
    } else {
        next_sleep(work, timers)
    };
    done.slept = until != Until::Now;
    work.account(&done);
    let parked = platform.park(until);
    work.awake();
    parked.map(|()| done)
}

fn fire_due<T, S, P, const LEVELS: usize>(
    timers: &RefCell<Wheel<T, S, LEVELS>>,
    clock: &P,
    limit: u32,
) -> u32
where
    T: Fire,
    S: Store<T>,
    P: Clock,
{
    {
        let mut wheel = timers.borrow_mut();
        if wheel.is_empty() {
            // Nothing to compare with the time: the clock is not even read.
            return 0;
        }
        wheel.advance(clock.now());
    }
    let mut fired = 0;
    while fired < limit {
        // A statement of its own, so that the wheel is free while the timer fires.
        let due = timers.borrow_mut().pop_due();
        match due {
            Some((_, timer)) => timer.fire(),
            None => break,
        }
        fired += 1;
    }
    fired
}

fn next_sleep<W, T, S, const LEVELS: usize>(
    work: &W,
    timers: &RefCell<Wheel<T, S, LEVELS>>,
) -> Until
where
    W: Work,
    S: Store<T>,
{
    // Read before the announcement: from then on others rely on the loop to sleep or look.
    let deadline = {
        let wheel = timers.borrow();
        let deadline = wheel.next_deadline();
        if deadline.is_some_and(|deadline| deadline <= wheel.now()) {
            // Left over by the budget, or set for a time that has passed: it is work to do.
            return Until::Now;
        }
        deadline
    };
    if !work.try_sleep() {
        return Until::Now;
    }
    deadline.map_or(Until::Woken, Until::Deadline)
}
