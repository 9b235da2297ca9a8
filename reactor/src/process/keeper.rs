//! Reaping children, whatever becomes of their handles and of their reactor.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::Pid;

use super::error::ExitError;
use super::send;
use super::state::{End, Fate, Group, State};
use super::watch::Name;
use crate::caught;
use crate::context::Context;
use crate::fork::PerProcess;
use crate::thread::ServiceThread;

/// The loop's hold on one child, in a task of the child's own: as long as the loop runs, the child
/// is reaped as soon as it has ended. Dropping it, as a reactor that stops does, kills the child or
/// leaves it alone, and has it reaped in either case.
pub(super) struct Keeper {
    state: Rc<State>,
    context: Rc<Context>,
}

impl Keeper {
    pub(super) fn new(state: Rc<State>, context: Rc<Context>) -> Self {
        Self { state, context }
    }

    /// Waits for the child's end and reaps it.
    pub(super) async fn keep(self) {
        let Some(watch) = self.state.watch() else {
            return;
        };
        if let Err(error) = watch.until(|| self.state.look()).await {
            // The poller refuses it. Somebody has to wait for the child all the same.
            let_go(&self.state, Err(ExitError::System(error.kind())));
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if self.state.is_forked() || self.state.look().is_some() {
            return;
        }
        match self.state.fate() {
            Fate::Killed => {
                self.state.kill_or_log();
                self.context.children.add(Rc::clone(&self.state));
            }
            Fate::LeftAlone => let_go(&self.state, Err(ExitError::Stopped)),
        }
    }
}

/// The children that have been killed because their reactor stops, and have not been reaped.
#[derive(Debug)]
pub(crate) struct Children {
    killed: RefCell<Vec<Rc<State>>>,
}

/// How long a reactor's end waits for children to die that it has killed. What keeps one longer is
/// the system's: a great deal of memory to give back, a device that does not answer.
const PATIENCE: Duration = Duration::from_millis(500);

impl Children {
    pub(crate) fn new() -> Self {
        Self {
            killed: RefCell::new(Vec::new()),
        }
    }

    fn add(&self, child: Rc<State>) {
        self.killed.borrow_mut().push(child);
    }

    /// Waits until all that were killed have died and are reaped. Those that take too long are left
    /// to a thread each.
    pub(crate) fn end(&self) {
        let mut left = self.killed.take();
        if left.is_empty() {
            return;
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            left.retain(|child| child.look().is_none());
            let time = deadline.saturating_duration_since(Instant::now());
            if left.is_empty() || time.is_zero() {
                break;
            }
            if let Err(error) = wait_for_one(&left, time) {
                caught::contain("the logger", || {
                    log::error!(target: "crochet::reactor", "waiting for children failed: {error}");
                });
                break;
            }
        }
        for child in left {
            let_go(&child, Err(ExitError::Stopped));
        }
    }
}

/// Waits until at least one of the children has ended, or the time is up.
fn wait_for_one(children: &[Rc<State>], time: Duration) -> io::Result<()> {
    let watches: Vec<_> = children.iter().filter_map(|child| child.watch()).collect();
    let mut files: Vec<_> = watches
        .iter()
        .map(|watch| PollFd::new(&**watch, PollFlags::IN))
        .collect();
    let time = Timespec::try_from(time).map_err(io::Error::other)?;
    match poll(&mut files, Some(&time)) {
        // After a signal the caller looks, and comes again.
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Leaves a child, which has not been reaped, to a thread that reaps it; tells whoever waits for
/// its end that they will not hear of it.
fn let_go(child: &State, end: End) {
    if let Some(watch) = child.watch() {
        let name = watch
            .name()
            .unwrap_or_else(|_no_file| Name::Id(child.child()));
        reap_in_a_thread(name);
    }
    child.finish(end);
}

/// The children that no thread could be started for.
static LEFT: PerProcess<Mutex<Vec<Arc<Name>>>> = PerProcess::new(Mutex::new(Vec::new()));

fn left() -> MutexGuard<'static, Vec<Arc<Name>>> {
    let left = LEFT.get(|| Mutex::new(Vec::new()));
    left.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has a thread wait for a child and reap it. The thread lives as long as the child. Without one,
/// the child is reaped by [`reap_left`].
fn reap_in_a_thread(child: Name) {
    let child = Arc::new(child);
    let theirs = Arc::clone(&child);
    let started = ServiceThread::start("crochet-reaper", move || match theirs.wait() {
        // Other code may have reaped it; then there is nothing left to do.
        Ok(()) | Err(_) => {}
    });
    if let Err(error) = started {
        left().push(child);
        caught::contain("the logger", || {
            log::error!(
                target: "crochet::reactor",
                "a child will not be reaped before another one is started: {error}",
            );
        });
    }
}

/// Reaps those children that have been left without a thread and have ended.
pub(super) fn reap_left() {
    // An error says that other code has reaped it.
    left().retain(|child| matches!(child.reap(), Ok(false)));
}

/// Kills a child that cannot be watched, which nobody has reaped, with its group if that is its own,
/// and has a thread reap it.
pub(super) fn kill_unwatched(child: Pid, group: Group) {
    if group == Group::Own {
        log_failure(send::to_group(child, libc::SIGKILL));
    }
    log_failure(send::to_process(child, libc::SIGKILL));
    reap_in_a_thread(Name::Id(child));
}

fn log_failure(killed: io::Result<()>) {
    match killed {
        Err(error) if error.raw_os_error() != Some(libc::ESRCH) => {
            caught::contain("the logger", || {
                log::warn!(target: "crochet::reactor", "a child could not be killed: {error}");
            });
        }
        _ => {}
    }
}
