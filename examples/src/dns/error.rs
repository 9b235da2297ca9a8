//! Says why a lookup failed.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use super::name::NameError;

/// Says why a lookup failed, and which server is to blame where one is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DnsError {
    /// The text is not a host name; nothing was asked.
    InvalidName(NameError),
    /// The server knows that the name does not exist (NXDOMAIN).
    UnknownName {
        /// Who said so.
        server: SocketAddr,
    },
    /// The name exists and has no records of the kind that was asked for (NODATA).
    NoRecords {
        /// Who said so.
        server: SocketAddr,
        /// The kind that was asked for.
        wanted: Wanted,
    },
    /// The server does not want to answer this question (REFUSED).
    Refused {
        /// Who refused.
        server: SocketAddr,
    },
    /// The server tried and failed (SERVFAIL).
    ServerFailure {
        /// Who failed.
        server: SocketAddr,
    },
    /// The server answered with another error code.
    ErrorCode {
        /// Who answered.
        server: SocketAddr,
        /// The response code, with its extended bits.
        code: u16,
    },
    /// The server's machine says that nothing listens on that port.
    PortClosed {
        /// The address that was tried.
        server: SocketAddr,
    },
    /// The network failed on the way to the server.
    Network {
        /// The address that was tried.
        server: SocketAddr,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// The answer breaks the protocol.
    Malformed {
        /// Who sent it.
        server: SocketAddr,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The name is an alias that leads back to itself, or through more aliases than are followed.
    AliasLoop {
        /// Who sent the aliases.
        server: SocketAddr,
    },
    /// The server stayed silent through every attempt.
    NoAnswer {
        /// Who stayed silent; of several servers, the last.
        server: SocketAddr,
        /// How many times it was asked.
        attempts: u32,
    },
    /// No server is known.
    NoServer,
    /// This machine could not supply what a lookup needs: a file, a socket, randomness.
    Local(Arc<io::Error>),
    /// The caller's time limit passed; the lookup was cancelled.
    Timeout,
    /// The call did not run to its end for a reason that has nothing to do with names.
    Call(crochet::WaitError),
}

/// Names the kind of record that a lookup wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// IPv4 and IPv6 addresses.
    Addresses,
    /// Mail servers.
    MailServers,
}

impl DnsError {
    /// Says the same of no `server` but of the network on the way to it.
    pub fn network(server: SocketAddr, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::PortClosed { server },
            _ => Self::Network {
                server,
                source: Arc::new(error),
            },
        }
    }

    /// Wraps an error of this machine.
    pub fn local(error: io::Error) -> Self {
        Self::Local(Arc::new(error))
    }
}

impl fmt::Display for DnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidName(error) => write!(f, "not a host name: {error}"),
            Self::UnknownName { server } => write!(f, "unknown name, says {server}"),
            Self::NoRecords { server, wanted } => {
                write!(f, "the name has no {wanted}, says {server}")
            }
            Self::Refused { server } => write!(f, "{server} refused to answer"),
            Self::ServerFailure { server } => write!(f, "{server} failed to find the answer"),
            Self::ErrorCode { server, code } => {
                write!(f, "{server} answered with error code {code}")
            }
            Self::PortClosed { server } => write!(f, "no server listens on {server}"),
            Self::Network { server, source } => write!(f, "cannot reach {server}: {source}"),
            Self::Malformed { server, problem } => {
                write!(f, "malformed answer from {server}: {problem}")
            }
            Self::AliasLoop { server } => write!(f, "the name's aliases never end, says {server}"),
            Self::NoAnswer { server, attempts } => {
                write!(f, "no answer from {server} in {attempts} attempts")
            }
            Self::NoServer => f.write_str("no server to ask; name one with --server"),
            Self::Local(error) => write!(f, "cannot prepare the lookup: {error}"),
            Self::Timeout => f.write_str("timed out"),
            Self::Call(error) => write!(f, "the lookup did not finish: {error}"),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Addresses => "address records",
            Self::MailServers => "mail servers",
        })
    }
}

impl Error for DnsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::InvalidName(error) => Some(error),
            Self::Network { source, .. } => Some(source),
            Self::Local(error) => Some(error),
            Self::Call(error) => Some(error),
            _ => None,
        }
    }
}

impl From<NameError> for DnsError {
    fn from(error: NameError) -> Self {
        Self::InvalidName(error)
    }
}

impl From<crochet::WaitError> for DnsError {
    fn from(error: crochet::WaitError) -> Self {
        match error {
            crochet::WaitError::Timeout => Self::Timeout,
            other => Self::Call(other),
        }
    }
}
