//! The firmware's timers, in a wheel of fixed size.

use core::{
    cell::RefCell,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use cortex_m_semihosting::hprintln;
use crochet_core::{
    driver::Fire,
    time::Tick,
    wheel::{FixedWheel, Full, Key},
};

use crate::board::{self, RESOLUTION};

/// How many timers fit.
pub const CAPACITY: usize = 8;

/// The wheel. Its two levels span 4096 ticks; a timer beyond waits in the far list.
pub type Timers = FixedWheel<Timer, CAPACITY, 2>;

/// What a timer does when it is due.
pub enum Timer {
    /// Prints that it was due.
    Print(Print),
    /// Wakes a task.
    Wake(Waker),
}

impl Fire for Timer {
    fn fire(self) {
        match self {
            Self::Print(print) => print.fire(),
            Self::Wake(waker) => waker.fire(),
        }
    }
}

/// Prints its label and the tick at which it fired; fails if that is early.
pub struct Print {
    label: &'static str,
    origin: Tick,
    due: Duration,
    follow_up: Option<FollowUp>,
}

/// A timer to be set by a timer that fires, for the tick that has already come.
pub struct FollowUp {
    label: &'static str,
    timers: &'static RefCell<Timers>,
}

impl FollowUp {
    /// Makes a follow-up with this label, to be set in `timers`.
    pub const fn new(label: &'static str, timers: &'static RefCell<Timers>) -> Self {
        Self { label, timers }
    }
}

impl Print {
    /// Makes a timer that prints its tick relative to `origin`, and must not fire before `due`.
    pub const fn new(label: &'static str, origin: Tick, due: Duration) -> Self {
        Self {
            label,
            origin,
            due,
            follow_up: None,
        }
    }

    /// Makes the timer set another one when it fires.
    pub fn followed_by(mut self, follow_up: FollowUp) -> Self {
        self.follow_up = Some(follow_up);
        self
    }

    /// Changes when the timer may fire at the earliest.
    pub fn postpone(&mut self, due: Duration) {
        self.due = due;
    }
}

impl Fire for Print {
    fn fire(self) {
        let (now, elapsed) = (board::now(), board::elapsed());
        assert!(elapsed >= self.due, "timer {} fired early", self.label);
        hprintln!(
            "timers: {} at tick {}",
            self.label,
            now.saturating_since(self.origin).get()
        );
        if let Some(FollowUp { label, timers }) = self.follow_up {
            let next = Self::new(label, self.origin, elapsed);
            timers
                .borrow_mut()
                .insert(now, Timer::Print(next))
                .expect("the timer that fires has left its place");
        }
    }
}

/// Returns the tick at which a delay that begins now has passed, and the time at which it has.
pub fn deadline_after(delay: Duration) -> (Tick, Duration) {
    let elapsed = board::elapsed();
    (RESOLUTION.deadline(elapsed, delay), elapsed + delay)
}

/// A delay, as a future.
///
/// # Cancellation
///
/// Dropping it gives its place in the wheel back.
pub struct Delay {
    timers: &'static RefCell<Timers>,
    key: Key,
}

impl Delay {
    /// Begins a delay.
    ///
    /// # Errors
    ///
    /// [`Full`] if the wheel has no place left.
    pub fn new(timers: &'static RefCell<Timers>, delay: Duration) -> Result<Self, Full<Timer>> {
        let (deadline, _) = deadline_after(delay);
        let timer = Timer::Wake(Waker::noop().clone());
        let key = timers.borrow_mut().insert(deadline, timer)?;
        Ok(Self { timers, key })
    }
}

impl Future for Delay {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.timers.borrow_mut().get_mut(self.key) {
            Some(timer) => {
                *timer = Timer::Wake(cx.waker().clone());
                Poll::Pending
            }
            None => Poll::Ready(()),
        }
    }
}

impl Drop for Delay {
    fn drop(&mut self) {
        // A timer that has fired is no longer there, which is all the same here.
        drop(self.timers.borrow_mut().cancel(self.key));
    }
}
