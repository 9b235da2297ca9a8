//! Answering Ctrl-C and requests to end, for programs that block in calls into the reactor.
//!
//! Nothing here happens by itself: without [`handle`] the library touches no signal, and `SIGINT`
//! and `SIGTERM` do what they do in any program. It needs the cargo feature `signals`, and Unix.
//!
//! While the guard that [`handle`] returns lives:
//!
//! | signal | the first | any further |
//! | --- | --- | --- |
//! | `SIGINT` | interrupts every wait of the process, on all threads, as [`interrupt_waits`] does | ends the process |
//! | `SIGTERM` | [drains](crate::drain) the process's reactor, then ends the process | ends the process |
//!
//! - **An interrupted wait** returns [`WaitError::Interrupted`](crate::WaitError::Interrupted) or
//!   [`EventualError::Interrupted`](crate::EventualError::Interrupted), well within five
//!   milliseconds on a machine that has time. A function of [`wait_for`](fn@crate::wait_for)
//!   cancels its operation then; one that borrows returns when the loop has dropped the operation. A
//!   wait that begins after the signal is not interrupted by it, so a program that computes between
//!   its calls asks [`SignalGuard::is_interrupted`].
//! - **Ending the process** is the signal's default action, taken at once in the signal handler: the
//!   exit status says that the signal did it. A `SIGINT` while `SIGTERM` is being answered does that
//!   too.
//! - **Handlers of the application** that were there before run first, each time.
//! - **A signal that is ignored** when it would first be handled, as `SIGINT` is in a job that a
//!   shell has put into the background, stays ignored.
//! - **A forked child** has no thread that answers signals, so it has the behaviour of after the
//!   guard, until it calls [`handle`] itself.
//!
//! # After the guard
//!
//! A handler of the system's can be taken back safely only if nobody put another one on top, which
//! cannot be known. So what was put there stays, and does what was done before: the default action
//! if that was in force, and nothing besides calling the application's handler if there was one. One
//! thing is different: a library that begins to handle the signal by the crate `signal-hook` later
//! than this one did, where the default action was in force before, gets the signal only while a
//! guard lives; after that the default action ends the process.
//!
//! # Examples
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use crochet::{WaitError, signals, wait_for};
//!
//! crochet::setup()?;
//! let signals = signals::handle()?;
//! match wait_for(Duration::from_secs(3600), || crochet::sleep(Duration::from_secs(1800))) {
//!     Err(WaitError::Interrupted) => println!("good-bye"),
//!     rested => rested?,
//! }
//! drop(signals);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::io;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use crochet_reactor::glue::{Generation, PerProcess, ServiceThread, contain, watch};
use crochet_reactor::{interrupt_waits, is_reactor_thread};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::emulate_default_handler;

use crate::error::StopError;
use crate::global::at_sigterm::{Drained, drain_until_ended};

mod action;

use action::Answered;

/// How long `SIGTERM` lets operations end, unless it is [told](Settings::drain_limit) otherwise.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);

/// How signals are to be handled.
///
/// ```
/// use std::time::Duration;
///
/// use crochet::signals::{AfterDrain, Settings};
///
/// let signals = Settings::default()
///     .drain_limit(Duration::from_secs(2))
///     .after_drain(AfterDrain::Return)
///     .handle()?;
/// # drop(signals);
/// # Ok::<(), crochet::signals::HandleError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Settings {
    drain_limit: Duration,
    after_drain: AfterDrain,
}

/// What happens when `SIGTERM` has been answered by draining the reactor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum AfterDrain {
    /// The process ends by the signal, as it would without a handler: no destructor and no exit
    /// hook runs. The process's logger is [flushed](log::Log::flush) before.
    ///
    /// The reactor of [`no_setup`](crate::no_setup) is the application's to end: with it this is
    /// the same as [`Return`](Self::Return).
    #[default]
    Terminate,
    /// The program goes on. Calls fail as stopped, from which it learns that it is to return.
    Return,
}

