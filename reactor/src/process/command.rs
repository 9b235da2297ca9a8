//! What is to be started, and how.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Output, Stdio};

use super::child::Child;
use super::error::OutputError;
use super::extra_files::ExtraFiles;
use super::state::Group;

/// A program to be started as a child, any number of times.
///
/// As [`std::process::Command`], which it is made from, and whose `From` conversion lets settings
/// be made that are not here. In particular:
///
/// - The child inherits the environment, the directory and the standard files, as far as they are
///   not set. Twisted gives it an empty environment and pipes.
/// - Of the other files of this process, the child has those that were opened without
///   close-on-exec: none of this library's and of Rust's standard library's; what code in other
///   languages opens may be among them.
/// - Signals that the loop's thread blocks are not blocked in the child. Those that this process
///   ignores are ignored there, except for `SIGPIPE`.
#[derive(Debug)]
pub struct Command {
    command: std::process::Command,
    group: Group,
    extra: ExtraFiles,
    // Which standard files have been set, so that `output` leaves those alone.
    set: Set,
}

#[derive(Clone, Copy, Debug, Default)]
struct Set {
    stdin: bool,
    stdout: bool,
    stderr: bool,
}

impl Command {
    /// Names the program: a path, or a name that is looked for in the directories of `PATH`.
    #[must_use]
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        std::process::Command::new(program).into()
    }

    /// Adds an argument.
    pub fn arg(&mut self, arg: impl AsRef<OsStr>) -> &mut Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    pub fn args(&mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> &mut Self {
        self.command.args(args);
        self
    }

    /// Sets a variable of the child's environment.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        self.command.env(name, value);
        self
    }

    /// Sets variables of the child's environment.
    pub fn envs<N, V>(&mut self, variables: impl IntoIterator<Item = (N, V)>) -> &mut Self
    where
        N: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        self.command.envs(variables);
        self
    }

    /// Keeps a variable from the child's environment.
    pub fn env_remove(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.command.env_remove(name);
        self
    }

    /// Lets the child inherit no variables, and forgets those set so far.
    pub fn env_clear(&mut self) -> &mut Self {
        self.command.env_clear();
        self
    }

    /// Sets the child's directory.
    pub fn current_dir(&mut self, directory: impl AsRef<Path>) -> &mut Self {
        self.command.current_dir(directory);
        self
    }

    /// Sets the child's standard input: [piped](Stdio::piped) to [`Child::take_stdin`],
    /// [empty](Stdio::null), [inherited](Stdio::inherit), or a file.
    pub fn stdin(&mut self, stdin: impl Into<Stdio>) -> &mut Self {
        self.set.stdin = true;
        self.command.stdin(stdin);
        self
    }

    /// Sets the child's standard output: [piped](Stdio::piped) to [`Child::take_stdout`],
    /// [lost](Stdio::null), [inherited](Stdio::inherit), or a file.
    pub fn stdout(&mut self, stdout: impl Into<Stdio>) -> &mut Self {
        self.set.stdout = true;
        self.command.stdout(stdout);
        self
    }

    /// Sets the child's standard error, as [`stdout`](Self::stdout).
    pub fn stderr(&mut self, stderr: impl Into<Stdio>) -> &mut Self {
        self.set.stderr = true;
        self.command.stderr(stderr);
        self
    }

    /// Gives the child a file under a number from 3 to 255. Of several with the same number it gets
    /// the last.
    ///
    /// The child has a copy, which shares its position and its mode with `file`. So has this, as
    /// long as it lives, for the children to come: whoever reads the other end of a pipe sees no end
    /// before this has been dropped as well. Starting a child with such files takes the slower of
    /// the system's two ways: see [`spawn`](Self::spawn).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for another number, or when the process may
    /// not have so many files.
    pub fn fd(&mut self, number: i32, file: impl Into<OwnedFd>) -> io::Result<&mut Self> {
        self.extra.add(&mut self.command, number, &file.into())?;
        Ok(self)
    }

    /// Gives the child a process group of its own, which it leads: what it starts belongs to that,
    /// too, unless it takes steps against it.
    ///
    /// Signals of the terminal do not reach it then, and what kills the child kills the group: also
    /// the child itself, when it has left the group.
    pub fn own_group(&mut self) -> &mut Self {
        self.command.process_group(0);
        self.group = Group::Own;
        self
    }

    /// Starts the program.
    ///
    /// The reactor's thread does this itself, and the loop stands still until the child runs the
    /// program: mostly for less than a tenth of a millisecond, whatever memory this process has.
    /// With [extra files](Self::fd) the process is forked, which takes longer the more memory it
    /// has in use, some 40 ms per gigabyte.
    ///
    /// # Errors
    ///
    /// Whatever the system reports: there is no such program, directory or permission, or there are
    /// too many files or processes. Not being on a reactor;
    /// [`Unsupported`](io::ErrorKind::Unsupported) on virtual time, to which children pay no heed.
    /// There is no child then.
    #[track_caller]
    pub fn spawn(&mut self) -> io::Result<Child> {
        Child::spawn(&mut self.command, &self.extra, self.group)
    }

    /// Starts the program and collects what it writes, until it has ended and closed its output: at
    /// most `limit` bytes, of both pipes together.
    ///
    /// Standard files that were not set are empty for the child's input, and pipes for its output;
    /// a child that is [started](Self::spawn) afterwards inherits them, as before.
    ///
    /// As Twisted's `getProcessOutputAndValue`. An exit code that is not zero is not an error of
    /// this.
    ///
    /// # Errors
    ///
    /// [`OutputError`]. A child that writes too much is killed.
    ///
    /// # Cancellation
    ///
    /// Dropping the future kills the child, so [`timeout`](crate::timeout) around it does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use crochet_reactor::process::Command;
    /// use crochet_reactor::timeout;
    ///
    /// let mut reactor = crochet_reactor::Reactor::new()?;
    /// let output = reactor.block_on(async {
    ///     let mut command = Command::new("echo");
    ///     timeout(Duration::from_secs(10), command.arg("hello").output(1024)).await
    /// })???;
    /// assert!(output.status.success());
    /// assert_eq!(output.stdout, b"hello\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn output(&mut self, limit: usize) -> Result<Output, OutputError> {
        if !self.set.stdin {
            self.command.stdin(Stdio::null());
        }
        if !self.set.stdout {
            self.command.stdout(Stdio::piped());
        }
        if !self.set.stderr {
            self.command.stderr(Stdio::piped());
        }
        let spawned = self.spawn();
        // For whoever starts it another time.
        if !self.set.stdin {
            self.command.stdin(Stdio::inherit());
        }
        if !self.set.stdout {
            self.command.stdout(Stdio::inherit());
        }
        if !self.set.stderr {
            self.command.stderr(Stdio::inherit());
        }
        spawned.map_err(OutputError::Spawn)?.output(limit).await
    }
}

/// Takes over all that is set there. The standard files are better set here: [`Command::output`]
/// cannot tell that they were set there, and replaces them for good.
impl From<std::process::Command> for Command {
    fn from(command: std::process::Command) -> Self {
        Self {
            command,
            group: Group::Parents,
            extra: ExtraFiles::default(),
            set: Set::default(),
        }
    }
}
