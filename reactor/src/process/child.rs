//! A child that has been started.

use std::io;
use std::os::fd::OwnedFd;
use std::process::{Command, ExitStatus, Output};
use std::rc::Rc;
use std::time::Duration;

use rustix::process::Pid;

use super::collect::{collect, discard};
use super::error::{ExitError, OutputError, SignalError};
use super::extra_files::ExtraFiles;
use super::keeper::{self, Keeper};
use super::output::ChildOutput;
use super::state::{Fate, Group, State};
use super::watch::{Opened, Watch};
use crate::context::{self, TimeSource};
use crate::label::Label;
use crate::pipe::{PipeReader, PipeWriter};
use crate::sleep::timeout;
use crate::spawn::spawn_on;

/// A child that has been started.
///
/// It is reaped as soon as it has ended, whether or not anybody waits for that, so it leaves no
/// zombie. Dropping this kills it, with its [own group](super::Command::own_group) if it was given
/// one, unless it was [let go of](Self::detach).
#[derive(Debug)]
pub struct Child {
    state: Rc<State>,
    stdin: Option<PipeWriter>,
    stdout: Option<ChildOutput>,
    stderr: Option<ChildOutput>,
}

impl Child {
    #[track_caller]
    pub(super) fn spawn(
        command: &mut Command,
        extra: &ExtraFiles,
        group: Group,
    ) -> io::Result<Self> {
        let context = context::current()?;
        if let TimeSource::Virtual(_) = context.time {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "this reactor starts no children: it is on virtual time",
            ));
        }
        keeper::reap_left();
        let reserved = extra.reserve()?;
        let mut child = command.spawn()?;
        drop(reserved);
        let id = id(&child);
        let state = Rc::new(State::new(id, group, watch(id, group)?));
        let keeper = Keeper::new(Rc::clone(&state), Rc::clone(&context));
        // Its handle lets it go on.
        let label = Label::named("crochet::process");
        drop(spawn_on(&context, keeper.keep(), label));
        // From here on, dropping this kills the child, and the keeper reaps it.
        let mut this = Self {
            state,
            stdin: None,
            stdout: None,
            stderr: None,
        };
        let stdin = child.stdin.take().map(OwnedFd::from);
        this.stdin = stdin.map(PipeWriter::from_fd).transpose()?;
        this.stdout = this.output_of(child.stdout.take().map(OwnedFd::from))?;
        this.stderr = this.output_of(child.stderr.take().map(OwnedFd::from))?;
        Ok(this)
    }

    fn output_of(&self, pipe: Option<OwnedFd>) -> io::Result<Option<ChildOutput>> {
        let Some(pipe) = pipe else { return Ok(None) };
        let pipe = PipeReader::from_fd(pipe)?;
        Ok(Some(ChildOutput::new(pipe, self.state.open_output())))
    }

    /// Returns the child's process id. When the child has been reaped, the system may have given it
    /// to another process: use [`signal`](Self::signal) for signals.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.state.child().as_raw_nonzero().get().unsigned_abs()
    }

    /// Takes the writing end of the child's standard input, if that is a pipe and has not been
    /// taken. Dropping it is what tells the child that there is no more.
    pub fn take_stdin(&mut self) -> Option<PipeWriter> {
        self.stdin.take()
    }

    /// Takes the reading end of the child's standard output, if that is a pipe and has not been
    /// taken.
    pub fn take_stdout(&mut self) -> Option<ChildOutput> {
        self.stdout.take()
    }

    /// Takes the reading end of the child's standard error, if that is a pipe and has not been
    /// taken.
    pub fn take_stderr(&mut self) -> Option<ChildOutput> {
        self.stderr.take()
    }

    /// Returns how the child ended, if it has.
    pub fn try_exited(&self) -> Option<Result<ExitStatus, ExitError>> {
        self.state.look()
    }

    /// Waits until the child has ended, whoever still has its output open. Its exit code or signal
    /// is in the status.
    ///
    /// Closes the child's input, unless it was taken: a child that reads it to its end then does
    /// not wait for ever. Output that was neither taken nor read fills its pipe, at which a child
    /// may wait for ever: [`ended`](Self::ended) and [`output`](Self::output) read it.
    ///
    /// As Twisted's `processExited`.
    ///
    /// # Errors
    ///
    /// [`ExitError`], when that is not known.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses nothing.
    pub async fn exited(&mut self) -> Result<ExitStatus, ExitError> {
        self.stdin = None;
        self.state.until(State::look).await
    }

    /// Waits until the child has ended, at most for `limit`; then kills it and waits for that end.
    ///
    /// # Errors
    ///
    /// [`ExitError::TimedOut`] when it was killed; [`ExitError::NotKilled`] when the system refused
    /// that, at once: the child goes on; otherwise as [`exited`](Self::exited).
    ///
    /// # Cancellation
    ///
    /// Dropping the future leaves the child as it is.
    pub async fn exited_within(&mut self, limit: Duration) -> Result<ExitStatus, ExitError> {
        if let Ok(end) = timeout(limit, self.exited()).await {
            return end;
        }
        match self.state.look() {
            Some(end) => end,
            None => match self.state.kill() {
                // Somebody else may have reaped it, which is yet to be found out.
                Ok(()) | Err(SignalError::Exited) => {
                    self.exited().await.and(Err(ExitError::TimedOut))
                }
                Err(error) => Err(ExitError::NotKilled(error)),
            },
        }
    }

    /// Waits until the child has ended and its output as well: everybody who inherited it, such as
    /// programs that the child started, has closed it.
    ///
    /// Output that was not taken is read and dropped. Output that was taken ends when whoever has
    /// it reads its end, or drops it. The child's input is closed, unless it was taken.
    ///
    /// As Twisted's `processEnded`.
    ///
    /// # Errors
    ///
    /// [`ExitError`], when it is not known how the child ended.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses output that was read so far.
    pub async fn ended(&mut self) -> Result<ExitStatus, ExitError> {
        self.stdin = None;
        discard([&mut self.stdout, &mut self.stderr]).await;
        self.state.until(State::all_ended).await
    }

    /// Collects the output that was not taken, until the child has ended and closed it: at most
    /// `limit` bytes, of both pipes together. The child's input is closed, unless it was taken.
    ///
    /// # Errors
    ///
    /// [`OutputError`]. A child that writes too much is killed.
    ///
    /// # Cancellation
    ///
    /// Dropping the future kills the child.
    pub async fn output(mut self, limit: usize) -> Result<Output, OutputError> {
        self.stdin = None;
        let pipes = [self.stdout.take(), self.stderr.take()];
        let [stdout, stderr] = collect(pipes, limit).await?;
        let status = self.exited().await?;
        Ok(Output {
            status,
            stdout,
            stderr,
        })
    }

    /// Sends the child a signal, by its number.
    ///
    /// # Errors
    ///
    /// [`SignalError::Exited`] when the child has ended: its id may be another process's by then,
    /// which never gets the signal.
    pub fn signal(&self, signal: i32) -> Result<(), SignalError> {
        self.state.signal(signal)
    }

    /// Ends the child by `SIGKILL`, which it cannot prevent.
    ///
    /// # Errors
    ///
    /// As [`signal`](Self::signal).
    pub fn kill(&self) -> Result<(), SignalError> {
        self.signal(libc::SIGKILL)
    }

    /// Sends a signal to all processes of the child's [own group](super::Command::own_group).
    ///
    /// # Errors
    ///
    /// [`SignalError::NoGroup`] for a child in the group of this process;
    /// [`SignalError::Exited`] when nobody is left in the group. Before Linux 6.9, and on other
    /// systems, that is also the answer when the child itself has ended.
    pub fn signal_group(&self, signal: i32) -> Result<(), SignalError> {
        self.state.signal_group(signal)
    }

    /// Ends all processes of the child's [own group](super::Command::own_group) by `SIGKILL`.
    ///
    /// # Errors
    ///
    /// As [`signal_group`](Self::signal_group).
    pub fn kill_group(&self) -> Result<(), SignalError> {
        self.signal_group(libc::SIGKILL)
    }

    /// Lets the child go on by itself, also beyond the end of the reactor. Its pipes, as far as they
    /// have not been taken, are closed.
    ///
    /// It is still reaped when it ends: by the reactor, or by a thread, which a reactor that stops
    /// before leaves behind.
    pub fn detach(self) {
        self.state.set_fate(Fate::LeftAlone);
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.state.fate() == Fate::Killed {
            self.state.kill_or_log();
        }
    }
}

fn id(child: &std::process::Child) -> Pid {
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    id.expect("the id of a process is a positive number")
}

/// Begins to watch a child; kills and reaps one that cannot be watched.
fn watch(id: Pid, group: Group) -> io::Result<Option<Watch>> {
    match Watch::open(id) {
        Ok(Opened::Watching(watch)) => Ok(Some(watch)),
        Ok(Opened::Gone) => Ok(None),
        Err(error) => {
            keeper::kill_unwatched(id, group);
            Err(error)
        }
    }
}
