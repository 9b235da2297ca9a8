//! The command line that `blockingdns` and `mxquery` share.
//!
//! A program exits with status 0 after a lookup that found something, 1 after one that failed, and
//! 2 when it did not understand its arguments.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::{Long, Short, Value, ValueExt};

use super::choice::{Choice, Files, Servers, choose};
use super::config::DNS_PORT;
use super::error::{DnsError, Wanted};
use super::resolver::{Resolver, TIME_LIMIT};
use super::server::Server;
use super::transport::Transport;
use super::zone::Zone;
use crate::cli::{address, complain, print, seconds};

/// There is no wait without a limit; the server in the foreground is killed long before this one.
const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The part of the usage that the programs share; a macro, because `concat!` takes literals only.
macro_rules! options {
    () => {
        concat!(
            "  --server ADDRESS[:PORT]  ask this DNS server, and do not look at the hosts file\n",
            "  --embedded               ask a DNS server inside this process, which knows\n",
            "                           example.com and example.org\n",
            "                           (default: the servers in resolv.conf if one works,\n",
            "                           otherwise the embedded one)\n",
            "  --tcp                    ask over TCP at once (default: when UDP has no room)\n",
            "  --timeout SECONDS        give up after this long (default: 5)\n",
            "  --hosts FILE             the hosts file (default: /etc/hosts)\n",
            "  --resolv-conf FILE       the resolver's settings (default: /etc/resolv.conf)\n",
            "  -h, --help               print this\n",
            "  -V, --version            print the version\n",
        )
    };
}

/// The program whose arguments are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Looks up addresses; can also be a server.
    BlockingDns,
    /// Looks up mail servers.
    MxQuery,
}

/// What to look up, and how.
#[derive(Debug)]
pub struct Options {
    program: Program,
    name: String,
    servers: Servers,
    files: Files,
    transport: Transport,
    timeout: Duration,
    resolver: OnceCell<Resolver>,
}

/// Says why a program failed, after it had understood its arguments.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The event loop did not start.
    Setup(crochet::SetupError),
    /// The lookup failed.
    Dns(DnsError),
    /// The server could not start, or stopped.
    Server(io::Error),
    /// The result could not be written.
    Output(io::Error),
}

/// Runs `program` with the arguments of the process: calls `lookup` with the options and the
/// standard output, and turns what comes of it into messages and an exit status.
pub fn run(
    program: Program,
    lookup: impl FnOnce(&Options, &mut dyn Write) -> Result<(), Failure>,
) -> ExitCode {
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
    match command.execute(program, lookup) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            complain(format_args!("{}: {message}", program.name()));
            ExitCode::FAILURE
        }
    }
}

impl Options {
    /// Returns the resolver that the options call for. The first call makes it, and tells the user
    /// when it asks the embedded server of its own accord.
    ///
    /// Blocks, for up to 300 ms for each of the system's servers.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or the embedded server cannot start.
    pub fn resolver(&self) -> Result<&Resolver, DnsError> {
        if let Some(resolver) = self.resolver.get() {
            return Ok(resolver);
        }
        let Choice { resolver, notice } = choose(
            &self.servers,
            &self.files,
            &self.name,
            self.program.wanted(),
        )?;
        if let Some(notice) = notice {
            complain(format_args!("{}: {notice}", self.program.name()));
        }
        let resolver = resolver
            .with_transport(self.transport)
            .with_time_limit(self.timeout);
        Ok(self.resolver.get_or_init(|| resolver))
    }

    /// Returns the name to look up, as the user gave it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Says in one line what failed, with the name, and the servers where the failure itself does
    /// not know them.
    fn explain(&self, failure: &Failure) -> String {
        match failure {
            Failure::Dns(DnsError::Timeout) => {
                let asked = self.resolver.get().map_or(&[] as &[_], Resolver::servers);
                let asked: Vec<_> = asked.iter().map(SocketAddr::to_string).collect();
                format!(
                    "{}: no answer within {:?} from {}",
                    self.name,
                    self.timeout,
                    asked.join(", ")
                )
            }
            Failure::Dns(error) => format!("{}: {error}", self.name.escape_debug()),
            other => other.to_string(),
        }
    }
}

enum Command {
    Help,
    Version,
    Serve(SocketAddr),
    Lookup(Box<Options>),
}

