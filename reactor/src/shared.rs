//! What the threads that submit work share with the loop besides its queues.

use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, PoisonError, RwLock};

use crochet_core::driver::Unpark;
use crochet_core::inbox::{Capacity, NoRoom, Released};
use crochet_core::scheduler::OnLoop;

use crate::backend::Waker;
use crate::blocked;
use crate::caught;
use crate::fork::Generation;
use crate::observe::{self, Counters, Recorders, Stats};
use crate::pool::{Pool, Settings};
use crate::primitive::{AtomicU8, Edge, Ordering};
use crate::thread::ThreadToken;
use crate::timeline::{Awaits, Timeline};
use crate::trigger::Triggers;
use crate::wait_strategy::Callers;

/// Wakes the loop, and holds the flags and counters that are shared with it.
#[derive(Debug)]
pub(crate) struct Shared {
    bell: Bell,
    owner: ThreadToken,
    stage: AtomicU8,
    generation: Generation,
    triggers: Triggers,
    pool: Pool,
    unparks: AtomicU64,
    counters: Counters,
    recorders: Option<Box<Recorders>>,
    room: Option<Room>,
    /// How threads wait for operations of this reactor.
    callers: Callers,
}

/// How far a reactor is on its way to its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub(crate) enum Stage {
    /// It takes operations.
    Open,
    /// It takes no more operations, and lets those that it has end.
    Draining,
    /// It is ending what it has; nobody waits for it any more.
    Stopping,
}

/// How a sleeping loop is woken.
#[derive(Debug)]
pub(crate) enum Bell {
    /// A system call makes the poller return. Taken away when the poller is closed: remotes may live
    /// on, its file descriptor must not.
    Poller(RwLock<Option<Box<dyn Waker>>>),
    /// The loop sleeps in virtual time, together with whoever waits for it.
    Virtual(Arc<Timeline>),
    /// The loop sleeps as loom's threads do.
    #[cfg(crochet_loom)]
    Model(Arc<crate::model::Signal>),
}

/// A bound on the operations that wait to begin.
#[derive(Debug)]
pub(crate) struct Room {
    capacity: Capacity,
}

impl Shared {
    /// Makes the shared part of a loop that belongs to the calling thread.
    pub(crate) fn new(bell: Bell, limit: Option<usize>, pool: Settings) -> Self {
        Self {
            bell,
            owner: ThreadToken::current(),
            stage: AtomicU8::new(Stage::Open as u8),
            generation: Generation::current(),
            triggers: Triggers::default(),
            pool: Pool::new(pool),
            unparks: AtomicU64::new(0),
            counters: Counters::default(),
            recorders: None,
            callers: Callers::default(),
            room: limit.map(|limit| Room {
                capacity: Capacity::new(limit),
            }),
        }
    }

    /// Moves on to `stage`; never back.
    ///
    /// Whoever blocks on an operation of this reactor looks at the stage after announcing itself,
    /// and is unparked here after it has changed: see [`blocked`].
    pub(crate) fn advance_to(&self, stage: Stage) {
        let stage = stage as u8;
        let order = Edge::StageSeen.order(Ordering::AcqRel);
        let before = self.stage.fetch_max(stage, order);
        if before < stage && stage >= Stage::Stopping as u8 {
            Edge::StageMarked.mark_before_look();
            blocked::unpark_all_for(self);
            if let Some(room) = &self.room {
                // Nobody takes operations over any more: those who wait for room need none.
                blocked::unpark_all_for(room);
            }
            if let Some(timeline) = self.timeline() {
                timeline.rouse_all(Awaits::End);
                timeline.rouse_all(Awaits::Room);
            }
        }
    }

    /// Returns to the first stage, for another run.
    pub(crate) fn start_over(&self) {
        // Operations that were refused on the way never arrive.
        self.release_room(usize::MAX);
        let order = Edge::StageSeen.order(Ordering::Release);
        self.stage.store(Stage::Open as u8, order);
    }

    /// Tells whether the reactor is at `stage` or beyond.
    #[inline]
    pub(crate) fn has_reached(&self, stage: Stage) -> bool {
        let order = Edge::StageSeen.order(Ordering::Acquire);
        self.stage.load(order) >= stage as u8
    }

