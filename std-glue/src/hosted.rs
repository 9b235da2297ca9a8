//! A reactor in a thread of its own.

use std::io;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crochet_reactor::glue::{Latch, Opener, ServiceThread, contain};
use crochet_reactor::{Reactor, Remote, RunError, is_reactor_thread};

use crate::error::{SetupError, StopError};

/// The thread that a reactor runs in.
pub(crate) struct Hosted {
    // Open when the reactor has ended, whatever its thread still has to do.
    ended: Arc<Latch>,
    thread: ServiceThread,
}

/// How a reactor is made on its thread, together with something for the caller.
pub(crate) type Made<X> = io::Result<(Reactor, X)>;

/// How a reactor is run when it has been made.
pub(crate) type Run = fn(&mut Reactor) -> Result<(), RunError>;

impl Hosted {
    /// Starts a thread that makes a reactor and runs it.
    pub(crate) fn start<X: Send + 'static>(
        make: impl FnOnce() -> Made<X> + Send + 'static,
        run: Run,
    ) -> Result<(Self, Remote, X), SetupError> {
        let (ended, opener) = Latch::closed();
        let (told, tell) = Latch::closed();
        let handover = Arc::new(Mutex::new(Handover::Awaited));
        let theirs = Arc::clone(&handover);
        let thread = ServiceThread::start("crochet-reactor", move || {
            let _ended = opener;
            make_and_run(make, run, &theirs, tell);
        })
        .map_err(SetupError::Thread)?;
        let is_told = told.wait_within(BEGINNING);
        let made = mem::replace(&mut *lock(&handover), Handover::GivenUp);
        let (remote, beside) = match made {
            Handover::Made(made) => made.map_err(SetupError::Reactor)?,
            Handover::Awaited if is_told => {
                let reason = "the reactor's thread ended before it began";
                return Err(SetupError::Thread(io::Error::other(reason)));
            }
            Handover::Awaited | Handover::GivenUp => {
                return Err(SetupError::Thread(io::ErrorKind::TimedOut.into()));
            }
        };
        Ok((Self { ended, thread }, remote, beside))
    }

    /// Tells whether the reactor has ended. Its thread may still be destroying its locals.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.is_open()
    }

    /// Waits until the reactor has ended, at most for `timeout`.
    pub(crate) fn wait_for_end(&self, timeout: Duration) -> Result<(), StopError> {
        if is_reactor_thread() {
            return Err(StopError::OnReactorThread);
        }
        if self.ended.wait_within(timeout) {
            Ok(())
        } else {
            Err(StopError::Timeout)
        }
    }

    /// Waits until the reactor and its thread have ended, at most for `timeout`. In a forked child, which
    /// has neither, there is nothing to wait for.
    ///
    /// The thread ends a little after the reactor: the destructors of its locals, which are an
    /// application's, may take any time, and may call this.
    pub(crate) fn join(&self, timeout: Duration) -> Result<(), StopError> {
        if self.ended.is_inherited() {
            return Ok(());
        }
        let begun = Instant::now();
        self.wait_for_end(timeout)?;
        if self.thread.is_current() {
            return Ok(());
        }
        let left = timeout.saturating_sub(begun.elapsed());
        let joined = self.thread.join_within(left).ok_or(StopError::Timeout)?;
        if let Err(failure) = joined {
            contain("the logger", || {
                log::error!(target: "crochet::reactor", "the reactor's thread {failure}");
            });
        }
        Ok(())
    }
}

/// How long a thread may take to begin and to make its reactor. It does in well under a millisecond, or, in a
/// child of a program with threads that does not know of the fork, may never.
const BEGINNING: Duration = Duration::from_secs(30);

/// What a reactor's thread has for whoever started it. What is made has an owner, or is told that there is none.
///
/// Not a channel of the standard library: its three kinds would be a third of the code of this crate.
enum Handover<X> {
    Awaited,
    Made(io::Result<(Remote, X)>),
    GivenUp,
}

/// Makes and runs a reactor on the calling thread. Drops `tell` when it is made, or cannot be.
fn make_and_run<X>(
    make: impl FnOnce() -> Made<X>,
    run: Run,
    handover: &Mutex<Handover<X>>,
    tell: Opener,
) {
    let (mut reactor, made) = match make() {
        Ok((reactor, beside)) => {
            let remote = reactor.remote();
            (Some(reactor), Ok((remote, beside)))
        }
        Err(error) => (None, Err(error)),
    };
    let before = mem::replace(&mut *lock(handover), Handover::Made(made));
    if let Handover::GivenUp = before {
        // Whoever wanted the reactor has gone.
        return;
    }
    drop(tell);
    match reactor.as_mut().map(run) {
        // A child that an operation forked has come back into the loop. The program's logger may be locked
        // there for ever, and nothing has failed.
        None | Some(Ok(()) | Err(RunError::Forked)) => {}
        Some(Err(error)) => contain("the logger", || {
            log::error!(target: "crochet::reactor", "the reactor stopped: {error}");
        }),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it holds this lock.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
