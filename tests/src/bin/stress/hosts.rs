//! Threads that make a reactor, run it for a while, and make another.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crochet::{Budget, Reactor, Remote, RunError};

use crate::board::Post;
use crate::era::{Era, Queue, Since};
use crate::over;
use crate::random::Random;
use crate::tally::Tally;

/// The handle on such a reactor.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    remote: Remote,
    era: Era,
    timers: Timers,
}

/// What a reactor has timers for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Timers {
    Used,
    /// A wake-up that is lost is not made up for by the next timer.
    None,
}

/// How many such threads there are. The last one's reactors have no timers.
pub(crate) const HOSTS: usize = 3;

static REACTORS: Mutex<[Option<Own>; HOSTS]> = Mutex::new([const { None }; HOSTS]);

fn reactors() -> MutexGuard<'static, [Option<Own>; HOSTS]> {
    REACTORS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Picks a reactor; it may have stopped.
pub(crate) fn look(random: &mut Random) -> Option<Own> {
    reactors()[random.below(HOSTS)].clone()
}

/// Stops all reactors, when the time is over.
pub(crate) fn stop_all() {
    for own in reactors().iter().flatten() {
        own.stop();
    }
}

impl Own {
    pub(crate) fn timers(&self) -> Timers {
        self.timers
    }

    pub(crate) fn remote(&self) -> &Remote {
        &self.remote
    }

    pub(crate) fn now(&self) -> Since {
        self.era.now()
    }

    pub(crate) fn stop(&self) {
        self.era.stop_begins();
        self.remote.stop();
    }

    pub(crate) fn drain(&self) {
        self.era.stop_begins();
        self.remote.drain();
    }
}

/// Makes and runs reactors until the time is over.
///
/// # Panics
///
/// When one does not do as it is told.
pub(crate) fn host(post: &Post, mut random: Random, index: usize) -> Tally {
    let mut tally = Tally::default();
    let timers = if index == HOSTS - 1 {
        Timers::None
    } else {
        Timers::Used
    };
    while !over::is_declared() {
        let (settings, queue) = match random.below(3) {
            0 => (Reactor::builder(), Queue::Unbounded),
            1 => (Reactor::builder().queue_limit(1), Queue::Bounded),
            _ => (Reactor::builder().queue_limit(4), Queue::Bounded),
        };
        let mut reactor = settings.build().expect("the system has room for a reactor");
        let own = Own {
            remote: reactor.remote(),
            era: Era::new(queue),
            timers,
        };
        let before = reactors()[index].replace(own.clone());
        drop(before);
        match timers {
            Timers::Used => run_a_while(&mut reactor, &own, post, &mut random, &mut tally),
            // Asked again, because those that stop all reactors at the end may have been too early for this one.
            Timers::None if over::is_declared() => {}
            Timers::None => {
                reactor.run().expect("it runs until it is stopped");
                tally.count("own: reactor", "run without timers");
            }
        }
        own.era.stop_begins();
        post.blocking("a reactor's end", Duration::ZERO, || drop(reactor));
        assert!(own.remote.is_stopped());
    }
    let last = reactors()[index].take();
    drop(last);
    tally
}

/// Runs a reactor once or twice, for a short time, in one of the ways that there are.
fn run_a_while(
    reactor: &mut Reactor,
    own: &Own,
    post: &Post,
    random: &mut Random,
    tally: &mut Tally,
) {
    for _ in 0..=random.below(2) {
        let time = random.micros(1..60_000);
        let how = match random.below(3) {
            0 => post.blocking("a run", time, || run(reactor, own, time)),
            1 => post.blocking("a block_on", time, || block_on(reactor, own, time)),
            _ => post.blocking("turns", time, || turn(reactor, random.below(400))),
        };
        tally.count("own: reactor", how);
    }
}

fn run(reactor: &mut Reactor, own: &Own, time: Duration) -> &'static str {
    let theirs = own.clone();
    drop(reactor.spawn(async move {
        crochet::sleep(time).await;
        theirs.stop();
    }));
    reactor.run().expect("it runs until it is stopped");
    "run"
}

fn block_on(reactor: &mut Reactor, own: &Own, time: Duration) -> &'static str {
    let era = own.era.clone();
    let ran = reactor.block_on(async move {
        crochet::sleep(time).await;
        // Its end stops the reactor.
        era.stop_begins();
    });
    match ran {
        Ok(()) => "block_on",
        Err(RunError::Ended(_)) => "block_on, stopped",
        Err(error) => panic!("a reactor came to {error:?}"),
    }
}

fn turn(reactor: &mut Reactor, turns: usize) -> &'static str {
    for _ in 0..turns {
        match reactor.turn(Budget::default()) {
            Ok(_) => thread::yield_now(),
            Err(RunError::Stopped) => return "turns, stopped",
            Err(error) => panic!("a turn came to {error:?}"),
        }
    }
    "turns"
}
