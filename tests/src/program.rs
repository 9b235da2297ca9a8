//! Programs that a test starts and talks to: it reads their lines, sends them signals, and sees how they end.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};

use crochet::{Backend, Builder, Reactor};

/// A program that is running.
///
/// A program that hangs is ended by its own [`limit`], so no test waits for it for ever.
#[derive(Debug)]
pub struct Program {
    child: Child,
    // Open until the program has ended: one that reads is not to see an end.
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    // What it writes to stderr, if that is listened to.
    errors: Option<JoinHandle<String>>,
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// With this exit status.
    Exit(i32),
    /// By this signal.
    Signal(i32),
}

impl Program {
    /// Starts a command, whose stderr is the test's.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let errors = child.stderr.take();
        Self {
            child,
            input,
            output,
            errors: errors.map(|pipe| thread::spawn(|| pass_on(pipe))),
        }
    }

    /// Starts a command that is to write nothing to stderr, nor are the children that it forks:
    /// [`end`](Self::end) sees to that.
    ///
    /// # Panics
    ///
    /// When that fails.
    #[must_use]
    pub fn start_silent(command: &mut Command) -> Self {
        Self::start(command.stderr(Stdio::piped()))
    }

    /// Waits for the program's next line; empty when there is none.
    ///
    /// # Panics
    ///
    /// When the line is not text.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.output
            .read_line(&mut line)
            .expect("the program prints text");
        line.trim_end().to_owned()
    }

    /// Asserts what the program's next lines are.
    ///
    /// # Panics
    ///
    /// When they are others.
    #[track_caller]
    pub fn assert_prints(&mut self, lines: &[&str]) {
        for line in lines {
            assert_eq!(self.line(), *line);
        }
    }

    /// Lets the program, which waits in [`proceed`], go on.
    ///
    /// # Panics
    ///
    /// When it does not read.
    pub fn go_on(&mut self) {
        writeln!(self.input).expect("the program reads");
    }

    /// Sends the program a signal.
    ///
    /// # Panics
    ///
    /// When the system refuses it.
    pub fn signal(&self, signal: i32) {
        send(self.id(), signal);
    }

    /// Returns the process's id.
    ///
    /// # Panics
    ///
    /// When the system has an id that is no id.
    #[must_use]
    pub fn id(&self) -> libc::pid_t {
        self.child.id().try_into().expect("ids are small")
    }

    /// Waits for the program to end; it prints nothing more.
    ///
    /// # Panics
    ///
    /// When it does, and when it was to be [silent](Self::start_silent) and was not.
    #[track_caller]
    pub fn end(mut self) -> End {
        assert_eq!(self.line(), "", "a line that was not expected");
        let status = self.child.wait().expect("the program ends");
        if let Some(errors) = self.errors.take() {
            let errors = errors.join().expect("the program writes text");
            assert_eq!(errors, "", "a program that was to be silent");
        }
        match (status.code(), status.signal()) {
            (Some(code), _) => End::Exit(code),
            (None, Some(signal)) => End::Signal(signal),
            (None, None) => unreachable!("a process ends in one of two ways"),
        }
    }
}

/// Reads what a program writes to stderr, and writes it to the test's, where whoever looks into a failure
/// finds it.
fn pass_on(pipe: ChildStderr) -> String {
    let mut text = String::new();
    let mut pipe = BufReader::new(pipe);
    loop {
        let known = text.len();
        let read = pipe.read_line(&mut text).expect("the program writes text");
        if read == 0 {
            return text;
        }
        let passed = io::stderr().write_all(&text.as_bytes()[known..]);
        passed.expect("stderr is open");
    }
}

/// Waits in a program until the test lets it go on.
///
/// # Panics
///
/// When the test has gone.
pub fn proceed() {
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line).expect("stdin works");
    assert_ne!(read, 0, "the test has gone");
}

