//! Counters with one writer, the loop.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::context;

/// Counters of a reactor, since it was made.
///
/// They are read one by one while the loop goes on, so they need not agree with each other to the
/// last event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// How many turns the loop has done.
    pub turns: u64,
    /// How often the loop went to sleep, or looked for events with leave to.
    pub sleeps: u64,
    /// How often a thread woke the loop by a system call.
    pub unparks: u64,
    /// How many events of sockets and other sources the poller has reported.
    pub io_events: u64,
    /// How many timers have fired.
    pub timers_fired: u64,
    /// How often a task was run: polled, or found to have ended.
    pub tasks_polled: u64,
    /// How many operations that threads, or the loop itself, submitted have begun.
    ///
    /// One that is cancelled while it is queued never does.
    pub operations_begun: u64,
    /// How many of them have ended, in whichever way.
    pub operations_ended: u64,
    /// How many panics of tasks, callbacks and destructors the loop has contained.
    pub panics: u64,
    /// How many polls and delayed calls took longer than [`Builder::slow_poll`](crate::Builder::slow_poll) allows.
    pub slow_polls: u64,
    /// How many turns took longer than [`Builder::long_turn`](crate::Builder::long_turn) allows.
    pub long_turns: u64,
}

/// The counters of a loop. Only the loop adds to them; any thread may read.
#[derive(Debug, Default)]
// Submitting threads write to what lies beside it.
#[repr(align(64))]
pub(crate) struct Counters {
    pub(crate) turns: Counter,
    pub(crate) sleeps: Counter,
    pub(crate) io_events: Counter,
    pub(crate) timers_fired: Counter,
    pub(crate) tasks_polled: Counter,
    pub(crate) operations_begun: Counter,
    pub(crate) operations_ended: Counter,
    pub(crate) panics: Counter,
    pub(crate) slow_polls: Counter,
    pub(crate) long_turns: Counter,
}

/// A number that one thread adds to.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Adds to the number, on the one thread that does.
    ///
    /// Not a read-modify-write, which would cost more than all the rest of counting.
    pub(crate) fn add(&self, count: u64) {
        self.0
            .store(self.get().wrapping_add(count), Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    /// Reads all counters; `unparks`, which other threads count, is the caller's.
    pub(crate) fn read(&self, unparks: u64) -> Stats {
        Stats {
            turns: self.turns.get(),
            sleeps: self.sleeps.get(),
            unparks,
            io_events: self.io_events.get(),
            timers_fired: self.timers_fired.get(),
            tasks_polled: self.tasks_polled.get(),
            operations_begun: self.operations_begun.get(),
            operations_ended: self.operations_ended.get(),
            panics: self.panics.get(),
            slow_polls: self.slow_polls.get(),
            long_turns: self.long_turns.get(),
        }
    }
}

/// Counts a panic that was contained, if this is a reactor's thread.
#[cold]
pub(crate) fn count_panic() {
    if let Ok(context) = context::current() {
        context.counters().panics.add(1);
    }
}
