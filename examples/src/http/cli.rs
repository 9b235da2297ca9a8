//! The command line that `scheduling`, `downloader` and `fromtwisted` share.
//!
//! The programs serve until they are killed. They exit with status 1 when they cannot, and with 2
//! when they did not understand their arguments.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use hyper::Uri;
use lexopt::prelude::{Long, Short, ValueExt};

use super::embedded::{self, Document};
use crate::cli::{address, complain, log_to_stderr, print, seconds};
use crate::dns::choice::Servers;
use crate::dns::config::DNS_PORT;

/// Where the programs listen, unless they are told otherwise.
const LISTEN: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 5000);

/// How often `scheduling` asks for the rate, unless it is told otherwise.
const EVERY: Duration = Duration::from_secs(30);

/// The host that `fromtwisted` looks up, unless it is told otherwise.
const NAME: &str = "example.com";

/// The part of the usage that the programs share; a macro, because `concat!` takes literals only.
macro_rules! usage {
    ($name:literal, $what:literal, $($options:literal),* $(,)?) => {
        concat!(
            "usage: ", $name, " [OPTION]...\n\n",
            $what, "\n\n",
            "  --listen ADDRESS[:PORT]  serve here (default: 127.0.0.1:5000; port 0: any that\n",
            "                           is free)\n",
            $($options,)*
            "  -h, --help               print this\n",
            "  -V, --version            print the version\n\n",
            "The address is printed when it is being served, until the program is killed."
        )
    };
}

/// The program whose arguments are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Shows an exchange rate that is fetched in the background.
    Scheduling,
    /// Downloads a document for each visitor.
    Downloader,
    /// Looks a host name up for each request.
    FromTwisted,
}

/// What to serve, and where.
#[derive(Clone, Debug)]
pub struct Options {
    listen: SocketAddr,
    url: Option<Uri>,
    every: Duration,
    name: String,
    servers: Servers,
}

/// Says why a program ended, after it had understood its arguments.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The process has another logger.
    Logger(log::SetLoggerError),
    /// The event loop did not start.
    Setup(crochet::SetupError),
    /// The event loop ended.
    Run(crochet::RunError),
    /// A call into the event loop failed.
    Call(crochet::WaitError),
    /// The web server could not start, or stopped.
    Listen(SocketAddr, io::Error),
    /// The embedded server could not start.
    Server(io::Error),
    /// The address could not be written.
    Output(io::Error),
}

/// Runs `program` with the arguments of the process: calls `body` with the options, and turns what
/// comes of it into messages and an exit status.
pub fn run(program: Program, body: impl FnOnce(&Options) -> Result<(), Failure>) -> ExitCode {
    let command = match Command::parse(program, std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            complain(format_args!(
                "{}: {error}\n\n{}",
                program.name(),
                program.usage()
            ));
            return ExitCode::from(2);
        }
    };
    let ended = match command {
        Command::Help => print(program.usage()).map_err(Failure::Output),
        Command::Version => {
            let version = env!("CARGO_PKG_VERSION");
            print(format_args!("{} {version}", program.name())).map_err(Failure::Output)
        }
        Command::Serve(options) => log_to_stderr()
            .map_err(Failure::Logger)
            .and_then(|()| body(&options)),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(format_args!("{}: {failure}", program.name()));
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

    /// Returns the URL to fetch: the user's, or that of an embedded document, whose server is
    /// started then. Blocks.
    ///
    /// # Errors
    ///
    /// When that server cannot start.
    pub fn url_or(&self, document: Document) -> Result<Uri, Failure> {
        match &self.url {
            Some(url) => Ok(url.clone()),
            None => embedded::start(document),
        }
    }

    /// Returns how often to fetch.
    #[must_use]
    pub fn every(&self) -> Duration {
        self.every
    }

    /// Returns the host name to look up.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the DNS servers to ask.
    #[must_use]
    pub fn servers(&self) -> &Servers {
        &self.servers
    }

    /// Prints where the program serves now, and what.
    ///
    /// # Errors
    ///
    /// When the standard output is closed.
    pub fn announce(&self, address: SocketAddr, what: impl fmt::Display) -> Result<(), Failure> {
        print(format_args!("http://{address}/ shows {what}")).map_err(Failure::Output)
    }
}

enum Command {
    Help,
    Version,
    Serve(Box<Options>),
}

