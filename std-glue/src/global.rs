//! The process's one reactor.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crochet_reactor::glue::{Generation, Latest, PerProcess, leave_pool, watch};
use crochet_reactor::testing::Clock;
use crochet_reactor::{Builder, Reactor, Remote, is_reactor_thread};

use crate::error::{SetupError, StopError, WaitError};
use crate::exit;
use crate::hosted::{Hosted, Made, Run};
use crate::own::{self, Submitter};

#[cfg(all(unix, feature = "signals"))]
pub(crate) mod at_sigterm;

/// What was decided by `setup` or `no_setup`.
struct Installed {
    remote: Remote,
    // `None` after `no_setup`: the application runs the reactor and ends it.
    hosted: Option<Hosted>,
}

/// One process's reactor. A forked child has a place of its own, and none of its parent's locks.
struct Place {
    installed: Latest<Installed>,
    // Held while a reactor is being installed, so that there is never a second one to throw away.
    installing: Mutex<()>,
}

static PLACE: PerProcess<Place> = PerProcess::new(Place::new());
static RESTART_IN_CHILDREN: AtomicBool = AtomicBool::new(false);

/// What a forked child does about the reactor, which is its parent's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum OnFork {
    /// Calls fail as [`WaitError::Forked`] until the child calls [`setup`] itself.
    #[default]
    Refuse,
    /// The child's first call starts a reactor of the child's own, as [`setup`] does.
    Restart,
}

/// Decides what children that are forked from now on do about the reactor.
///
/// A child has only the thread that forked, so its parent's reactor does not run there. Results of
/// the parent's operations are refused as [`Forked`](WaitError::Forked) in any case, unless they
/// had ended before the fork.
///
/// No lock of this library's is left held in a child. A lock of the program's own may be, such as
/// its logger's, so nothing is logged there unless something fails. A process that is forked by
/// other means than the C library's `fork`, as by a bare `clone`, is not noticed.
///
/// A process with threads of its own that forks before it has made a reactor calls this before, so that
/// the child knows what it is.
pub fn on_fork(policy: OnFork) {
    watch();
    RESTART_IN_CHILDREN.store(policy == OnFork::Restart, Ordering::Relaxed);
}

