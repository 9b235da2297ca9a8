//! Runs the program and its clients, talks to them with a limit on every wait, and ends them.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) const PASSWORD: &str = "open sesame";

/// How long anything may take; reached only when something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a process writes to one of its outputs.
#[derive(Debug)]
pub(crate) struct Output {
    pieces: Receiver<Vec<u8>>,
    seen: String,
}

impl Output {
    pub(crate) fn of(mut stream: impl Read + Send + 'static) -> Self {
        let (sender, pieces) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // An error is the end, too: that of a terminal whose process has ended.
            while let Ok(length @ 1..) = stream.read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        let seen = String::new();
        Self { pieces, seen }
    }

    /// Waits until `text` has come, and returns everything since the last call up to and with it.
    #[track_caller]
    pub(crate) fn expect(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.seen.find(text) {
                let rest = self.seen.split_off(at + text.len());
                return std::mem::replace(&mut self.seen, rest);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.pieces.recv_timeout(left) {
                Ok(piece) => self.seen.push_str(&String::from_utf8_lossy(&piece)),
                Err(error) => panic!("no {text:?} ({error}) in {:?}", self.seen),
            }
        }
    }

    /// Waits for the end, and returns everything since the last call.
    #[track_caller]
    pub(crate) fn rest(&mut self) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.pieces.recv_timeout(left) {
                Ok(piece) => self.seen.push_str(&String::from_utf8_lossy(&piece)),
                Err(RecvTimeoutError::Disconnected) => return std::mem::take(&mut self.seen),
                Err(RecvTimeoutError::Timeout) => panic!("no end of {:?}", self.seen),
            }
        }
    }
}

/// A process that ends with this value.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    input: Option<ChildStdin>,
    pub(crate) out: Output,
    pub(crate) err: Output,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let input = child.stdin.take();
        let out = Output::of(child.stdout.take().expect("it is piped"));
        let err = Output::of(child.stderr.take().expect("it is piped"));
        Self {
            child,
            input,
            out,
            err,
        }
    }

    /// Types `text`, which is little enough for a pipe.
    pub(crate) fn send(&mut self, text: &str) {
        let input = self.input.as_mut().expect("the input is open");
        input.write_all(text.as_bytes()).expect("the program reads");
    }

    /// Hands the input over, to be written to and closed by somebody else.
    pub(crate) fn take_input(&mut self) -> ChildStdin {
        self.input.take().expect("the input is open")
    }

    /// Ends the input.
    pub(crate) fn close_input(&mut self) {
        drop(self.take_input());
    }

    /// Waits until the process ends, and returns its status and the rest of its output.
    #[track_caller]
    pub(crate) fn finish(&mut self) -> (ExitStatus, String) {
        let rest = self.out.rest();
        // It has closed its output, so it is about to end.
        let status = self.child.wait().expect("the process can be waited for");
        (status, rest)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Killing what has ended already is no error.
        self.child.kill().expect("the process can be killed");
        self.child.wait().expect("the process ends");
    }
}

/// The program `ssh`, to which `admin` may log in with [`PASSWORD`].
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) process: Process,
    pub(crate) port: u16,
}

impl Program {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(args: &[&str]) -> Self {
        let mut command = program();
        command.args(["--listen", "127.0.0.1:0", "--password-file"]);
        command.arg(password_file()).args(args);
        Self::listening(Process::start(&mut command))
    }

    /// Waits until the process says where it listens.
    pub(crate) fn listening(mut process: Process) -> Self {
        process.err.expect("ssh -p ");
        let port = process.err.expect(" ");
        let port = port.trim().parse().expect("a port is named");
        Self { process, port }
    }

    /// Starts a client that can log in, with these options more.
    pub(crate) fn client(&self, ssh: &Path, args: &[&str]) -> Process {
        Process::start(Client::of(self, ssh).command(args))
    }

    /// Starts a client at a terminal and waits for its prompt.
    #[track_caller]
    pub(crate) fn prompt(&self, ssh: &Path) -> Process {
        let mut client = self.client(ssh, &["-tt"]);
        client.out.expect(">>> ");
        client
    }

    /// Gives the program a line and waits until it has copied it as `copied`.
    #[track_caller]
    pub(crate) fn copy(&mut self, line: &str, copied: &str) {
        self.process.send(&format!("{line}\n"));
        assert_eq!(self.process.out.expect("\n"), format!("{copied}\n"));
    }
}

/// How a client is to be started.
#[derive(Debug)]
pub(crate) struct Client {
    command: Command,
    target: String,
}

impl Client {
    pub(crate) fn of(program: &Program, ssh: &Path) -> Self {
        Self::to("admin", program.port, PASSWORD, ssh)
    }

    /// A client that looks at no file of the user's, and has the password from a program.
    pub(crate) fn to(user: &str, port: u16, password: &str, ssh: &Path) -> Self {
        let mut command = Command::new(ssh);
        command.args(["-F", "/dev/null", "-p", &port.to_string()]);
        command
            .env("SSH_ASKPASS", askpass())
            .env("SSH_ASKPASS_REQUIRE", "force")
            .env("CROCHET_PASSWORD", password)
            .env_remove("SSH_AUTH_SOCK");
        let target = format!("{user}@127.0.0.1");
        Self { command, target }
    }

    /// The first value of an option counts, so `args` goes before what is usual.
    pub(crate) fn command(&mut self, args: &[&str]) -> &mut Command {
        self.command.args(args);
        for option in [
            "StrictHostKeyChecking=no",
            "UserKnownHostsFile=/dev/null",
            "GlobalKnownHostsFile=/dev/null",
            "PreferredAuthentications=password",
            "PubkeyAuthentication=no",
            "NumberOfPasswordPrompts=1",
        ] {
            self.command.args(["-o", option]);
        }
        self.command.arg(&self.target)
    }

    /// Sets a variable of the environment, which the program that tells the password sees too.
    pub(crate) fn env(mut self, name: &str, value: &Path) -> Self {
        self.command.env(name, value);
        self
    }
}

pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ssh"))
}

/// Returns the path of a file of this name, which no other test may use.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Writes `content` to a file of this name, which no other test may use.
pub(crate) fn file(name: &str, content: &str) -> PathBuf {
    let path = path(name);
    fs::write(&path, content).expect("the directory for temporary files can be written");
    path
}

fn password_file() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| file("ssh-password", &format!("{PASSWORD}\n")))
}

/// Returns a program that tells the password in CROCHET_PASSWORD, and notes that in the file that
/// CROCHET_ASKED names.
fn askpass() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let script = "#!/bin/sh\n\
                      echo asked >> \"${CROCHET_ASKED:-/dev/null}\"\n\
                      printf '%s\\n' \"$CROCHET_PASSWORD\"\n";
        let path = file("ssh-askpass", script);
        let executable = fs::Permissions::from_mode(0o700);
        fs::set_permissions(&path, executable).expect("the file is ours");
        path
    })
}

/// Runs `ssh-keygen` and returns the path of a new key of this name and type.
pub(crate) fn new_key(keygen: &Path, name: &str, kind: &str) -> PathBuf {
    let path = path(name);
    for old in [path.clone(), path.with_extension("pub")] {
        match fs::remove_file(&old) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                panic!("{}: {error}", old.display())
            }
            _ => {}
        }
    }
    let made = Command::new(keygen)
        .args(["-q", "-t", kind, "-N", "", "-f"])
        .arg(&path)
        .status();
    assert!(made.expect("ssh-keygen starts").success());
    path
}