impl Command {
    fn parse(
        program: Program,
        args: impl Iterator<Item = OsString>,
    ) -> Result<Self, lexopt::Error> {
        use Program::{Downloader, FromTwisted, Scheduling};
        let mut parser = lexopt::Parser::from_args(args);
        let mut options = Options {
            listen: LISTEN.into(),
            url: None,
            every: EVERY,
            name: NAME.to_owned(),
            servers: Servers::Automatic,
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Long("listen") => {
                    let read = |text: &str| address(text, LISTEN.1);
                    options.listen = parser.value()?.parse_with(read)?;
                }
                Long("url") if matches!(program, Scheduling | Downloader) => {
                    options.url = Some(parser.value()?.parse_with(url)?);
                }
                Long("every") if program == Scheduling => {
                    options.every = parser.value()?.parse_with(seconds)?;
                }
                Long("name") if program == FromTwisted => {
                    options.name = parser.value()?.string()?;
                }
                Long("server") if program == FromTwisted => {
                    let read = |text: &str| address(text, DNS_PORT);
                    options.servers = Servers::Given(parser.value()?.parse_with(read)?);
                }
                Long("embedded") if program == FromTwisted => options.servers = Servers::Embedded,
                Short('h') | Long("help") => return Ok(Self::Help),
                Short('V') | Long("version") => return Ok(Self::Version),
                _ => return Err(argument.unexpected()),
            }
        }
        Ok(Self::Serve(Box::new(options)))
    }
}

fn url(text: &str) -> Result<Uri, String> {
    match text.parse::<Uri>() {
        Ok(url) if url.scheme_str() == Some("http") && url.host().is_some() => Ok(url),
        Ok(_) | Err(_) => Err("expected a URL that begins with http://".to_owned()),
    }
}

impl Program {
    fn name(self) -> &'static str {
        match self {
            Self::Scheduling => "scheduling",
            Self::Downloader => "downloader",
            Self::FromTwisted => "fromtwisted",
        }
    }

    fn usage(self) -> &'static str {
        match self {
            Self::Scheduling => usage!(
                "scheduling",
                "A web page with an exchange rate that is fetched again and again in the background.",
                "  --url URL                fetch it here, a line with two values of which the\n",
                "                           second is the rate (default: a server inside this\n",
                "                           process, with rates of its own)\n",
                "  --every SECONDS          fetch it so often (default: 30)\n",
            ),
            Self::Downloader => usage!(
                "downloader",
                "A web page that downloads a document in the background, once for each visitor.",
                "  --url URL                download this (default: a document of a server\n",
                "                           inside this process, which takes two seconds)\n",
            ),
            Self::FromTwisted => usage!(
                "fromtwisted",
                "A web page that looks a host name up, served by the event loop in the foreground.",
                "  --name NAME              look this up (default: example.com)\n",
                "  --server ADDRESS[:PORT]  ask this DNS server\n",
                "  --embedded               ask a DNS server inside this process, which knows\n",
                "                           example.com and example.org\n",
                "                           (default: the servers in resolv.conf if one works,\n",
                "                           otherwise the embedded one)\n",
            ),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Logger(error) => write!(f, "cannot log: {error}"),
            Self::Setup(error) => write!(f, "cannot start the event loop: {error}"),
            Self::Run(error) => write!(f, "the event loop ended: {error}"),
            Self::Call(error) => error.fmt(f),
            Self::Listen(address, error) => write!(f, "cannot serve at {address}: {error}"),
            Self::Server(error) => write!(f, "cannot start the embedded server: {error}"),
            Self::Output(error) => write!(f, "cannot write the address: {error}"),
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Logger(error) => Some(error),
            Self::Setup(error) => Some(error),
            Self::Run(error) => Some(error),
            Self::Call(error) => error.source(),
            Self::Listen(_, error) | Self::Server(error) | Self::Output(error) => Some(error),
        }
    }
}

impl From<crochet::SetupError> for Failure {
    fn from(error: crochet::SetupError) -> Self {
        Self::Setup(error)
    }
}

impl From<crochet::RunError> for Failure {
    fn from(error: crochet::RunError) -> Self {
        Self::Run(error)
    }
}

impl From<crochet::WaitError> for Failure {
    fn from(error: crochet::WaitError) -> Self {
        Self::Call(error)
    }
}
