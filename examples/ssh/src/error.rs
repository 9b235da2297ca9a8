//! What can go wrong, for the server and for one session.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Says why the server could not start, or stopped.
#[derive(Debug)]
#[non_exhaustive]
pub enum SshError {
    /// The user name or the password, as named, is empty or too long.
    BadAccess(&'static str),
    /// The file with the host key or the password cannot be read.
    Read(PathBuf, io::Error),
    /// The file holds no host key that the server can use.
    BadHostKey(PathBuf, sunset::Error),
    /// No host key could be made.
    NewHostKey(sunset::Error),
    /// The system has no random bytes.
    Random(getrandom::Error),
    /// The server cannot listen, or not any longer.
    Listen(io::Error),
    /// The call to the event loop failed.
    Call(crochet::WaitError),
}

/// Says why a session ended before its user wanted it to.
#[derive(Debug)]
#[non_exhaustive]
pub enum SessionError {
    /// The connection failed.
    Connection(io::Error),
    /// The client does not follow the protocol, or wants what the server does not have.
    Protocol(sunset::Error),
    /// Nobody had logged in when the time for that was up.
    TooSlow,
    /// The passwords were wrong too often.
    Refused,
    /// The client does not take what is sent to it.
    Stuck,
    /// The client sent far more than was asked for.
    Flood,
    /// The thread pool evaluates nothing any more.
    Evaluation(crochet::JoinError),
}

impl fmt::Display for SshError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadAccess(what) => write!(f, "the {what} is empty or too long"),
            Self::Read(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::BadHostKey(path, error) => write!(
                f,
                "{} has no host key: {error}; make one with ssh-keygen -t ed25519 -N '' -f FILE",
                path.display()
            ),
            Self::NewHostKey(error) => write!(f, "cannot make a host key: {error}"),
            Self::Random(error) => write!(f, "cannot make a password: {error}"),
            Self::Listen(error) => write!(f, "cannot listen: {error}"),
            Self::Call(error) => write!(f, "the event loop failed: {error}"),
        }
    }
}

impl std::error::Error for SshError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::BadAccess(_) => None,
            Self::Read(_, error) | Self::Listen(error) => Some(error),
            Self::BadHostKey(_, error) | Self::NewHostKey(error) => Some(error),
            Self::Random(error) => Some(error),
            Self::Call(error) => Some(error),
        }
    }
}

impl From<crochet::WaitError> for SshError {
    fn from(error: crochet::WaitError) -> Self {
        Self::Call(error)
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(error) => write!(f, "the connection failed: {error}"),
            Self::Protocol(error) => write!(f, "the client is not understood: {error}"),
            Self::TooSlow => f.write_str("nobody logged in in time"),
            Self::Refused => f.write_str("too many wrong passwords"),
            Self::Stuck => f.write_str("the client does not read"),
            Self::Flood => f.write_str("the client sent too much at once"),
            Self::Evaluation(error) => write!(f, "nothing can be evaluated: {error}"),
        }
    }
}

impl std::error::Error for SessionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Connection(error) => Some(error),
            Self::Protocol(error) => Some(error),
            Self::Evaluation(error) => Some(error),
            Self::TooSlow | Self::Refused | Self::Stuck | Self::Flood => None,
        }
    }
}

impl From<io::Error> for SessionError {
    fn from(error: io::Error) -> Self {
        Self::Connection(error)
    }
}

impl From<sunset::Error> for SessionError {
    fn from(error: sunset::Error) -> Self {
        Self::Protocol(error)
    }
}
