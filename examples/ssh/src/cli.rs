//! The command line of the program `ssh`.
//!
//! The program exits with status 0 when its work is done, 1 when something failed, and 2 when it
//! did not understand its arguments.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::prelude::{Long, Short, ValueExt};

use super::access::Access;
use super::error::SshError;
use super::host_key::HostKey;
use super::objects::Objects;
use super::server::Service;

/// The port of Crochet's own example.
const PORT: u16 = 5022;

const DEFAULT_USER: &str = "admin";

const USAGE: &str = "\
usage: ssh [OPTION]...

Copies the standard input to the standard output, and counts. Meanwhile it can be logged in to by
SSH, to see and set its counters and settings.

  --listen ADDRESS[:PORT]  where to wait for SSH clients (default: 127.0.0.1:5022; port 0: any
                           that is free)
  --user NAME              who may log in (default: admin)
  --password-file FILE     whose first line is the password (default: a new one, which is told on
                           the standard error output)
  --host-key FILE          an Ed25519 key as ssh-keygen writes it, without a passphrase (default:
                           a new one, so that clients take the next run for another server)
  -h, --help               print this
  -V, --version            print the version";

/// Where to listen, and whom to let in.
#[derive(Debug)]
pub struct Options {
    listen: SocketAddr,
    user: String,
    password_file: Option<PathBuf>,
    host_key: Option<PathBuf>,
}

/// Says why the program failed, after it had understood its arguments.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The event loop did not start.
    Setup(crochet::SetupError),
    /// The server did not start.
    Ssh(SshError),
    /// The standard input or output failed.
    Io(io::Error),
}

/// Runs the program with the arguments of the process: calls `work` with the options, and turns
/// what comes of it into messages and an exit status.
pub fn run(work: impl FnOnce(&Options) -> Result<(), Failure>) -> ExitCode {
    let command = match Command::parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            complain(format_args!("ssh: {error}\n\n{USAGE}"));
            return ExitCode::from(2);
        }
    };
    let done = match command {
        Command::Help => print(USAGE),
        Command::Version => print(concat!("ssh ", env!("CARGO_PKG_VERSION"))),
        Command::Work(options) => work(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(format_args!("ssh: {failure}"));
            ExitCode::FAILURE
        }
    }
}

impl Options {
    /// Returns where to listen.
    #[must_use]
    pub fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// Returns the service of `objects` that the options call for. Tells the user the password when
    /// it makes one. Reads files, and blocks for that.
    ///
    /// # Errors
    ///
    /// [`SshError`], when a file cannot be read or does not hold what it should.
    pub fn service(&self, objects: Objects) -> Result<Service, SshError> {
        let host_key = match &self.host_key {
            Some(path) => HostKey::read(path)?,
            None => HostKey::generate()?,
        };
        let access = match &self.password_file {
            Some(path) => Access::new(&self.user, &first_line(path)?)?,
            None => {
                let access = Access::with_new_password(&self.user)?;
                complain(format_args!("ssh: the password is {}", access.password()));
                access
            }
        };
        Ok(Service::new(host_key, access, objects))
    }

    /// Tells the user how to log in to the server at `address`.
    pub fn announce(&self, address: SocketAddr) {
        complain(format_args!(
            "ssh: to look inside: ssh -p {} {}@{}",
            address.port(),
            self.user,
            address.ip()
        ));
    }
}

fn first_line(path: &Path) -> Result<String, SshError> {
    let text = fs::read_to_string(path).map_err(|error| SshError::Read(path.into(), error))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

enum Command {
    Help,
    Version,
    Work(Options),
}

impl Command {
    fn parse(args: impl Iterator<Item = OsString>) -> Result<Self, lexopt::Error> {
        let mut parser = lexopt::Parser::from_args(args);
        let mut options = Options {
            listen: (Ipv4Addr::LOCALHOST, PORT).into(),
            user: DEFAULT_USER.to_owned(),
            password_file: None,
            host_key: None,
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Long("listen") => options.listen = parser.value()?.parse_with(address)?,
                Long("user") => options.user = parser.value()?.string()?,
                Long("password-file") => options.password_file = Some(parser.value()?.into()),
                Long("host-key") => options.host_key = Some(parser.value()?.into()),
                Short('h') | Long("help") => return Ok(Self::Help),
                Short('V') | Long("version") => return Ok(Self::Version),
                _ => return Err(argument.unexpected()),
            }
        }
        Ok(Self::Work(options))
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(|address| (address, PORT).into()))
        .map_err(|_| {
            "expected an address, or one with a port: 127.0.0.1, 127.0.0.1:5022, [::1]:0".to_owned()
        })
}

fn print(text: &str) -> Result<(), Failure> {
    writeln!(io::stdout(), "{text}").map_err(Failure::Io)
}

/// Writes to the standard error output.
fn complain(message: fmt::Arguments<'_>) {
    if writeln!(io::stderr(), "{message}").is_err() {
        // There is nowhere left to complain; the exit status remains.
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setup(error) => write!(f, "cannot set the event loop up: {error}"),
            Self::Ssh(error) => error.fmt(f),
            Self::Io(error) => write!(f, "the input or the output failed: {error}"),
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Setup(error) => Some(error),
            Self::Ssh(error) => Some(error),
            Self::Io(error) => Some(error),
        }
    }
}

impl From<crochet::SetupError> for Failure {
    fn from(error: crochet::SetupError) -> Self {
        Self::Setup(error)
    }
}

impl From<SshError> for Failure {
    fn from(error: SshError) -> Self {
        Self::Ssh(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
