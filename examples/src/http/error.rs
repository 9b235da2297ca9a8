//! Says why a document could not be fetched.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crochet::net::ConnectError;
use hyper::StatusCode;

/// Says why a document could not be fetched.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum HttpError {
    /// The URL does not begin with `http://` and a host.
    Url,
    /// The host's name leads nowhere, or nobody answers there.
    Connect {
        /// The host and the port.
        host: String,
        /// What became of each address.
        source: Arc<ConnectError>,
    },
    /// The connection failed, or what came through it was no HTTP.
    Protocol(Arc<hyper::Error>),
    /// The server answered that it cannot give the document.
    Status(StatusCode),
    /// The document has more than this many bytes.
    TooLarge(usize),
    /// The call did not run to its end for a reason that has nothing to do with HTTP.
    Call(crochet::WaitError),
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => f.write_str("only URLs like http://host:port/path can be fetched"),
            Self::Connect { host, source } => write!(f, "cannot connect to {host}: {source}"),
            Self::Protocol(error) => write!(f, "the connection failed: {error}"),
            Self::Status(status) => write!(f, "the server answered {status}"),
            Self::TooLarge(limit) => write!(f, "the document has more than {limit} bytes"),
            Self::Call(error) => error.fmt(f),
        }
    }
}

impl Error for HttpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Connect { source, .. } => Some(source),
            Self::Protocol(error) => Some(error),
            Self::Call(error) => error.source(),
            Self::Url | Self::Status(_) | Self::TooLarge(_) => None,
        }
    }
}

impl From<hyper::Error> for HttpError {
    fn from(error: hyper::Error) -> Self {
        Self::Protocol(Arc::new(error))
    }
}

impl From<crochet::WaitError> for HttpError {
    fn from(error: crochet::WaitError) -> Self {
        Self::Call(error)
    }
}