/// Sends a signal to a process.
///
/// # Panics
///
/// When the system refuses it.
pub fn send(process: libc::pid_t, signal: i32) {
    // SAFETY: sending a signal touches no memory.
    let refused = unsafe { libc::kill(process, signal) };
    assert_eq!(refused, 0, "the process is there");
}

/// Sends a signal to this process, and to this very thread.
///
/// # Panics
///
/// When the system refuses it.
pub fn send_here(signal: i32) {
    // SAFETY: the signals that the tests send are handled, or end the process.
    let refused = unsafe { libc::raise(signal) };
    assert_eq!(refused, 0, "the signal is known");
}

/// Lets the system end this process by `SIGALRM` if it is still there after a minute.
pub fn limit() {
    // SAFETY: setting an alarm touches no memory.
    unsafe { libc::alarm(60) };
}

/// Reads a program's first two arguments: the name of what it is to do, and that of a back end, for
/// which it returns the settings.
///
/// # Panics
///
/// When there are fewer, or no such back end.
#[must_use]
pub fn case_and_settings() -> (String, Builder) {
    let mut arguments = env::args().skip(1);
    let mut next = || {
        arguments
            .next()
            .expect("arguments name a case and a back end")
    };
    let (case, name) = (next(), next());
    let mut backends = Backend::ALL.iter().copied();
    let backend = backends.find(|backend| format!("{backend:?}") == name);
    let backend = backend.expect("the back end is compiled in");
    (case, Reactor::builder().backend(backend))
}

/// Lets the process have no more than 64 files.
///
/// # Panics
///
/// When the system refuses it.
pub fn allow_few_files() {
    let few = libc::rlimit {
        rlim_cur: 64,
        rlim_max: 64,
    };
    // SAFETY: the limit is read only.
    let refused = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const few) };
    assert_eq!(refused, 0, "a limit can be lowered");
}

/// Lets the process have as many files open as it may allow itself, and returns how many that are.
///
/// # Panics
///
/// When the system refuses it.
pub fn allow_most_files() -> usize {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the limit is a variable of the right type to be written.
    let refused = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    assert_eq!(refused, 0, "a limit can be asked for");
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: the limit is read only.
    let refused = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    assert_eq!(refused, 0, "a limit can be raised as far as that");
    limit.rlim_max.try_into().unwrap_or(usize::MAX)
}

/// Gives a signal its default action or lets it be ignored, whatever the process has inherited.
///
/// # Panics
///
/// When the system refuses it.
pub fn dispose(signal: i32, disposition: Disposition) {
    let handler = match disposition {
        Disposition::Default => libc::SIG_DFL,
        Disposition::Ignored => libc::SIG_IGN,
        Disposition::Handled(handler) => handler as *const () as libc::sighandler_t,
    };
    // SAFETY: the two constants are no functions, and a test's handler only counts in an atomic.
    let before = unsafe { libc::signal(signal, handler) };
    assert_ne!(before, libc::SIG_ERR, "the signal can be handled");
}

/// What a signal does.
#[derive(Clone, Copy, Debug)]
pub enum Disposition {
    /// What it does by default.
    Default,
    /// Nothing.
    Ignored,
    /// It calls this function, which only touches atomics.
    Handled(extern "C" fn(i32)),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Program {
        Program::start_silent(Command::new("sh").arg("-c").arg(script))
    }

    #[test]
    fn a_program_that_is_silent_may_print() {
        let mut program = shell("echo said");
        program.assert_prints(&["said"]);
        assert_eq!(program.end(), End::Exit(0));
    }

    #[test]
    #[should_panic(expected = "a program that was to be silent")]
    fn a_program_that_was_to_be_silent_and_is_not_fails_its_test() {
        shell("echo oops >&2").end();
    }

    #[test]
    #[should_panic(expected = "a program that was to be silent")]
    fn a_program_whose_child_is_not_silent_fails_its_test() {
        shell("sh -c 'echo oops >&2' & wait").end();
    }
}
