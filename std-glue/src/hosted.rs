//! A reactor in a thread of its own.

use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crochet_reactor::glue::{ServiceThread, join_within};
use crochet_reactor::{Reactor, Remote, RunError, is_reactor_thread};

use crate::error::{SetupError, StopError};

/// The thread that a reactor runs in.
pub(crate) struct Hosted {
    ended: Arc<Ended>,
    thread: Mutex<Option<ServiceThread>>,
}

/// Whether the reactor's thread has come to its end.
#[derive(Default)]
struct Ended {
    flag: Mutex<bool>,
    changed: Condvar,
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
        let ended = Arc::new(Ended::default());
        let (tell, told) = sync_channel(1);
        let theirs = Arc::clone(&ended);
        let thread = ServiceThread::start("crochet-reactor", move || {
            let _ended = SetOnDrop(theirs);
            make_and_run(make, run, &tell);
        })
        .map_err(SetupError::Thread)?;
        let (remote, beside) = match told.recv() {
            Ok(made) => made.map_err(SetupError::Reactor)?,
            Err(_) => {
                let error = io::Error::other("the reactor's thread ended before it began");
                return Err(SetupError::Thread(error));
            }
        };
        let thread = Mutex::new(Some(thread));
        Ok((Self { ended, thread }, remote, beside))
    }

    pub(crate) fn has_ended(&self) -> bool {
        *lock(&self.ended.flag)
    }

    /// Waits until the thread has ended, at most for `timeout`.
    pub(crate) fn wait_for_end(&self, timeout: Duration) -> Result<(), StopError> {
        if is_reactor_thread() {
            return Err(StopError::OnReactorThread);
        }
        let waited =
            self.ended
                .changed
                .wait_timeout_while(lock(&self.ended.flag), timeout, |ended| !*ended);
        let (ended, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if !*ended {
            return Err(StopError::Timeout);
        }
        drop(ended);
        Ok(())
    }

    /// Waits until the reactor and its thread have ended, at most for `timeout`.
    ///
    /// The thread ends a little after the reactor: the destructors of its locals, which are an
    /// application's, may take any time, and may call this.
    pub(crate) fn join(&self, timeout: Duration) -> Result<(), StopError> {
        let begun = Instant::now();
        self.wait_for_end(timeout)?;
        // A statement of its own: the lock is not held while the thread is waited for.
        let thread = lock(&self.thread).take();
        match thread {
            None => Ok(()),
            Some(own) if own.is_current() => Ok(()),
            Some(thread) => {
                let joined = join_within(thread, timeout.saturating_sub(begun.elapsed()));
                if joined.ok_or(StopError::Timeout)?.is_err() {
                    log::error!(target: "crochet::reactor", "the reactor's thread panicked");
                }
                Ok(())
            }
        }
    }
}

/// Makes and runs a reactor on the calling thread.
fn make_and_run<X>(
    make: impl FnOnce() -> Made<X>,
    run: Run,
    tell: &SyncSender<io::Result<(Remote, X)>>,
) {
    let (mut reactor, made) = match make() {
        Ok((reactor, beside)) => {
            let remote = reactor.remote();
            (Some(reactor), Ok((remote, beside)))
        }
        Err(error) => (None, Err(error)),
    };
    if tell.send(made).is_err() {
        // Whoever wanted the reactor has gone.
        return;
    }
    if let Some(Err(error)) = reactor.as_mut().map(run) {
        log::error!(target: "crochet::reactor", "the reactor stopped: {error}");
    }
}

/// Says that the thread has ended when it does, also by a panic.
struct SetOnDrop(Arc<Ended>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        *lock(&self.0.flag) = true;
        self.0.changed.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it holds one of these locks, and their data is never half-changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
