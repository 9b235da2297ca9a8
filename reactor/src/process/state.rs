//! What is known of a child: shared by its handle, its output, and the task that keeps it.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::ExitStatus;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll};

use rustix::process::Pid;

use super::error::{ExitError, SignalError};
use super::send;
use super::watch::Watch;
use crate::caught;
use crate::fork::Generation;
use crate::registry::{Ticket, Waiters};

/// How a child ended, as far as that is known.
pub(super) type End = Result<ExitStatus, ExitError>;

#[derive(Debug)]
pub(super) struct State {
    child: Pid,
    group: Group,
    /// Set once: when the child has been reaped, or given up.
    end: Cell<Option<End>>,
    /// There until the end is known, and longer where the child's group is named by it.
    watch: RefCell<Option<Rc<Watch>>>,
    fate: Cell<Fate>,
    /// How many of its output pipes may still give something.
    outputs: Cell<usize>,
    waiters: Waiters,
    // A forked child must neither signal nor reap what is its parent's.
    process: Generation,
}

/// Whose process group a child belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Group {
    /// The one that its parent belongs to.
    Parents,
    /// One of its own.
    Own,
}

/// What becomes of a child whose handle is dropped, or whose reactor stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    Killed,
    LeftAlone,
}

/// One output pipe that may still give something.
#[derive(Debug)]
pub(super) struct OpenOutput(Rc<State>);

const KILL: i32 = libc::SIGKILL;

impl State {
    /// Describes a child, which is watched unless it has gone already.
    pub(super) fn new(child: Pid, group: Group, watch: Option<Watch>) -> Self {
        let end = match watch {
            Some(_) => None,
            None => Some(Err(ExitError::Reaped)),
        };
        Self {
            child,
            group,
            end: Cell::new(end),
            watch: RefCell::new(watch.map(Rc::new)),
            fate: Cell::new(Fate::Killed),
            outputs: Cell::new(0),
            waiters: Waiters::new(),
            process: Generation::current(),
        }
    }

    pub(super) fn child(&self) -> Pid {
        self.child
    }

    pub(super) fn watch(&self) -> Option<Rc<Watch>> {
        self.watch.borrow().clone()
    }

    pub(super) fn is_forked(&self) -> bool {
        self.process.is_past()
    }

    pub(super) fn fate(&self) -> Fate {
        self.fate.get()
    }

    pub(super) fn set_fate(&self, fate: Fate) {
        self.fate.set(fate);
    }

    /// Returns how the child ended; reaps it if it has and nobody has looked.
    pub(super) fn look(&self) -> Option<End> {
        if self.end.get().is_some() || self.is_forked() {
            return self.end.get();
        }
        let end = match self.watch()?.reap() {
            Ok(None) => return None,
            Ok(Some(status)) => Ok(status),
            Err(error) => Err(match error.raw_os_error() {
                Some(libc::ECHILD) => ExitError::Reaped,
                _ => ExitError::System(error.kind()),
            }),
        };
        self.finish(end);
        Some(end)
    }

    /// Notes how the child ended, and wakes whoever waits for that.
    pub(super) fn finish(&self, end: End) {
        self.end.set(Some(end));
        if self.group == Group::Parents || end == Err(ExitError::Stopped) {
            let watch = self.watch.take();
            drop(watch);
        }
        self.waiters.wake_all();
    }

    /// Returns how the child ended, when its output has ended as well.
    pub(super) fn all_ended(&self) -> Option<End> {
        self.end.get().filter(|end| {
            let is_given_up = *end == Err(ExitError::Stopped);
            is_given_up || self.outputs.get() == 0
        })
    }

    /// Takes note of an output pipe.
    pub(super) fn open_output(self: &Rc<Self>) -> OpenOutput {
        self.outputs.set(self.outputs.get() + 1);
        OpenOutput(Rc::clone(self))
    }

    /// Waits until `look` finds something.
    pub(super) fn until<T, L>(&self, look: L) -> Until<'_, L>
    where
        L: Fn(&Self) -> Option<T> + Unpin,
    {
        Until {
            state: self,
            look,
            ticket: None,
        }
    }

    /// Sends a signal to the child alone.
    pub(super) fn signal(&self, signal: i32) -> Result<(), SignalError> {
        self.check_owner()?;
        match (self.look(), self.watch()) {
            (None, Some(watch)) => watch.signal(signal).map_err(refused),
            _ => Err(SignalError::Exited),
        }
    }

    /// Sends a signal to all of the child's group, also when the child itself has ended.
    pub(super) fn signal_group(&self, signal: i32) -> Result<(), SignalError> {
        self.check_owner()?;
        if self.group == Group::Parents {
            return Err(SignalError::NoGroup);
        }
        match (self.look(), self.watch()) {
            (None, _) => send::to_group(self.child, signal).map_err(refused),
            (Some(_), Some(watch)) => match watch.signal_left_group(signal) {
                Ok(()) => Ok(()),
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    Err(refused(error))
                }
                // Nobody is left, or the system cannot name the group any more.
                Err(_) => Err(SignalError::Exited),
            },
            (Some(_), None) => Err(SignalError::Exited),
        }
    }

    /// Kills the child, with its group if it was given one: the child also when it has left that.
    /// Returns what came of the child.
    pub(super) fn kill(&self) -> Result<(), SignalError> {
        if self.group == Group::Own {
            log_unless_gone("a child's group", self.signal_group(KILL));
        }
        self.signal(KILL)
    }

    /// Kills the child as [`kill`](Self::kill), and logs what prevents that.
    pub(super) fn kill_or_log(&self) {
        log_unless_gone("a child", self.kill());
    }

    fn check_owner(&self) -> Result<(), SignalError> {
        if self.is_forked() {
            return Err(SignalError::Forked);
        }
        Ok(())
    }
}

/// Logs that what was to be killed was not, unless it need not be, or is another process's to kill.
fn log_unless_gone(what: &str, killed: Result<(), SignalError>) {
    match killed {
        Ok(()) | Err(SignalError::Exited | SignalError::Forked) => {}
        Err(error) => caught::contain("the logger", || {
            log::warn!(target: "crochet::reactor", "{what} could not be killed: {error}");
        }),
    }
}

fn refused(error: io::Error) -> SignalError {
    match error.raw_os_error() {
        // Other code has reaped it.
        Some(libc::ESRCH) => SignalError::Exited,
        _ => SignalError::System(error.kind()),
    }
}

impl Drop for OpenOutput {
    fn drop(&mut self) {
        let Self(state) = self;
        state.outputs.set(state.outputs.get() - 1);
        state.waiters.wake_all();
    }
}

/// The future of [`State::until`].
#[derive(Debug)]
pub(super) struct Until<'a, L> {
    state: &'a State,
    look: L,
    ticket: Option<Ticket>,
}

impl<T, L> Future for Until<'_, L>
where
    L: Fn(&State) -> Option<T> + Unpin,
{
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<T> {
        let this = &mut *self;
        match (this.look)(this.state) {
            Some(found) => Poll::Ready(found),
            None => {
                this.state.waiters.wait_at(&mut this.ticket, cx);
                Poll::Pending
            }
        }
    }
}

impl<L> Drop for Until<'_, L> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.state.waiters.forget(ticket);
        }
    }
}