/// Starts the reactor in a thread that the library manages, and makes the process stop it at exit.
///
/// Any thread and any number of libraries may call it: the first call starts the reactor, the
/// others do nothing. After [`no_setup`] it does nothing either. After [`stop`] it starts another
/// reactor; results of the one before stay as they are.
///
/// The reactor puts a hook in front of the process's panic hook, which notes where a contained
/// panic happened and then calls the hook before.
///
/// # Errors
///
/// [`SetupError`] when the system refuses the thread or the file descriptors; another call may
/// succeed.
pub fn setup() -> Result<(), SetupError> {
    let place = Place::here();
    if own::has_one() || place.is_settled() {
        return Ok(());
    }
    match setup_with(&Builder::default()) {
        Ok(()) | Err(SetupError::AlreadySetUp) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Starts the reactor as [`setup`], with these settings.
///
/// # Errors
///
/// [`SetupError::AlreadySetUp`] when there is a reactor already: it has the settings it has.
/// Otherwise as [`setup`].
pub fn setup_with(settings: &Builder) -> Result<(), SetupError> {
    // Before the lock is taken: a child that does not know of its fork would wait for it.
    watch();
    let place = Place::here();
    let _guard = lock(&place.installing);
    if place.is_settled() {
        return Err(SetupError::AlreadySetUp);
    }
    let settings = settings.clone();
    let make = move || settings.build().map(|reactor| (reactor, ()));
    place.install(make, Reactor::run)
}

/// Starts the process's reactor on virtual time.
pub(crate) fn setup_virtual() -> Result<Clock, SetupError> {
    watch();
    let place = Place::here();
    let _guard = lock(&place.installing);
    if place.is_settled() {
        return Err(SetupError::AlreadySetUp);
    }
    place.install(|| Ok(Builder::default().build_virtual()), Reactor::run)
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
    no_setup_with(&Builder::default())
}

/// Makes the process's reactor as [`no_setup`], with these settings.
///
/// # Errors
///
/// As [`no_setup`].
pub fn no_setup_with(settings: &Builder) -> Result<Reactor, SetupError> {
    watch();
    let place = Place::here();
    let _guard = lock(&place.installing);
    if place.installed.get().is_some() {
        return Err(SetupError::AlreadySetUp);
    }
    let reactor = settings.build().map_err(SetupError::Reactor)?;
    place.installed.set(Installed {
        remote: reactor.remote(),
        hosted: None,
    });
    Ok(reactor)
}

/// Stops the process's reactor, and waits until it has stopped, at most for `timeout`.
///
/// From then on every call fails as stopped; whoever waits for an operation is told at once. After
/// the reactor of [`setup`] has stopped, `setup` may be called again. The reactor of [`no_setup`]
/// is asked to stop, and its end is its application's to see: this does not wait for it.
///
/// # Errors
///
/// [`StopError`]; the reactor has been asked to stop all the same, if there is one. After
/// [`StopError::Timeout`] it is still ending: until it has ended, [`setup`] does nothing and calls
/// fail as stopped. When it has ended, and only the destructors of its thread's locals still run, `setup`
/// starts another reactor, and a further call of this waits for the thread as long as there is none.
pub fn stop(timeout: Duration) -> Result<(), StopError> {
    let installed = Place::here().installed.get().ok_or(StopError::NotSetUp)?;
    installed.remote.stop();
    installed.join(timeout)
}

/// Stops the process's reactor because the process ends; does not wait for what its thread does
/// after that.
pub(crate) fn stop_to_exit(timeout: Duration) -> Result<(), StopError> {
    let installed = Place::here().installed.get().ok_or(StopError::NotSetUp)?;
    installed.remote.stop();
    leave_pool(&installed.remote);
    match &installed.hosted {
        Some(hosted) => hosted.wait_for_end(timeout),
        None => Ok(()),
    }
}

/// Stops the process's reactor when the operations that it has have ended, or when `timeout` has
/// passed; then waits until it has stopped, as [`stop`].
///
/// New calls fail as stopped from the start.
///
/// # Errors
///
/// [`StopError`]. [`StopError::Timeout`] means that operations had to be dropped, or that the
/// reactor's thread has not even ended since.
pub fn drain(timeout: Duration) -> Result<(), StopError> {
    let installed = Place::here().installed.get().ok_or(StopError::NotSetUp)?;
    let begun = Instant::now();
    installed.remote.drain();
    let drained = installed.join(timeout);
    if drained == Err(StopError::Timeout) {
        installed.remote.stop();
        installed.join(GRACE.max(timeout.saturating_sub(begun.elapsed())))?;
    }
    drained
}

/// How long a reactor that was asked to drain, and did not in time, may take to stop.
const GRACE: Duration = Duration::from_millis(100);

/// Returns the handle on the process's reactor.
///
/// # Errors
///
/// [`WaitError::NotSetUp`] before [`setup`] and [`no_setup`]; [`WaitError::Forked`] in a forked
/// child.
pub fn remote() -> Result<Remote, WaitError> {
    submitter().map(|submitter| submitter.clone())
}

/// Returns the reactor that a call of this thread goes to.
pub(crate) fn submitter() -> Result<Submitter, WaitError> {
    if own::has_one() {
        if let Some(remote) = own::remote() {
            return Ok(Submitter::Own(remote));
        }
    }
    of_process().map(Submitter::Process)
}

pub(crate) fn of_process() -> Result<&'static Remote, WaitError> {
    match Place::here().installed.get() {
        Some(installed) => Ok(&installed.remote),
        None if Generation::current().is_first() => Err(WaitError::NotSetUp),
        None => submitter_of_child(),
    }
}

#[cold]
fn submitter_of_child() -> Result<&'static Remote, WaitError> {
    if !RESTART_IN_CHILDREN.load(Ordering::Relaxed) {
        return Err(WaitError::Forked);
    }
    if let Err(error) = setup() {
        log::error!(target: "crochet", "a forked child has no reactor: {error}");
    }
    let installed = Place::here().installed.get();
    installed
        .map(|installed| &installed.remote)
        .ok_or(WaitError::Forked)
}

impl Place {
    const fn new() -> Self {
        Self {
            installed: Latest::new(),
            installing: Mutex::new(()),
        }
    }

    fn here() -> &'static Self {
        PLACE.get(Self::new)
    }

    /// Starts a reactor that the process ends at its exit. The caller holds `installing`.
    fn install<X: Send + 'static>(
        &self,
        make: impl FnOnce() -> Made<X> + Send + 'static,
        run: Run,
    ) -> Result<X, SetupError> {
        let (hosted, remote, beside) = Hosted::start(make, run)?;
        let hosted = Some(hosted);
        self.installed.set(Installed { remote, hosted });
        exit::stop_at_exit();
        Ok(beside)
    }

    /// Tells whether there is a reactor that has not ended.
    fn is_settled(&self) -> bool {
        self.installed
            .get()
            .is_some_and(|installed| !installed.has_ended())
    }
}

impl Installed {
    fn has_ended(&self) -> bool {
        self.hosted.as_ref().is_some_and(Hosted::has_ended)
    }

    fn join(&self, timeout: Duration) -> Result<(), StopError> {
        if is_reactor_thread() {
            return Err(StopError::OnReactorThread);
        }
        // The reactor's end does not wait for a thread of its pool that waits for that end.
        leave_pool(&self.remote);
        match &self.hosted {
            Some(hosted) => hosted.join(timeout),
            None => Ok(()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it holds one of these locks, and their data is never half-changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