/// Handles signals until it is dropped.
///
/// Dropping it while `SIGTERM` is being answered waits for that, as long as the limit of the drain
/// allows: a `main` that returns because its calls fail does not cut the drain short. On the
/// reactor's own thread it does not wait.
#[derive(Debug)]
#[must_use = "signals are handled until this is dropped"]
pub struct SignalGuard {
    generation: Generation,
    // `None` when every signal is ignored.
    watcher: Option<Watcher>,
}

struct Watcher {
    handle: Handle,
    thread: ServiceThread,
}

/// Why signals are not handled.
#[derive(Debug)]
#[non_exhaustive]
pub enum HandleError {
    /// Another [`SignalGuard`] lives.
    AlreadyHandled,
    /// The system refused the handlers, or the file descriptors that they need.
    Handler(io::Error),
    /// The system refused the thread that answers signals.
    Thread(io::Error),
}

/// Handles `SIGINT` and `SIGTERM` until the guard is dropped, with the default settings: `SIGTERM`
/// lets operations end for ten seconds, and then ends the process.
///
/// # Errors
///
/// [`HandleError`].
pub fn handle() -> Result<SignalGuard, HandleError> {
    Settings::default().handle()
}

impl Settings {
    /// Limits how long `SIGTERM` waits for operations to end before they are dropped.
    #[must_use]
    pub fn drain_limit(mut self, limit: Duration) -> Self {
        self.drain_limit = limit;
        self
    }

    /// Decides what happens when the reactor has been drained.
    #[must_use]
    pub fn after_drain(mut self, then: AfterDrain) -> Self {
        self.after_drain = then;
        self
    }

    /// Handles `SIGINT` and `SIGTERM` until the guard is dropped.
    ///
    /// # Errors
    ///
    /// [`HandleError`].
    pub fn handle(&self) -> Result<SignalGuard, HandleError> {
        // Before anything is begun that a forked child could find half-done.
        watch();
        let state = STATE.get(State::new);
        if state.claimed.swap(true, Ordering::AcqRel) {
            return Err(HandleError::AlreadyHandled);
        }
        let watcher = self.begin();
        state.interrupted.store(false, Ordering::SeqCst);
        state.terminating.store(false, Ordering::SeqCst);
        if watcher.is_ok() {
            state.guarded_in.store(process::id(), Ordering::SeqCst);
        } else {
            state.claimed.store(false, Ordering::Release);
        }
        Ok(SignalGuard {
            generation: Generation::current(),
            watcher: watcher?,
        })
    }

    /// Has the signals reported to a thread that answers them.
    fn begin(&self) -> Result<Option<Watcher>, HandleError> {
        let mut handled = Vec::new();
        for signal in [SIGINT, SIGTERM] {
            // Before the iterator's own handler, which wakes the thread.
            if action::take_over(signal).map_err(HandleError::Handler)? == Answered::Here {
                handled.push(signal);
            }
        }
        if handled.is_empty() {
            return Ok(None);
        }
        let mut signals = Signals::new(&handled).map_err(HandleError::Handler)?;
        let handle = signals.handle();
        let settings = self.clone();
        let thread = ServiceThread::start("crochet-signals", move || {
            for signal in signals.forever() {
                settings.answer(signal);
            }
            // What came before the guard went is answered as well.
            for signal in signals.pending() {
                settings.answer(signal);
            }
        })
        .map_err(HandleError::Thread)?;
        Ok(Some(Watcher { handle, thread }))
    }

    fn answer(&self, signal: i32) {
        match signal {
            SIGINT => interrupt_waits(),
            _ => self.terminate(),
        }
    }

    fn terminate(&self) {
        let drained = drain_until_ended(self.drain_limit);
        // The process ends whatever its logger does about it.
        contain("the logger", || match &drained {
            Ok(_) | Err(StopError::NotSetUp) => {}
            Err(StopError::Timeout) => log::warn!(
                target: "crochet",
                "at SIGTERM: not all operations, or not the reactor's thread, ended within {:?}",
                self.drain_limit,
            ),
            Err(error) => log::warn!(target: "crochet", "at SIGTERM: {error}"),
        });
        if self.after_drain == AfterDrain::Return || drained == Ok(Drained::ByItsOwner) {
            return;
        }
        contain("the logger", || log::logger().flush());
        if let Err(error) = emulate_default_handler(SIGTERM) {
            contain("the logger", || {
                log::error!(target: "crochet", "at SIGTERM: the process does not end: {error}");
            });
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            drain_limit: DRAIN_LIMIT,
            after_drain: AfterDrain::default(),
        }
    }
}