impl Command {
    fn parse(
        program: Program,
        args: impl Iterator<Item = OsString>,
    ) -> Result<Self, lexopt::Error> {
        let mut parser = lexopt::Parser::from_args(args);
        let mut name = None;
        let mut serve = None;
        let mut servers = Servers::Automatic;
        let mut files = Files::default();
        let mut transport = Transport::Udp;
        let mut timeout = TIME_LIMIT;
        while let Some(argument) = parser.next()? {
            match argument {
                Value(text) if name.is_none() => name = Some(text.string()?),
                Long("server") => {
                    let given = parser.value()?.parse_with(server_address)?;
                    servers = pick(servers, Servers::Given(given))?;
                }
                Long("embedded") => servers = pick(servers, Servers::Embedded)?,
                Long("hosts") => files.hosts = parser.value()?.into(),
                Long("resolv-conf") => files.resolv_conf = parser.value()?.into(),
                Long("tcp") => transport = Transport::Tcp,
                Long("timeout") => timeout = parser.value()?.parse_with(seconds)?,
                Long("serve") if program == Program::BlockingDns => {
                    serve = Some(parser.value()?.parse_with(server_address)?);
                }
                Short('h') | Long("help") => return Ok(Self::Help),
                Short('V') | Long("version") => return Ok(Self::Version),
                _ => return Err(argument.unexpected()),
            }
        }
        match (serve, name) {
            (None, Some(name)) => {
                let resolver = OnceCell::new();
                let options = Options {
                    program,
                    name,
                    servers,
                    files,
                    transport,
                    timeout,
                    resolver,
                };
                Ok(Self::Lookup(Box::new(options)))
            }
            (Some(address), None) => Ok(Self::Serve(address)),
            (Some(_), Some(_)) => Err("--serve looks no name up".into()),
            (None, None) => Err("no name to look up".into()),
        }
    }

    fn execute(
        self,
        program: Program,
        lookup: impl FnOnce(&Options, &mut dyn Write) -> Result<(), Failure>,
    ) -> Result<(), String> {
        let unwritten = |error| Failure::Output(error).to_string();
        match self {
            Self::Help => print(program.usage()).map_err(unwritten),
            Self::Version => {
                let version = env!("CARGO_PKG_VERSION");
                print(format_args!("{} {version}", program.name())).map_err(unwritten)
            }
            Self::Serve(address) => {
                serve(address).map_err(|failure| format!("{address}: {failure}"))
            }
            Self::Lookup(options) => {
                lookup(&options, &mut io::stdout()).map_err(|failure| options.explain(&failure))
            }
        }
    }
}

/// Runs the embedded server alone, and writes its address as the first line, until the process is
/// killed.
fn serve(address: SocketAddr) -> Result<(), Failure> {
    crochet::setup()?;
    let served = crochet::wait_for(A_YEAR, move || async move {
        let server = Server::bind(address, Zone::example())?;
        // A short write from the loop's thread, while there is nobody yet whom it could keep
        // waiting.
        writeln!(io::stdout(), "{}", server.local_addr()?)?;
        server.run().await
    });
    match served {
        Ok(ended) => ended.map_err(Failure::Server),
        Err(error) => Err(DnsError::from(error).into()),
    }
}

fn pick(before: Servers, now: Servers) -> Result<Servers, lexopt::Error> {
    match before {
        Servers::Automatic => Ok(now),
        Servers::Given(_) | Servers::Embedded => {
            Err("only one of --server and --embedded, and once".into())
        }
    }
}

fn server_address(text: &str) -> Result<SocketAddr, String> {
    address(text, DNS_PORT)
}

impl Program {
    fn name(self) -> &'static str {
        match self {
            Self::BlockingDns => "blockingdns",
            Self::MxQuery => "mxquery",
        }
    }

    fn wanted(self) -> Wanted {
        match self {
            Self::BlockingDns => Wanted::Addresses,
            Self::MxQuery => Wanted::MailServers,
        }
    }

    fn usage(self) -> &'static str {
        match self {
            Self::BlockingDns => concat!(
                "usage: blockingdns NAME [OPTION]...\n",
                "       blockingdns --serve ADDRESS[:PORT]\n\n",
                "Prints the addresses of the host NAME, one to a line.\n\n",
                options!(),
                "  --serve ADDRESS[:PORT]   be the embedded DNS server until killed; print its\n",
                "                           address first (port 0: any that is free)\n",
            ),
            Self::MxQuery => concat!(
                "usage: mxquery NAME [OPTION]...\n\n",
                "Prints the mail servers of the domain NAME, the most wanted first.\n\n",
                options!(),
            ),
        }
        .trim_end()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setup(error) => write!(f, "cannot start the event loop: {error}"),
            Self::Dns(error) => error.fmt(f),
            Self::Server(error) => write!(f, "cannot serve: {error}"),
            Self::Output(error) => write!(f, "cannot write the result: {error}"),
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Setup(error) => Some(error),
            Self::Dns(error) => Some(error),
            Self::Server(error) | Self::Output(error) => Some(error),
        }
    }
}

impl From<crochet::SetupError> for Failure {
    fn from(error: crochet::SetupError) -> Self {
        Self::Setup(error)
    }
}

impl From<DnsError> for Failure {
    fn from(error: DnsError) -> Self {
        Self::Dns(error)
    }
}

/// The only input and output of a program's own part is the writing of results.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
