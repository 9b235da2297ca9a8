//! The process's one reactor.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crochet_reactor::{Reactor, Remote, is_reactor_thread};

use crate::error::{SetupError, StopError, WaitError};
use crate::exit;

/// What was decided, once, by `setup` or `no_setup`.
struct Installed {
    remote: Remote,
    // `None` after `no_setup`: the application runs the reactor and ends it.
    hosted: Option<Hosted>,
}

/// A reactor in a thread of its own.
struct Hosted {
    ended: Arc<Ended>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Whether the reactor's thread has come to its end.
#[derive(Default)]
struct Ended {
    flag: Mutex<bool>,
    changed: Condvar,
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();
// Held while a reactor is being installed, so that there is never a second one to throw away.
static INSTALLING: Mutex<()> = Mutex::new(());

/// Starts the reactor in a thread that the library manages, and makes the process stop it at exit.
///
/// Any thread and any number of libraries may call it: the first call starts the reactor, the
/// others do nothing. After [`no_setup`] it does nothing either.
///
/// The reactor puts a hook in front of the process's panic hook, which notes where a contained
/// panic happened and then calls the hook before.
///
/// # Errors
///
/// [`SetupError`] when the system refuses the thread or the file descriptors; another call may
/// succeed.
pub fn setup() -> Result<(), SetupError> {
    if INSTALLED.get().is_some() {
        return Ok(());
    }
    let _guard = lock(&INSTALLING);
    if INSTALLED.get().is_some() {
        return Ok(());
    }
    let installed = host()?;
    if INSTALLED.set(installed).is_err() {
        unreachable!("installing is guarded by a lock");
    }
    exit::stop_at_exit();
    Ok(())
}

/// Makes the process's reactor for an application that runs it itself, by
/// [`Reactor::run`](crate::Reactor::run) or turn by turn.
///
/// Every later [`setup`] does nothing, so libraries that call it use this reactor. Call this before
/// any of them. The reactor belongs to the calling thread.
///
/// # Errors
///
/// [`SetupError::AlreadySetUp`] after `setup` or a second time; [`SetupError::Reactor`] when the
/// system refuses what the reactor needs.
pub fn no_setup() -> Result<Reactor, SetupError> {
    let _guard = lock(&INSTALLING);
    if INSTALLED.get().is_some() {
        return Err(SetupError::AlreadySetUp);
    }
    let reactor = Reactor::new().map_err(SetupError::Reactor)?;
    let installed = Installed {
        remote: reactor.remote(),
        hosted: None,
    };
    if INSTALLED.set(installed).is_err() {
        unreachable!("installing is guarded by a lock");
    }
    Ok(reactor)
}

/// Stops the process's reactor, and waits until it has stopped, at most for `timeout`.
///
/// From then on every call fails as stopped; whoever waits for an operation is told. The reactor of
/// [`setup`] is stopped for good. The reactor of [`no_setup`] is asked to stop, and its end is its
/// application's to see: this does not wait for it.
///
/// # Errors
///
/// [`StopError`]; the reactor has been asked to stop all the same, if there is one.
pub fn stop(timeout: Duration) -> Result<(), StopError> {
    let installed = INSTALLED.get().ok_or(StopError::NotSetUp)?;
    installed.remote.stop();
    if is_reactor_thread() {
        return Err(StopError::OnReactorThread);
    }
    match &installed.hosted {
        Some(hosted) => hosted.join(timeout),
        None => Ok(()),
    }
}

/// Returns the handle on the process's reactor.
///
/// # Errors
///
/// [`WaitError::NotSetUp`] before [`setup`] and [`no_setup`].
pub fn remote() -> Result<Remote, WaitError> {
    submitter().cloned()
}

pub(crate) fn submitter() -> Result<&'static Remote, WaitError> {
    match INSTALLED.get() {
        Some(installed) => Ok(&installed.remote),
        None => Err(WaitError::NotSetUp),
    }
}

fn host() -> Result<Installed, SetupError> {
    let ended = Arc::new(Ended::default());
    let (tell, told) = sync_channel(1);
    let theirs = Arc::clone(&ended);
    let thread = thread::Builder::new()
        .name(String::from("crochet-reactor"))
        .spawn(move || {
            let _ended = SetOnDrop(theirs);
            run(&tell);
        })
        .map_err(SetupError::Thread)?;
    let remote = match told.recv() {
        Ok(made) => made.map_err(SetupError::Reactor)?,
        Err(_) => {
            let error = std::io::Error::other("the reactor's thread ended before it began");
            return Err(SetupError::Thread(error));
        }
    };
    let thread = Mutex::new(Some(thread));
    Ok(Installed {
        remote,
        hosted: Some(Hosted { ended, thread }),
    })
}

/// Makes and runs a reactor on the calling thread.
fn run(tell: &SyncSender<std::io::Result<Remote>>) {
    let (mut reactor, made) = match Reactor::new() {
        Ok(reactor) => {
            let remote = reactor.remote();
            (Some(reactor), Ok(remote))
        }
        Err(error) => (None, Err(error)),
    };
    if tell.send(made).is_err() {
        // Whoever wanted the reactor has gone.
        return;
    }
    if let Some(Err(error)) = reactor.as_mut().map(Reactor::run) {
        log::error!(target: "crochet::reactor", "the reactor stopped: {error}");
    }
}

impl Hosted {
    fn join(&self, timeout: Duration) -> Result<(), StopError> {
        let waited =
            self.ended
                .changed
                .wait_timeout_while(lock(&self.ended.flag), timeout, |ended| !*ended);
        let (ended, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if !*ended {
            return Err(StopError::Timeout);
        }
        drop(ended);
        // The thread has nothing left to do, so this takes no time to speak of.
        if let Some(thread) = lock(&self.thread).take() {
            if thread.join().is_err() {
                log::error!(target: "crochet::reactor", "the reactor's thread panicked");
            }
        }
        Ok(())
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