impl SignalGuard {
    /// Tells whether `SIGINT` has come since the guard was made or [rearmed](Self::rearm).
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.state()
            .is_some_and(|state| state.interrupted.load(Ordering::SeqCst))
    }

    /// Makes the next `SIGINT` a first one again, as a program does that asks its user what to do
    /// next; tells whether there had been one.
    pub fn rearm(&self) -> bool {
        self.state()
            .is_some_and(|state| state.interrupted.swap(false, Ordering::SeqCst))
    }

    /// Returns the state that this guard stands for; a forked child's is another one.
    fn state(&self) -> Option<&'static State> {
        STATE.get_made().filter(|_| !self.generation.is_past())
    }
}

impl Drop for SignalGuard {
    fn drop(&mut self) {
        let watcher = self.watcher.take();
        let Some(state) = self.state() else {
            // A forked child's copy: the thread is the parent's, and so is what it reads from.
            std::mem::forget(watcher);
            return;
        };
        state.guarded_in.store(NOWHERE, Ordering::SeqCst);
        if let Some(Watcher { handle, thread }) = watcher {
            handle.close();
            if is_reactor_thread() {
                drop(thread);
            } else if let Err(failure) = thread.join() {
                contain("the logger", || {
                    log::error!(target: "crochet", "the thread that answers signals {failure}");
                });
            }
        }
        state.claimed.store(false, Ordering::Release);
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher").finish_non_exhaustive()
    }
}

impl fmt::Display for HandleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyHandled => f.write_str("signals are handled already: keep that guard"),
            Self::Handler(error) => write!(f, "cannot handle signals: {error}"),
            Self::Thread(error) => {
                write!(f, "cannot start the thread that answers signals: {error}")
            }
        }
    }
}

impl std::error::Error for HandleError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::AlreadyHandled => None,
            Self::Handler(error) | Self::Thread(error) => Some(error),
        }
    }
}

/// What the signal handler knows and notes, in one process.
///
/// | flag | set when | cleared when |
/// | --- | --- | --- |
/// | `claimed` | a guard is being made | that fails, or the guard has gone |
/// | `guarded_in`, a process's id | a guard has been made | it is being dropped |
/// | `interrupted` | a `SIGINT` came to a guard | a guard is made, or rearmed |
/// | `terminating` | a `SIGTERM` came to a guard | a guard is made |
struct State {
    claimed: AtomicBool,
    // Not only the generation tells processes apart: a signal may reach a child that has just been
    // forked and does not know it yet.
    guarded_in: AtomicU32,
    interrupted: AtomicBool,
    terminating: AtomicBool,
}

static STATE: PerProcess<State> = PerProcess::new(State::new());

/// The id of no process that handles signals here.
const NOWHERE: u32 = 0;

/// What the signal handler is to do about a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Decision {
    /// Leave it to the thread.
    Report,
    /// End the process.
    End,
    /// What would be done without this library.
    AsBefore,
}

impl State {
    const fn new() -> Self {
        Self {
            claimed: AtomicBool::new(false),
            guarded_in: AtomicU32::new(NOWHERE),
            interrupted: AtomicBool::new(false),
            terminating: AtomicBool::new(false),
        }
    }

    fn decide(&self, signal: i32) -> Decision {
        let is_further = match signal {
            _ if self.guarded_in.load(Ordering::SeqCst) != process::id() => {
                return Decision::AsBefore;
            }
            SIGINT => {
                self.interrupted.swap(true, Ordering::SeqCst)
                    || self.terminating.load(Ordering::SeqCst)
            }
            _ => self.terminating.swap(true, Ordering::SeqCst),
        };
        if is_further {
            Decision::End
        } else {
            Decision::Report
        }
    }
}

/// Decides about a signal, in the signal handler: it reads and sets atomics, asks for the process's
/// id, and does nothing else.
fn decide(signal: i32) -> Decision {
    STATE
        .get_made()
        .map_or(Decision::AsBefore, |state| state.decide(signal))
}