    /// Returns the process that the reactor belongs to, and with it all its tasks.
    pub(crate) fn generation(&self) -> Generation {
        self.generation
    }

    /// Tells whether the reactor is one of a process that this one has forked off from.
    #[inline]
    pub(crate) fn is_forked(&self) -> bool {
        self.generation.is_past()
    }

    /// Returns the reactor's virtual time, if it has one.
    pub(crate) fn timeline(&self) -> Option<&Arc<Timeline>> {
        match &self.bell {
            Bell::Virtual(timeline) => Some(timeline),
            _ => None,
        }
    }

    pub(crate) fn triggers(&self) -> &Triggers {
        &self.triggers
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Closes the way to wake the loop, which has ended.
    pub(crate) fn silence(&self) {
        if let Bell::Poller(waker) = &self.bell {
            waker.write().unwrap_or_else(PoisonError::into_inner).take();
        }
    }

    /// Makes room for the times that are to be measured.
    pub(crate) fn recording(mut self, settings: &observe::Settings) -> Self {
        self.recorders = Recorders::for_settings(settings);
        self
    }

    /// Sets how threads wait for operations; they sleep at once if nothing else is said.
    pub(crate) fn awaited_by(mut self, callers: Callers) -> Self {
        self.callers = callers;
        self
    }

    /// Returns how threads wait for operations.
    pub(crate) fn callers(&self) -> &Callers {
        &self.callers
    }

    /// Returns the counters, which only the loop adds to.
    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Reads all counters.
    pub(crate) fn stats(&self) -> Stats {
        self.counters.read(self.unparks.load(Ordering::Relaxed))
    }

    /// Returns what times are recorded in, if any are.
    pub(crate) fn recorders(&self) -> Option<&Recorders> {
        self.recorders.as_deref()
    }

    /// Returns the bound on the waiting operations, if there is one.
    pub(crate) fn room(&self) -> Option<&Room> {
        self.room.as_ref()
    }

    /// Takes room for one operation. On a reactor that is stopping there always is: the operation
    /// is refused for that.
    pub(crate) fn take_room(&self) -> Result<(), NoRoom> {
        match &self.room {
            Some(room) if !self.has_reached(Stage::Draining) => room.capacity.take(),
            _ => Ok(()),
        }
    }

    /// Gives room back for `count` operations that the loop has taken over.
    pub(crate) fn release_room(&self, count: usize) {
        if let Some(room) = self.room.as_ref().filter(|_| count > 0) {
            if room.capacity.release(count) == Released::Awaited {
                match self.timeline() {
                    None => blocked::unpark_all_for(room),
                    Some(timeline) => timeline.rouse_all(Awaits::Room),
                }
            }
        }
    }
}

impl Room {
    /// Takes room for one operation, or has the thread that gives room back unpark all those that
    /// have announced that they wait for this.
    pub(crate) fn take_or_announce(&self) -> Result<(), NoRoom> {
        self.capacity.await_room()
    }
}

impl Bell {
    fn ring(&self) -> io::Result<()> {
        match self {
            Self::Virtual(timeline) => {
                timeline.ring();
                Ok(())
            }
            #[cfg(crochet_loom)]
            Self::Model(signal) => {
                signal.notify();
                Ok(())
            }
            Self::Poller(waker) => match &*waker.read().unwrap_or_else(PoisonError::into_inner) {
                Some(waker) => waker.wake(),
                None => Ok(()),
            },
        }
    }
}

impl Unpark for Shared {
    /// Rings the bell. Never unwinds: borrowing calls rely on that.
    fn unpark(&self) {
        if self.is_forked() {
            // It is the parent's loop that would wake up, and its threads that may hold the lock.
            return;
        }
        self.unparks.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = self.bell.ring() {
            // The poller's end is open as long as the waker is there; nothing is known to make
            // this fail. The loop looks at its inbox when it wakes up next. The logger is foreign.
            caught::contain("the logger", || {
                log::error!(target: "crochet::reactor", "waking the event loop failed: {error}");
            });
        }
    }
}

// SAFETY: the token names one thread for ever, and a `Reactor` is neither Send nor Sync, so the
// thread that made it is the only one that runs its loop.
unsafe impl OnLoop for Shared {
    #[inline]
    fn is_on_loop(&self) -> bool {
        ThreadToken::current() == self.owner
    }
}
